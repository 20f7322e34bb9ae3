package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.testkit.Example;
import dev.stele.testkit.MemoryAnchor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every value in the database of the documents' example, compared with a golden file. */
class LayoutTest {
  private static final List<String> QUERIES =
      List.of(
          "SELECT 'application_id ' || application_id FROM pragma_application_id",
          "SELECT 'user_version ' || user_version FROM pragma_user_version",
          "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
          "SELECT 'log_names ' || number || ' ' || name || ' ' || indexed_to || ' ' || fence || ' '"
              + " || lower(hex(seal)) FROM log_names",
          "SELECT 'log_events ' || place || char(10) || '  ' || lower(hex(substr(entry, 1, 8)))"
              + " || char(10) || '  ' || lower(hex(substr(entry, 9, 32))) || char(10)"
              + " || '  ' || lower(hex(substr(entry, 41))) FROM log_events ORDER BY place",
          "SELECT 'log_checkpoints ' || log || ' ' || size || char(10) || trim(CAST(note AS TEXT),"
              + " char(10)) FROM log_checkpoints ORDER BY size",
          "SELECT 'rows of log_claims, log_streams, log_tiles, log_views: ' || (SELECT count(*)"
              + " FROM log_claims) || ' ' || (SELECT count(*) FROM log_streams) || ' ' || (SELECT"
              + " count(*) FROM log_tiles) || ' ' || (SELECT count(*) FROM log_views)");

  @TempDir Path folder;

  @Test
  void of_the_example_is_the_golden_file() throws IOException, SQLException {
    Path database = folder.resolve("example.db");
    Example.write(SqliteLogEngine.openWriter(database), new MemoryAnchor());
    StringBuilder dump = new StringBuilder();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      for (String query : QUERIES) {
        try (ResultSet rows = statement.executeQuery(query)) {
          while (rows.next()) {
            dump.append(rows.getString(1)).append('\n');
          }
        }
      }
    }
    String golden;
    try (InputStream in = LayoutTest.class.getResourceAsStream("layout.golden")) {
      golden = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(dump.toString()).isEqualTo(golden);
    String document = Files.readString(Path.of("..", "..", "docs", "format", "sqlite.md"));
    for (String sql : dump.toString().lines().filter(line -> line.startsWith("CREATE")).toList()) {
      assertThat(document).contains(sql);
    }
  }
}
