package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpMessage;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A stream as the SDK sees it: somewhere to send messages to. Thread-safe. */
final class StreamTransport implements McpStreamableServerTransport {
  private final LiveStream stream;
  private final McpJsonMapper json;

  StreamTransport(LiveStream stream, McpJsonMapper json) {
    this.stream = stream;
    this.json = json;
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return Mono.defer(
        () -> {
          try {
            return stream.send(
                new McpMessage.Json(json.writeValueAsBytes(message)),
                message instanceof JSONRPCResponse);
          } catch (IOException e) {
            return Mono.error(e);
          }
        });
  }

  /** The SDK's own id is not used: the store's is one that a client can resume from. */
  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message, @Nullable String id) {
    return sendMessage(message);
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return json.convertValue(data, type);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return stream.finish();
  }

  @Override
  public void close() {
    var _ = stream.finish().onErrorComplete().subscribe();
  }
}
