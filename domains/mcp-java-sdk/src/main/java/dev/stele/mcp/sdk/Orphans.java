package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Streams whose request nobody answers any more, because the process that did is gone: each is
 * closed with an error for its request, so that a client that comes back is told instead of left
 * waiting.
 *
 * <p>Thread-safe.
 */
final class Orphans {
  static final String REASON =
      "the request was interrupted before it was answered; it may have had an effect";

  /** 64 locks, so that a stream is closed once, and few wait for another's. */
  private static final int STRIPES = 64;

  private final McpEventStore store;
  private final JsonRpc rpc;
  private final ReentrantLock[] stripes = new ReentrantLock[STRIPES];

  Orphans(McpEventStore store, JsonRpc rpc) {
    this.store = store;
    this.rpc = rpc;
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new ReentrantLock();
    }
  }

  /** What answers a request that nothing else answers. */
  McpMessage.Json answer(String idJson) {
    return rpc.errorTo(idJson, ErrorCode.INTERRUPTED, REASON);
  }

  /**
   * Closes a stream that is open in the store and lives nowhere; blocks. One that has its answer,
   * and was not completed because the process died in between, is completed alone.
   *
   * @param last the place of its last event
   * @return whether it was a stream that answers a request
   */
  boolean close(McpScope scope, String stream, long last) {
    Optional<String> idJson = StreamName.requestIdJson(stream);
    if (idJson.isEmpty()) {
      return false;
    }
    ReentrantLock stripe =
        stripes[Math.floorMod(scope.hashCode() * 31 + stream.hashCode(), STRIPES)];
    stripe.lock();
    try {
      if (!isAnswered(scope, stream, last, idJson.get())) {
        McpAppend outcome = store.append(scope, stream, answer(idJson.get()));
        switch (outcome) {
          case McpAppend.Appended _, McpAppend.StreamCompleted _, McpAppend.SessionEnded _ -> {}
          case McpAppend.Refused(String code, String reason) ->
              throw Refusal.unavailable(code + ": " + reason);
          case McpAppend.ReadOnly(String reason) ->
              throw Refusal.unavailable("the store takes nothing more: " + reason);
        }
      }
      boolean _ = store.complete(scope, stream);
      return true;
    } finally {
      stripe.unlock();
    }
  }

  /** An answer is the last message of a stream, and at most one interruption follows a race. */
  private boolean isAnswered(McpScope scope, String stream, long last, String idJson) {
    if (last < 2) {
      return false;
    }
    Page page = Page.after(store, scope, McpEventId.of(scope, stream, last - 1));
    return page instanceof Page.Messages(List<Page.Message> messages, var _, var _, var _)
        && messages.stream().anyMatch(message -> rpc.answers(message.json(), idJson));
  }
}
