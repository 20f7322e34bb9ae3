package dev.stele.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Runs commands as a shell would, and keeps what they print. One test at a time. */
final class Shell {
  /** What a command left behind. */
  record Result(int exit, String out, String err) {
    /** The answer as JSON: there must be exactly one value, and nothing else. */
    Map<String, Object> json() {
      return TestJson.object(out);
    }
  }

  private Shell() {}

  static Result stele(String... arguments) {
    return steleReading("", arguments);
  }

  static Result steleReading(String stdin, String... arguments) {
    return steleReading(
        new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)), arguments);
  }

  static synchronized Result steleReading(InputStream stdin, String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    InputStream in = System.in;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      System.setIn(stdin);
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
