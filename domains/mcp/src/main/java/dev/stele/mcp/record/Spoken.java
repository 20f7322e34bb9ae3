package dev.stele.mcp.record;

import dev.stele.crypto.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What one JSON-RPC message says, as far as a record of calls needs it. Immutable.
 *
 * <p>Hashes are SHA-256, in lower-case hex, over the bytes of the value as they stand in the
 * message: of equal bytes, not of equal meaning.
 */
sealed interface Spoken {
  /**
   * A request that wants an answer.
   *
   * @param id its id as JSON
   * @param method what is asked for
   * @param tool the name in its parameters, of a tool, a prompt or a resource
   * @param arguments the hash of what is asked with: its arguments, else all its parameters
   */
  record Request(String id, String method, Optional<String> tool, String arguments)
      implements Spoken {}

  /**
   * An answer.
   *
   * @param id of the request, as JSON
   * @param failed whether it is an error, or the result of a tool that says so
   * @param result the hash of the result or of the error
   */
  record Answer(String id, boolean failed, String result) implements Spoken {}

  /**
   * Something that wants no answer.
   *
   * @param method what is told
   */
  record Notification(String method) implements Spoken {}

  /** The hash of no bytes: there were no arguments. */
  String NOTHING = HexFormat.of().formatHex(Sha256.hash(new byte[0]));

  /** The messages of one object or batch; none of what is no JSON-RPC. */
  static List<Spoken> read(byte[] message) {
    List<Spoken> spoken = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), message)) {
      for (JsonToken at = parser.nextToken(); at != null; at = parser.nextToken()) {
        if (at == JsonToken.START_OBJECT) {
          new Members(parser, message).read().ifPresent(spoken::add);
        } else if (at != JsonToken.START_ARRAY && at != JsonToken.END_ARRAY) {
          return List.of();
        }
      }
      return spoken;
    } catch (JacksonException e) {
      return List.of();
    }
  }

  /** The members of one object, as they come. One thread. */
  final class Members {
    private final JsonParser parser;
    private final byte[] message;
    private Optional<String> id = Optional.empty();
    private Optional<String> method = Optional.empty();
    private Optional<String> tool = Optional.empty();
    private Optional<String> params = Optional.empty();
    private Optional<String> arguments = Optional.empty();
    private Optional<String> result = Optional.empty();
    private boolean failed;

    Members(JsonParser parser, byte[] message) {
      this.parser = parser;
      this.message = message;
    }

    Optional<Spoken> read() {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        int from = valueAt();
        switch (name) {
          case "id" -> id = Optional.of(new String(value(from), StandardCharsets.UTF_8));
          case "method" -> method = Optional.ofNullable(parser.getValueAsString());
          case "params" -> {
            ofParams();
            params = Optional.of(hash(from));
          }
          case "result" -> {
            ofResult();
            result = Optional.of(hash(from));
          }
          case "error" -> {
            failed = true;
            result = Optional.of(hash(from));
          }
          default -> parser.skipChildren();
        }
      }
      if (method.isPresent()) {
        return Optional.of(
            id.<Spoken>map(
                    given ->
                        new Request(
                            given, method.get(), tool, arguments.or(() -> params).orElse(NOTHING)))
                .orElseGet(() -> new Notification(method.get())));
      }
      return id.flatMap(given -> result.map(hash -> new Answer(given, failed, hash)));
    }

    private void ofParams() {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        return;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        int from = valueAt();
        switch (name) {
          case "name", "uri" -> {
            tool = Optional.ofNullable(parser.getValueAsString());
            parser.skipChildren();
          }
          case "arguments" -> arguments = Optional.of(hash(from));
          default -> parser.skipChildren();
        }
      }
    }

    private void ofResult() {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        return;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        failed |= name.equals("isError") && value == JsonToken.VALUE_TRUE;
        parser.skipChildren();
      }
    }

    /** Moves to the value of a member, and tells where it begins. */
    private int valueAt() {
      parser.nextToken();
      return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    }

    /** The bytes of the value that the parser stands at, or at whose end. */
    private byte[] value(int from) {
      parser.skipChildren();
      // Only the end of a string or of a number is not known before it was read.
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        parser.getString();
      }
      int to = Math.toIntExact(parser.currentLocation().getByteOffset());
      return Arrays.copyOfRange(message, from, to);
    }

    private String hash(int from) {
      return HexFormat.of().formatHex(Sha256.hash(value(from)));
    }
  }
}
