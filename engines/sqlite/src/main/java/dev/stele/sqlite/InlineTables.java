package dev.stele.sqlite;

import dev.stele.core.engine.Row;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.view.Table;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link View} in the log's own file and transactions: current at the ack, for one sync.
 *
 * <pre>
 *   SqliteLogEngine.openWriter(database, SqliteOptions.DEFAULT, List.of(new InlineTables(view)))
 * </pre>
 *
 * <p>Its tables are as in {@link SqliteViewStore}. There is one generation of them: a new version
 * is replayed when the log is opened, and an erase replays it in the erase's own transaction,
 * unless the view forgets by itself. A trim replays nothing: rows of trimmed events stay until the
 * next replay. Read it with {@link SqliteLogEngine#readView}, or with any SQLite tool. One thread
 * at a time, as the engine calls it.
 */
public final class InlineTables implements InlineView {
  private final View view;
  private final List<TableSql> sql;

  /** Prepared once for each connection, which closes them. */
  private final IdentityHashMap<Connection, Map<String, PreparedStatement>> prepared =
      new IdentityHashMap<>();

  /** Whether what comes next must be the log's first event. */
  private boolean fromTheBeginning;

  /** A view that is to be kept inline. */
  public InlineTables(View view) {
    ViewStore.requireNames(view.name(), view.version(), view.tables(), List.of());
    this.view = view;
    this.sql = sql(view.tables());
  }

  private static List<TableSql> sql(List<Table> tables) {
    return tables.stream().map(table -> new TableSql(table, "")).toList();
  }

  /** The view that is kept. */
  public View view() {
    return view;
  }

  @Override
  public String name() {
    return view.name();
  }

  @Override
  public int version() {
    return view.version();
  }

  /**
   * Makes the tables where they are not there as they are defined now. A view that is behind its
   * log was detached, and may have missed an erase: it is replayed from the beginning too.
   */
  @Override
  public void create(Connection connection) throws SQLException {
    if (!isDefined(connection)) {
      reset(connection);
      forgetPosition(connection, "");
    } else {
      forgetPosition(
          connection,
          " AND position < (SELECT coalesce(max(place) & 1099511627775, 0) FROM log_events,"
              + " log_names WHERE log_names.name = 'main' AND place > number << 40"
              + " AND place < (number + 1) << 40)");
    }
  }

  private void forgetPosition(Connection connection, String where) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM log_views WHERE name = ?" + where)) {
      delete.setString(1, view.name());
      delete.executeUpdate();
    }
  }

  private boolean isDefined(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT 1 FROM sqlite_schema WHERE sql = ?")) {
      for (TableSql table : sql) {
        for (String definition : table.create()) {
          select.setString(1, definition);
          try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
              return false;
            }
          }
        }
      }
    }
    return true;
  }

  @Override
  public void reset(Connection connection) throws SQLException {
    Map<String, PreparedStatement> known = prepared.remove(connection);
    if (known != null) {
      for (PreparedStatement statement : known.values()) {
        statement.close();
      }
    }
    try (Statement statement = connection.createStatement()) {
      for (TableSql table : sql) {
        statement.execute(table.drop());
        for (String definition : table.create()) {
          statement.execute(definition);
        }
      }
    }
    fromTheBeginning = true;
  }

  @Override
  public void apply(Connection connection, List<Row> rows) throws SQLException {
    long first = rows.getFirst().position();
    if (fromTheBeginning && first > 1 && view.history() == View.History.WHOLE) {
      throw new SQLException(
          "the log begins at %d, and view %s cannot be built without what came before"
              .formatted(first, view.name()));
    }
    fromTheBeginning = false;
    List<StoredEvent> events = new ArrayList<>(rows.size());
    for (Row row : rows) {
      events.add(new StoredEvent(row.link(), row.record(), row.body()));
    }
    Map<String, PreparedStatement> known =
        prepared.computeIfAbsent(connection, _ -> new HashMap<>());
    SqlTables tables =
        new SqlTables(
            Path.of(connection.getMetaData().getURL().replaceFirst("^jdbc:sqlite:", "")),
            view.name(),
            sql,
            statement -> prepare(connection, known, statement));
    try {
      view.apply(events, tables);
      tables.flush();
    } finally {
      tables.end();
    }
  }

  private static PreparedStatement prepare(
      Connection connection, Map<String, PreparedStatement> known, String statement)
      throws SQLException {
    PreparedStatement prepared = known.get(statement);
    if (prepared == null) {
      prepared = connection.prepareStatement(statement);
      known.put(statement, prepared);
    }
    return prepared;
  }

  /** A view that forgets by itself does so when it is told of the receipt, in the same commit. */
  @Override
  public boolean forget(Connection connection, List<Row> bare) {
    return view.forgetting() == View.Forgetting.BY_ITSELF;
  }

  /** The tables as a reading connection sees them. */
  SqlTables read(Path database, SqlTables.Statements statements) {
    return new SqlTables(database, view.name(), sql, statements);
  }
}
