package dev.stele.sqlite;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.StorageRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the SQL that domains bring for a log's database: views of what is in the log, and indexes
 * that make them fast. Each version once, in order, all of them in one transaction.
 *
 * <p>The versions of a script are {@code V1.sql}, {@code V2.sql} and so on in its folder; an empty
 * line sets statements apart. In them <code>${byte N}</code> stands for the N-th byte of {@code
 * entry}, from 1, as a number: SQLite has no function that reads one out of bytes.
 *
 * <p>Two files there fill what the views search by, for some thousands of events at once and not
 * with each commit ({@link DomainIndexing}): {@code read.sql} takes what is new into temporary
 * tables of its connection, and {@code write.sql} writes it down. {@code ?1} is the log's number,
 * {@code ?2} the place up to which the log's own indexes reach. Who wrote the log may not have
 * known the domain, so that a script remembers by itself how far it came; it has come to the end
 * when no statement of {@code write.sql} changes a row.
 */
final class DomainScripts {
  private static final Pattern BYTE = Pattern.compile("\\$\\{byte ([^{}]+)}");

  private static final Pattern COMMENT = Pattern.compile("--[^\n]*");

  /** Every byte once, in order: where one is found is its value. */
  private static final String ALL_BYTES = allBytes();

  /** Of a log that no domain brings anything for. */
  static final DomainScripts NONE = new DomainScripts(List.of(), List.of());

  /** An empty line, which stands between statements. */
  private static final Pattern BETWEEN = Pattern.compile(";\\s*\n\\s*\n|;\\s*\\z");

  private final List<String> reading;
  private final List<String> writing;

  private DomainScripts(List<String> reading, List<String> writing) {
    this.reading = List.copyOf(reading);
    this.writing = List.copyOf(writing);
  }

  /** Brings a database up to date; one that knows newer versions stays as it is. */
  static DomainScripts run(Connection connection, List<StorageRequest.Script> scripts)
      throws SQLException {
    List<String> reading = new ArrayList<>();
    List<String> writing = new ArrayList<>();
    for (StorageRequest.Script script : scripts) {
      if (script.scheme().equals(SqliteStorageProvider.SCHEME)) {
        run(connection, script);
        reading.addAll(statements(script.folder() + "/read.sql"));
        writing.addAll(statements(script.folder() + "/write.sql"));
      }
    }
    return new DomainScripts(reading, writing);
  }

  /** Whether there is nothing to fill. */
  boolean indexNothing() {
    return writing.isEmpty();
  }

  /** Takes what is new in a log, up to a place, into temporary tables. */
  void read(Connection connection, int log, long place) throws SQLException {
    int _ = execute(connection, reading, log, place);
  }

  /** Writes down what was read, and tells whether that changed anything. */
  boolean write(Connection connection, int log, long place) throws SQLException {
    return execute(connection, writing, log, place) > 0;
  }

  private static int execute(Connection connection, List<String> statements, int log, long place)
      throws SQLException {
    int changed = 0;
    for (String sql : statements) {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        int parameters = statement.getParameterMetaData().getParameterCount();
        if (parameters > 0) {
          statement.setInt(1, log);
        }
        if (parameters > 1) {
          statement.setLong(2, place);
        }
        changed += statement.executeUpdate();
      }
    }
    return changed;
  }

  private static void run(Connection connection, StorageRequest.Script script) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS stele_scripts (name TEXT PRIMARY KEY, version INTEGER NOT"
              + " NULL) STRICT, WITHOUT ROWID");
      for (int next = version(connection, script.name()) + 1; ; next++) {
        List<String> version = statements("%s/V%d.sql".formatted(script.folder(), next));
        if (version.isEmpty()) {
          break;
        }
        for (String sql : version) {
          statement.execute(sql);
        }
        note(connection, script.name(), next);
      }
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    }
  }

  private static int version(Connection connection, String name) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT version FROM stele_scripts WHERE name = ?")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  private static void note(Connection connection, String name, int version) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT OR REPLACE INTO stele_scripts (name, version) VALUES (?, ?)")) {
      insert.setString(1, name);
      insert.setInt(2, version);
      insert.executeUpdate();
    }
  }

  /** What a file says, without comments and with every byte spelt out; nothing for no file. */
  private static List<String> statements(String file) {
    try (InputStream in = DomainScripts.class.getResourceAsStream("/" + file)) {
      if (in == null) {
        return List.of();
      }
      String sql =
          COMMENT.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8)).replaceAll("");
      // From the inside out: where a byte is may follow from others.
      for (Matcher found = BYTE.matcher(sql); found.find(); found = BYTE.matcher(sql)) {
        sql = found.replaceAll(DomainScripts::spellOut);
      }
      return BETWEEN.splitAsStream(sql).filter(each -> !each.isBlank()).toList();
    } catch (IOException e) {
      throw new StorageFailed(file + " cannot be read", e);
    }
  }

  private static String spellOut(MatchResult found) {
    return Matcher.quoteReplacement(
        "(instr(%s, substr(entry, %s, 1)) - 1)".formatted(ALL_BYTES, found.group(1)));
  }

  private static String allBytes() {
    StringBuilder hex = new StringBuilder("x'");
    for (int i = 0; i < 256; i++) {
      hex.append("%02x".formatted(i));
    }
    return hex.append('\'').toString();
  }
}
