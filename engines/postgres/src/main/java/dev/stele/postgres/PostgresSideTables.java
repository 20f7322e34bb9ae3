package dev.stele.postgres;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.SideTables;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Tables beside a log, in its schema: ordinary ones, each change a durable transaction. */
final class PostgresSideTables implements SideTables {
  private final Connections connections;
  private final String schema;
  private final String name;
  private final List<TableSql> tables;

  private PostgresSideTables(
      Connections connections, String schema, String name, List<TableSql> tables) {
    this.connections = connections;
    this.schema = schema;
    this.name = name;
    this.tables = tables;
  }

  /**
   * Makes the tables that are not there.
   *
   * @throws StorageFailed when one is there that we made otherwise: nothing rebuilds it, so it is
   *     for a script to change
   */
  static PostgresSideTables make(Connections connections, String schema, Definition definition) {
    return new PostgresSideTables(
        connections,
        schema,
        definition.name(),
        connections.change(
            "make the tables beside the log in",
            connection -> {
              InlineViews.lockDefinitions(connection, schema);
              List<TableSql> made = new ArrayList<>();
              for (Table table : definition.tables()) {
                made.add(TableSql.keep(connection, schema, table));
              }
              return List.copyOf(made);
            }));
  }

  /** The tables for who only reads. */
  static PostgresSideTables look(Connections connections, String schema, Definition definition) {
    return new PostgresSideTables(
        connections,
        schema,
        definition.name(),
        connections.read(
            "look at the tables beside the log in",
            connection -> {
              List<TableSql> found = new ArrayList<>();
              for (Table table : definition.tables()) {
                found.add(TableSql.look(connection, schema, table));
              }
              return List.copyOf(found);
            }));
  }

  @Override
  public void change(Consumer<Tables> change) {
    connections.change(
        "change the tables beside the log in",
        connection -> {
          requireDurable(connection);
          SqlTables open = new SqlTables(connection, "the side tables " + name, tables);
          try {
            // One change after the other, in whichever process: what is read here stays true.
            InlineViews.lockDefinitions(connection, schema + " side " + name);
            change.accept(open);
            open.flush();
          } finally {
            open.end();
          }
          return name;
        });
  }

  private static void requireDurable(Connection connection) throws SQLException {
    try (java.sql.Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT set_config('synchronous_commit', 'on', true)"
              + " WHERE current_setting('synchronous_commit') = 'off'");
    }
  }

  @Override
  public <T> T read(ViewStore.Reading<T> reading) {
    return connections.read(
        "read the tables beside the log in",
        connection ->
            InlineViews.snapshot(
                connection,
                "SELECT 1",
                _ -> name,
                _ -> {
                  SqlTables open = new SqlTables(connection, "the side tables " + name, tables);
                  try {
                    return reading.read(open);
                  } finally {
                    open.end();
                  }
                }));
  }
}
