package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpMessage;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Reads and writes JSON-RPC 2.0, as MCP narrows it: one message, ids that are not null. */
final class JsonRpc {
  private static final TypeRef<Map<String, Object>> OBJECT = new TypeRef<>() {};

  private final McpJsonMapper json;

  JsonRpc(McpJsonMapper json) {
    this.json = json;
  }

  /** What a client has sent. */
  sealed interface Incoming {
    /**
     * Something to be answered.
     *
     * @param idJson its id, in JSON
     */
    record Request(JSONRPCRequest request, String idJson) implements Incoming {
      boolean isInitialize() {
        return request.method().equals(McpSchema.METHOD_INITIALIZE);
      }
    }

    /** Something to be known. */
    record Notification(JSONRPCNotification notification) implements Incoming {}

    /** The answer to a request of the server. */
    record Response(JSONRPCResponse response) implements Incoming {}
  }

  /**
   * Reads a message.
   *
   * @throws Refusal when it is none
   */
  Incoming read(byte[] body) {
    String text = text(body);
    if (text.stripLeading().startsWith("[")) {
      throw Refusal.badRequest("one message in a body: batches are not taken");
    }
    Map<String, Object> map;
    try {
      map = json.readValue(text, OBJECT);
    } catch (IOException | RuntimeException e) {
      throw notJson();
    }
    if (map == null) {
      throw notJson();
    }
    if (!"2.0".equals(map.get("jsonrpc"))) {
      throw Refusal.badRequest("a message has jsonrpc 2.0");
    }
    Object params = map.get("params");
    if (params != null && !(params instanceof Map) && !(params instanceof List)) {
      throw Refusal.badRequest("params are an object or an array");
    }
    return message(map);
  }

  private Incoming message(Map<String, Object> map) {
    boolean hasId = map.containsKey("id");
    if (map.containsKey("method")) {
      if (!(map.get("method") instanceof String)) {
        throw Refusal.badRequest("a method is a string");
      }
      if (!hasId) {
        return new Incoming.Notification(as(map, JSONRPCNotification.class));
      }
      String idJson = write(requireId(map.get("id")));
      if (!StreamName.fits(idJson)) {
        throw Refusal.badRequest(
            "an id has at most %d bytes".formatted(StreamName.MAX_REQUEST_ID_BYTES));
      }
      return new Incoming.Request(as(map, JSONRPCRequest.class), idJson);
    }
    if (!hasId || map.containsKey("result") == map.containsKey("error")) {
      throw Refusal.badRequest("a message is a request, a notification or a response");
    }
    Object _ = requireId(map.get("id"));
    return new Incoming.Response(as(map, JSONRPCResponse.class));
  }

  private static Object requireId(@org.jspecify.annotations.Nullable Object id) {
    // The SDK has no longer ones.
    if (id instanceof String || id instanceof Integer || id instanceof Long) {
      return id;
    }
    throw Refusal.badRequest("an id is a string, or an integer of 64 bits");
  }

  private <T> T as(Object map, Class<T> type) {
    try {
      return json.convertValue(map, type);
    } catch (RuntimeException e) {
      throw Refusal.badRequest("the message has members of other types than JSON-RPC says");
    }
  }

  /** Strictly: a reader of bytes would take other encodings than UTF-8. */
  private static String text(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw notJson();
    }
  }

  private static Refusal notJson() {
    return new Refusal(400, ErrorCode.PARSE, "the body is no JSON object in UTF-8");
  }

  /** Reads what {@code params} should be. */
  <T> T params(@org.jspecify.annotations.Nullable Object params, Class<T> type) {
    if (params == null) {
      throw new Refusal(400, ErrorCode.INVALID_PARAMS, "the request has no params");
    }
    try {
      return json.convertValue(params, type);
    } catch (RuntimeException e) {
      throw new Refusal(400, ErrorCode.INVALID_PARAMS, "the params are not those of the method");
    }
  }

  String write(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (IOException e) {
      throw new UncheckedIOException("this cannot be written as JSON: " + value.getClass(), e);
    }
  }

  /** An error that belongs to no request. */
  String error(int code, String reason) {
    return write(Map.of("jsonrpc", "2.0", "error", Map.of("code", code, "message", reason)));
  }

  /** The error that answers a request, of which the id is at hand as JSON. */
  McpMessage.Json errorTo(String idJson, int code, String reason) {
    return McpMessage.Json.of(
        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":%s}}"
            .formatted(idJson, code, write(reason)));
  }

  /** Tells whether a stored message answers the request with this id. */
  boolean answers(byte[] message, String idJson) {
    try {
      Map<String, Object> map = json.readValue(message, OBJECT);
      Object id = map.get("id");
      return !map.containsKey("method") && id != null && write(id).equals(idJson);
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }
}
