package dev.stele.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Runs commands as a shell would, and keeps what they print. One test at a time. */
final class Shell {
  /** What a command left behind. */
  record Result(int exit, String out, String err) {
    /** The answer as JSON: there must be exactly one value, and nothing else. */
    Map<String, Object> json() {
      try (JsonParser in = new JsonFactory().createParser(ObjectReadContext.empty(), out)) {
        in.nextToken();
        @SuppressWarnings("unchecked")
        Map<String, Object> answer = (Map<String, Object>) value(in);
        if (in.nextToken() != null || answer == null) {
          throw new AssertionError("stdout holds more than one JSON value: " + out);
        }
        return answer;
      }
    }

    private static @Nullable Object value(JsonParser in) {
      return switch (in.currentToken()) {
        case START_OBJECT -> {
          Map<String, Object> map = new LinkedHashMap<>();
          while (in.nextToken() != tools.jackson.core.JsonToken.END_OBJECT) {
            String name = in.currentName();
            in.nextToken();
            map.put(name, value(in));
          }
          yield map;
        }
        case START_ARRAY -> {
          List<Object> list = new ArrayList<>();
          while (in.nextToken() != tools.jackson.core.JsonToken.END_ARRAY) {
            list.add(value(in));
          }
          yield list;
        }
        case VALUE_STRING -> in.getString();
        case VALUE_NUMBER_INT -> in.getLongValue();
        case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
        case VALUE_TRUE -> true;
        case VALUE_FALSE -> false;
        default -> null;
      };
    }
  }

  private Shell() {}

  static Result stele(String... arguments) {
    return steleReading("", arguments);
  }

  static synchronized Result steleReading(String stdin, String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    InputStream in = System.in;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      System.setIn(new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)));
      int exit = Stele.run(arguments);
      return new Result(
          exit,
          printed.toString(StandardCharsets.UTF_8),
          complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
      System.setIn(in);
    }
  }
}
