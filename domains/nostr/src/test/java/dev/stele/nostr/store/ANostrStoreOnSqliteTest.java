package dev.stele.nostr.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.PublicKey;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ANostrStoreOnSqliteTest extends NostrStoreTck {
  @TempDir Path folder;

  @Override
  NostrStore open(NostrStoreOptions options) {
    return NostrStores.open(
        "sqlite:" + folder.resolve("store"), options.anchoredIn(folder.resolve("anchor")));
  }

  @Test
  void keeps_its_tables_in_the_file_of_the_log_for_any_tool_that_reads_sqlite() throws Exception {
    NostrStore store = store(options().withOwner(PublicKey.ofHex(ALICE.pubkey())));
    var _ = store.store(ALICE.sign(1, 3, List.of(List.of("p", BOB.pubkey())), ""));
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:sqlite:" + folder.resolve("store").resolve("log.db"));
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT n.pubkey, n.depth, (SELECT count(*) FROM nostr_events),"
                    + " (SELECT count(*) FROM relay_hints), (SELECT count(*) FROM sync_state),"
                    + " (SELECT count(*) FROM aggregates) FROM graph_nodes n")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo(BOB.pubkey());
      assertThat(row.getInt(2)).isOne();
      assertThat(row.getInt(3)).isOne();
    }
  }
}
