package dev.stele.mcp.store;

import static dev.stele.mcp.store.Messages.ALICE;
import static dev.stele.mcp.store.Messages.SESSION;
import static dev.stele.mcp.store.Messages.append;
import static dev.stele.mcp.store.Messages.replay;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.event.McpMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LinesOfTheLogTest {
  private final Logger logger = Logger.getLogger("dev.stele.mcp");
  private final List<LogRecord> lines = new ArrayList<>();
  private final Handler ears =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          lines.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    logger.setLevel(Level.ALL);
    logger.setUseParentHandlers(false);
    logger.addHandler(ears);
  }

  @AfterEach
  void listenNoMore() {
    logger.removeHandler(ears);
    logger.setUseParentHandlers(true);
    logger.setLevel(null);
  }

  @Test
  void tell_each_operation_once_and_nothing_of_a_message_or_a_session() {
    try (McpEventStore store = McpEventStores.inMemory(McpStoreOptions.DEFAULT)) {
      store.putSession(ALICE, SESSION);
      String secret = "{\"jsonrpc\":\"2.0\",\"method\":\"tomato\"}";
      String id = append(store, ALICE, "stream-name", McpMessage.Json.of(secret)).eventId();
      store.append(ALICE, "stream-name", McpMessage.Json.of("tomato"));
      replay(store, ALICE, id);
      store.clearStream(ALICE, "stream-name");
      store.retain();
      store.endSession(ALICE);
    }

    assertThat(lines.stream().map(line -> line.getMessage().split(" ")[0]).toList())
        .containsExactly(
            "event=put-session",
            "event=append",
            "event=append",
            "event=replay",
            "event=clear-stream",
            "event=retain",
            "event=end-session");
    assertThat(lines.stream().map(LogRecord::getLevel).toList())
        .containsExactly(
            Level.FINE, Level.FINE, Level.FINE, Level.FINE, Level.INFO, Level.INFO, Level.INFO);
    assertThat(lines)
        .allSatisfy(
            line ->
                assertThat(line.getMessage())
                    .doesNotContain("tomato", "stream-name", "s-1", "alice"));
  }
}
