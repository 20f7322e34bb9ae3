package dev.stele.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Looks for what no row tells of: triggers that are off, and rows that belong to nothing. */
final class SchemaCheck {
  /** Triggers of V1: seven that refuse, and one that lets heads only grow. */
  private static final int TRIGGERS = 8;

  private final Connection connection;
  private final String schema;

  SchemaCheck(Connection connection, String schema) {
    this.connection = connection;
    this.schema = schema;
  }

  /** The first finding, in one sentence. */
  Optional<String> findings() throws SQLException {
    for (Map.Entry<String, String> question : questions().entrySet()) {
      try (PreparedStatement select = connection.prepareStatement(question.getKey());
          ResultSet row = select.executeQuery()) {
        if (row.next() && row.getBoolean(1)) {
          return Optional.of(question.getValue());
        }
      }
    }
    return Optional.empty();
  }

  /** Each asks for something that is not as it was made. */
  private Map<String, String> questions() {
    String in = "\"" + schema + "\".";
    Map<String, String> questions = new LinkedHashMap<>();
    questions.put(
        "SELECT count(*) <> "
            + TRIGGERS
            + " FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid"
            + " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = '"
            + schema
            + "' AND t.tgname IN ('stele_append_only', 'stele_head_grows') AND t.tgenabled = 'A'",
        "a trigger that refuses changes is missing or switched off");
    questions.put(
        "SELECT EXISTS (SELECT 1 FROM "
            + in
            + "stele_logs AS l WHERE l.size > 0 AND NOT EXISTS (SELECT 1 FROM "
            + in
            + "stele_events AS e WHERE e.log = l.number AND e.position = l.size"
            + " AND e.link = l.link))",
        "stele_logs names an end that is not that of stele_events");
    questions.put(
        "SELECT EXISTS (SELECT 1 FROM "
            + in
            + "stele_events AS e LEFT JOIN "
            + in
            + "stele_logs AS l ON l.number = e.log WHERE l.number IS NULL OR e.position > l.size)",
        "stele_events has a row beyond the end of its log, or of no log");
    questions.put(
        "SELECT EXISTS (SELECT 1 FROM "
            + in
            + "stele_bodies AS b LEFT JOIN "
            + in
            + "stele_events AS e ON e.log = b.log AND e.position = b.position"
            + " WHERE e.log IS NULL)",
        "stele_bodies has a body of no event");
    for (String table : new String[] {"stele_claims", "stele_streams"}) {
      questions.put(
          "SELECT EXISTS (SELECT 1 FROM "
              + in
              + table
              + " AS i LEFT JOIN "
              + in
              + "stele_logs AS l ON l.number = i.log"
              + " WHERE l.number IS NULL OR i.position NOT BETWEEN 1 AND l.size)",
          table + " has an entry of no log, or one that leads too far");
    }
    questions.put(
        "SELECT EXISTS (SELECT 1 FROM "
            + in
            + "stele_tiles AS t LEFT JOIN "
            + in
            + "stele_logs AS l ON l.number = t.log WHERE l.number IS NULL"
            + " OR t.level NOT BETWEEN 0 AND 4 OR t.number < 0"
            + " OR (t.number + 1) << (8 * (t.level + 1)) > l.size)",
        "stele_tiles has a tile that cannot be full yet, or of no log");
    questions.put(
        "SELECT EXISTS (SELECT 1 FROM "
            + in
            + "stele_checkpoints AS c LEFT JOIN "
            + in
            + "stele_logs AS l ON l.number = c.log WHERE l.number IS NULL)",
        "stele_checkpoints has a row of no log");
    return questions;
  }
}
