package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpReplay;
import java.util.ArrayList;
import java.util.List;

/**
 * Some of what stands behind a place in a stream.
 *
 * <p>It is read whole before any of it is written to a client, so that a client that reads slowly
 * holds up its own connection, not a transaction of the store.
 */
sealed interface Page {
  /** 256 messages: more than most streams have. */
  int MAX_MESSAGES = 256;

  /** 1 MiB, and the message that exceeds it: what one connection holds of a long stream. */
  int MAX_BYTES = 1024 * 1024;

  /** A message and its id. */
  record Message(String eventId, byte[] json) {}

  /**
   * What there is.
   *
   * @param more whether the page was full, so that there may be more
   * @param complete whether nothing comes after it, ever
   * @param last the place that was looked at last; of no use when there may be more
   */
  record Messages(List<Message> messages, boolean more, boolean complete, long last)
      implements Page {
    /** Whether there is nothing behind the place, and never will be. */
    boolean isPastTheEnd() {
      return complete && messages.isEmpty();
    }
  }

  /** No event of the session has the id. */
  record Unknown() implements Page {}

  /** Some of what came after is gone. */
  record Expired() implements Page {}

  /** Reads what is behind an event; blocks. */
  static Page after(McpEventStore store, McpScope scope, String eventId) {
    Reading reading = new Reading();
    McpReplay replay = store.replayAfter(scope, eventId, reading);
    return switch (replay) {
      case McpReplay.Open open ->
          new Messages(reading.messages, reading.isFull(), false, open.lastSequence());
      case McpReplay.Complete all ->
          new Messages(reading.messages, reading.isFull(), !reading.isFull(), all.lastSequence());
      case McpReplay.Unknown _ -> new Unknown();
      case McpReplay.Expired _ -> new Expired();
    };
  }

  /** Takes messages until the page is full. */
  final class Reading implements McpEventStore.Sink {
    private final List<Message> messages = new ArrayList<>();
    private long bytes;

    @Override
    public boolean accept(McpEventStore.Replayed event) {
      Message message = new Message(event.eventId(), event.message().json());
      messages.add(message);
      bytes += message.json().length;
      return !isFull();
    }

    private boolean isFull() {
      return messages.size() >= MAX_MESSAGES || bytes >= MAX_BYTES;
    }
  }
}
