package dev.stele.mcp.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What tests send, and what they get back. */
final class Messages {
  static final McpScope ALICE = new McpScope("acme", "alice", "s-1");
  static final McpScope BOB = new McpScope("acme", "bob", "s-2");
  static final McpSession SESSION =
      new McpSession(
          "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"}"
              .getBytes(StandardCharsets.UTF_8),
          "2025-11-25",
          "alice");

  private Messages() {}

  /** A notification that says its number. */
  static McpMessage note(long number) {
    return McpMessage.Json.of(json(number));
  }

  static String json(long number) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"n\":%d}}"
        .formatted(number);
  }

  static List<McpMessage> notes(int count) {
    List<McpMessage> notes = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      notes.add(note(i));
    }
    return notes;
  }

  /** Appends, and requires that it was. */
  static McpAppend.Appended append(
      McpEventStore store, McpScope scope, String stream, McpMessage message) {
    McpAppend result = store.append(scope, stream, message);
    assertThat(result).isInstanceOf(McpAppend.Appended.class);
    return (McpAppend.Appended) result;
  }

  /** What a replay gave, and how it ended. */
  record Got(List<String> messages, List<String> ids, McpReplay end) {}

  static Got replay(McpEventStore store, McpScope scope, String after) {
    List<String> messages = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    McpReplay end =
        store.replayAfter(
            scope,
            after,
            event -> {
              messages.add(event.message().text());
              ids.add(event.eventId());
              return true;
            });
    return new Got(messages, ids, end);
  }

  static List<String> jsons(int from, int to) {
    List<String> all = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      all.add(json(i));
    }
    return all;
  }
}
