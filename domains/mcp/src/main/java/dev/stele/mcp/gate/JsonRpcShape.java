package dev.stele.mcp.gate;

import dev.stele.core.gate.Rejected;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Whether bytes are a message of JSON-RPC 2.0: a request, a notification, a response, or a batch of
 * these. Nothing is kept of what is read; thread-safe.
 */
final class JsonRpcShape {
  /** 256 levels: arguments of tools nest a few; a parser in a client may recurse. */
  static final int MAX_DEPTH = 256;

  /** 64 KiB in characters for the name of a member: names are words. */
  static final int MAX_NAME_LENGTH = 64 * 1024;

  /** 1,000 characters for a number: none that is meant has more. */
  static final int MAX_NUMBER_LENGTH = 1_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength(McpGate.MAX_MESSAGE_BYTES)
                  .build())
          .build();

  private JsonRpcShape() {}

  /** What is wrong with a message; empty when nothing is. */
  static Optional<Rejected> ofMessage(byte[] json) {
    return check(json, parser -> new Root(parser).message());
  }

  /** What keeps bytes from being one JSON object; empty when nothing does. */
  static Optional<Rejected> ofObject(byte[] json) {
    return check(json, parser -> new Root(parser).object());
  }

  private interface Check {
    @Nullable Rejected run(JsonParser parser);
  }

  private static Optional<Rejected> check(byte[] json, Check check) {
    if (json.length > McpGate.MAX_MESSAGE_BYTES) {
      return Optional.of(
          new Rejected(
              "too-large",
              "a message has at most %d bytes, this one has %d"
                  .formatted(McpGate.MAX_MESSAGE_BYTES, json.length)));
    }
    try (JsonParser parser = isAscii(json) ? ofAscii(json) : ofText(json)) {
      return Optional.ofNullable(check.run(parser));
    } catch (CharacterCodingException e) {
      return Optional.of(new Rejected("not-utf8", "a message is well-formed UTF-8"));
    } catch (JacksonException e) {
      // What the parser says may quote the message, which is nobody's business in a log.
      return Optional.of(
          new Rejected("not-json", "a message is JSON (RFC 8259), nested at most 256 deep"));
    }
  }

  /** Whether every byte is a character of ASCII, and none is zero. */
  private static boolean isAscii(byte[] json) {
    for (byte each : json) {
      if (each <= 0) {
        return false;
      }
    }
    return true;
  }

  /** Most messages: nothing to decode, and nothing that the tokenizer could take for UTF-16. */
  private static JsonParser ofAscii(byte[] json) {
    return JSON.createParser(ObjectReadContext.empty(), json);
  }

  /**
   * Decoded by the platform first: the tokenizer would let overlong forms and surrogates encoded in
   * three bytes pass, and would guess at UTF-16.
   */
  private static JsonParser ofText(byte[] json) throws CharacterCodingException {
    CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
    return JSON.createParser(
        ObjectReadContext.empty(), text.array(), text.arrayOffset(), text.length());
  }

  /** The value at the top, and that nothing follows it. */
  private record Root(JsonParser parser) {
    @Nullable Rejected message() {
      @Nullable Rejected flaw =
          switch (parser.nextToken()) {
            case START_OBJECT -> new Members(parser).read();
            case START_ARRAY -> batch();
            case null, default -> notRpc("a message is an object or a batch of them");
          };
      return flaw == null ? end() : flaw;
    }

    @Nullable Rejected object() {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return new Rejected("not-json", "what begins a session is one JSON object");
      }
      parser.skipChildren();
      return end();
    }

    private @Nullable Rejected batch() {
      boolean empty = true;
      for (JsonToken at = parser.nextToken(); at != JsonToken.END_ARRAY; at = parser.nextToken()) {
        if (at != JsonToken.START_OBJECT) {
          return notRpc("a batch holds objects alone");
        }
        empty = false;
        @Nullable Rejected flaw = new Members(parser).read();
        if (flaw != null) {
          return flaw;
        }
      }
      return empty ? notRpc("a batch is not empty") : null;
    }

    private @Nullable Rejected end() {
      return parser.nextToken() == null
          ? null
          : new Rejected("not-json", "nothing follows the message");
    }
  }

  /** The members of one object. Confined to one call. */
  private static final class Members {
    private final JsonParser parser;
    private boolean version;
    private boolean method;
    private boolean params;
    private boolean result;
    private boolean error;
    private boolean idSeen;
    private boolean idIsNull;

    Members(JsonParser parser) {
      this.parser = parser;
    }

    @Nullable Rejected read() {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        @Nullable Rejected flaw = member(parser.currentName());
        if (flaw != null) {
          return flaw;
        }
      }
      if (!version) {
        return notRpc("jsonrpc is \"2.0\"");
      }
      if (method) {
        return result || error || idIsNull
            ? notRpc("a request has a method, may have an id, and neither result nor error")
            : null;
      }
      if (result == error || params) {
        return notRpc("a message has a method, or one of result and error");
      }
      return result && (!idSeen || idIsNull) ? notRpc("a result has the id of its request") : null;
    }

    private @Nullable Rejected member(String name) {
      JsonToken at = parser.nextToken();
      switch (name) {
        case "jsonrpc" -> {
          if (version || at != JsonToken.VALUE_STRING || !parser.getString().equals("2.0")) {
            return notRpc("jsonrpc is \"2.0\"");
          }
          version = true;
        }
        case "method" -> {
          if (method || at != JsonToken.VALUE_STRING) {
            return notRpc("a method is one string");
          }
          method = true;
        }
        case "id" -> {
          boolean number = at == JsonToken.VALUE_NUMBER_INT || at == JsonToken.VALUE_NUMBER_FLOAT;
          idIsNull = at == JsonToken.VALUE_NULL;
          if (idSeen || !(number || idIsNull || at == JsonToken.VALUE_STRING)) {
            return notRpc("an id is one string or number");
          }
          idSeen = true;
        }
        case "params" -> {
          if (params || !at.isStructStart()) {
            return notRpc("params are one object or array");
          }
          params = true;
          parser.skipChildren();
        }
        case "result" -> {
          if (result) {
            return notRpc("there is one result");
          }
          result = true;
          parser.skipChildren();
        }
        case "error" -> {
          if (error || at != JsonToken.START_OBJECT || !isError()) {
            return notRpc("an error is one object with a code and a message");
          }
          error = true;
        }
        default -> parser.skipChildren();
      }
      return null;
    }

    private boolean isError() {
      boolean code = false;
      boolean message = false;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken at = parser.nextToken();
        code |= name.equals("code") && at == JsonToken.VALUE_NUMBER_INT;
        message |= name.equals("message") && at == JsonToken.VALUE_STRING;
        parser.skipChildren();
      }
      return code && message;
    }
  }

  private static Rejected notRpc(String rule) {
    return new Rejected("not-json-rpc", rule + " (JSON-RPC 2.0)");
  }
}
