package dev.stele.mcp.store;

import static dev.stele.mcp.store.Messages.ALICE;
import static dev.stele.mcp.store.Messages.SESSION;
import static dev.stele.mcp.store.Messages.append;
import static dev.stele.mcp.store.Messages.note;
import static dev.stele.mcp.store.Messages.replay;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.postgresserver.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that several processes share: each appends and replays beside the others. */
@Tag("engine")
class AnMcpEventStoreOnPostgresTest extends McpEventStoreTck {
  @TempDir Path folder;

  @Override
  McpEventStore open(McpStoreOptions options) {
    return open(PostgresServer.shared().freshDatabase(), options, "anchor");
  }

  @Override
  boolean answersFromMemory() {
    return false;
  }

  private McpEventStore open(String database, McpStoreOptions options, String anchor) {
    String home = URLEncoder.encode(folder.resolve("home").toString(), StandardCharsets.UTF_8);
    return McpEventStores.open(
        database + "?home=" + home, options.anchoredIn(folder.resolve(anchor)));
  }

  @Test
  void sees_what_another_process_has_appended_completed_and_ended() {
    String database = PostgresServer.shared().freshDatabase();
    try (McpEventStore one = open(database, McpStoreOptions.DEFAULT, "one");
        McpEventStore other = open(database, McpStoreOptions.DEFAULT, "other")) {
      one.putSession(ALICE, SESSION);
      String first = append(one, ALICE, "1", note(1)).eventId();
      assertThat(append(other, ALICE, "1", note(2)).sequence()).isEqualTo(2);
      assertThat(append(one, ALICE, "1", note(3)).sequence()).isEqualTo(3);

      assertThat(replay(one, ALICE, first).messages())
          .containsExactly(Messages.json(2), Messages.json(3));
      assertThat(replay(other, ALICE, first).messages())
          .containsExactly(Messages.json(2), Messages.json(3));
      assertThat(other.complete(ALICE, "1")).isTrue();
      assertThat(one.append(ALICE, "1", note(4))).isEqualTo(new McpAppend.StreamCompleted());
      assertThat(other.openStreams()).isEmpty();
      assertThat(other.endSession(ALICE)).isTrue();
      assertThat(one.append(ALICE, "2", note(5))).isEqualTo(new McpAppend.SessionEnded());
      assertThat(replay(one, ALICE, first).end()).isEqualTo(new McpReplay.Unknown());
      assertThat(one.stats().totalEvents()).isEqualTo(3);
    }
  }
}
