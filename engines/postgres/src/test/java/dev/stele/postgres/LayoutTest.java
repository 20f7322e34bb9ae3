package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.Example;
import dev.stele.testkit.MemoryAnchor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every value in the schema of the documents' example, compared with a golden file. */
@Tag("engine")
class LayoutTest {
  private static final List<String> QUERIES =
      List.of(
          "SELECT format('%s %s %s', table_name, column_name, data_type)"
              + " FROM information_schema.columns WHERE table_schema = 'stele'"
              + " AND table_name LIKE 'stele\\_%' AND table_name <> 'stele_history'"
              + " ORDER BY table_name, ordinal_position",
          "SELECT indexdef FROM pg_indexes WHERE schemaname = 'stele'"
              + " AND tablename <> 'stele_history' ORDER BY indexname",
          "SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger"
              + " WHERE tgname LIKE 'stele\\_%' ORDER BY 1",
          "SELECT format('stele_logs %s %s %s %s', number, name, size, encode(link, 'hex'))"
              + " FROM stele.stele_logs",
          "SELECT format(E'stele_events %s %s\\n  %s\\n  %s\\n  %s', log, position,"
              + " encode(link, 'hex'), encode(record, 'hex'), encode(keys, 'hex'))"
              + " FROM stele.stele_events ORDER BY log, position",
          "SELECT format(E'stele_bodies %s %s\\n  %s\\n  %s\\n  %s', log, position,"
              + " encode(salt, 'hex'), encode(claims, 'hex'), encode(payload, 'hex'))"
              + " FROM stele.stele_bodies ORDER BY log, position",
          "SELECT format('stele_claims %s %s %s %s', log, encode(key, 'hex'), position, expires)"
              + " FROM stele.stele_claims ORDER BY key",
          "SELECT format('stele_streams %s %s %s %s', log, encode(key, 'hex'), revision, position)"
              + " FROM stele.stele_streams ORDER BY key, revision",
          "SELECT format(E'stele_checkpoints %s %s %s\\n%s', log, size, number,"
              + " trim(E'\\n' FROM convert_from(note, 'UTF8'))) FROM stele.stele_checkpoints"
              + " ORDER BY size, number");

  @Test
  void of_the_example_is_the_golden_file() throws IOException, SQLException {
    String database = PostgresServer.shared().freshDatabase();
    Example.write(PostgresLogEngine.openWriter(database), new MemoryAnchor());
    StringBuilder dump = new StringBuilder();
    try (Connection connection = PostgresServer.shared().connect(database);
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
  }

  @Test
  void is_documented_table_by_table_as_it_runs() throws IOException {
    String document = Files.readString(Path.of("..", "..", "docs", "format", "postgres.md"));
    String ddl = PostgresSchema.ddl();
    int tables = 0;
    for (int at = ddl.indexOf("CREATE TABLE"); at >= 0; at = ddl.indexOf("CREATE TABLE", at + 1)) {
      String table = ddl.substring(at, ddl.indexOf(';', at) + 1).replace("\"stele\".", "");
      assertThat(document).contains(table);
      tables++;
    }
    assertThat(tables).isEqualTo(8);
  }
}
