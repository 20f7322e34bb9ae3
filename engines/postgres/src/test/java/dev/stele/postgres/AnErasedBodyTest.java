package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where the bytes of an erased body still are. */
@Tag("engine")
class AnErasedBodyTest {
  private static final String TOKEN = "a-token-that-must-go-0x5ec2e7";

  private static List<String> tablesWith(Connection connection, String token) throws SQLException {
    List<String> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c"
                    + " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                    + " WHERE c.relkind = 'r' AND n.nspname = 'stele'")) {
      while (rows.next()) {
        tables.add(rows.getString(1));
      }
    }
    List<String> found = new ArrayList<>();
    String hex = java.util.HexFormat.of().formatHex(token.getBytes(StandardCharsets.UTF_8));
    for (String table : tables) {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT count(*) FROM %s AS t WHERE t::text LIKE '%%%s%%' OR t::text LIKE '%%%s%%'"
                      .formatted(table, token, hex))) {
        row.next();
        if (row.getLong(1) > 0) {
          found.add(table);
        }
      }
    }
    return found;
  }

  private static List<Path> filesWith(Path folder, String token) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try {
          if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(token)) {
            found.add(folder.relativize(file));
          }
        } catch (NoSuchFileException e) {
          // The server has removed it since it was listed.
        }
      }
    }
    return found;
  }

  @Test
  void is_in_no_table_after_the_commit_and_in_no_file_after_a_compaction() throws Exception {
    Map<String, String> settings = Map.of("wal_recycle", "off", "autovacuum", "off");
    try (PostgresServer server = PostgresServer.start(PostgresServer.Sync.OFF, settings)) {
      String database = server.freshDatabase();
      Rows rows = new Rows();
      Random random = new Random(7);
      try (PostgresLogEngine engine =
              PostgresLogEngine.openWriter(
                  database, PostgresOptions.DEFAULT, List.of(new EntriesView()));
          Connection connection = server.connect(database)) {
        for (int i = 0; i < 30; i++) {
          // Incompressible, and large enough that some rows are kept out of line.
          byte[] payload = new byte[100 + 400 * i];
          random.nextBytes(payload);
          byte[] token = TOKEN.getBytes(StandardCharsets.UTF_8);
          if (i % 3 == 0) {
            System.arraycopy(token, 0, payload, 5, token.length);
          }
          Row row = rows.next("a", payload);
          rows.commit(engine, LogId.MAIN, Rows.batch(List.of(row)));
        }
        assertThat(tablesWith(connection, TOKEN))
            .containsExactlyInAnyOrder("stele.stele_bodies", "stele.entries");
        List<PositionRange> erased = new ArrayList<>();
        for (int i = 0; i < 30; i += 3) {
          erased.add(new PositionRange(i + 1, i + 1));
        }
        assertThat(
                engine.commitErasing(
                    LogId.MAIN,
                    rows.committed(),
                    Rows.batch(rows.next("stele/receipts", 1)),
                    erased,
                    Durability.DURABLE))
            .isInstanceOf(CommitResult.Committed.class);
        assertThat(tablesWith(connection, TOKEN)).isEmpty();
        assertThat(filesWith(server.data(), TOKEN))
            .as("before, so that it can be found")
            .isNotEmpty();
        Compactable.Compacted compacted = engine.compact();
        assertThat(compacted.bytesAfter()).isLessThan(compacted.bytesBefore());
        assertThat(filesWith(server.data(), TOKEN)).isEmpty();
        assertThat(engine.read(LogId.MAIN, 0, 100))
            .hasSize(31)
            .filteredOn(row -> row.body() == null)
            .hasSize(10);
      }
    }
  }
}
