package dev.stele.postgres;

import dev.stele.core.engine.Head;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewStore;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.ViewStoreTck;
import java.nio.file.Path;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;

/**
 * The SQL tables of views, held against the test kit of view stores: what it asks of tables is
 * asked of these. Generations are none of the engine's affair, and are kept by the test, each in a
 * schema of its own.
 */
@Tag("engine")
class TablesInSqlTest extends ViewStoreTck {
  @Override
  protected ViewStore open(Path folder) {
    return new Schemas(PostgresServer.shared().databaseFor(folder));
  }

  @Override
  protected boolean persists() {
    return false;
  }

  /** A view store with a schema for each generation. */
  private static final class Schemas implements ViewStore {
    private record Kept(Generation generation, String schema, List<TableSql> tables) {}

    private final Connections connections;
    private final Map<String, Kept> kept = new TreeMap<>();
    private int schemas;

    Schemas(String uri) {
      // Makes the roles that tables are granted to, and the functions that convert times.
      PostgresLogEngine.openWriter(uri).close();
      connections = new Connections(PostgresAddress.parse(uri), PostgresOptions.DEFAULT);
    }

    private static String key(String view, Slot slot) {
      return view + " " + slot;
    }

    private Kept require(String view, Slot slot) {
      connections.requireOpen();
      Kept found = kept.get(key(view, slot));
      if (found == null) {
        throw new IllegalArgumentException("view %s is not %s".formatted(view, slot));
      }
      return found;
    }

    @Override
    public synchronized List<Generation> generations() {
      connections.requireOpen();
      return kept.values().stream()
          .map(Kept::generation)
          .sorted(java.util.Comparator.comparing(Generation::view).thenComparing(Generation::slot))
          .toList();
    }

    @Override
    public synchronized void begin(
        String view, Slot slot, int version, List<Table> tables, long begunAt) {
      ViewStore.requireNames(view, version, tables, generations());
      drop(view, slot);
      schemas++;
      String schema = "made" + schemas;
      List<TableSql> sql =
          connections.change(
              "make tables in",
              connection -> {
                try (Statement statement = connection.createStatement()) {
                  statement.execute("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
                  statement.execute("CREATE SCHEMA " + schema);
                  statement.execute("CREATE TABLE " + schema + ".reached AS SELECT 0 AS position");
                }
                List<TableSql> made = new ArrayList<>();
                for (Table table : tables) {
                  made.add(TableSql.ensure(connection, schema, table, new ArrayList<>()));
                }
                return made;
              });
      Generation generation =
          new Generation(
              view, slot, version, tables, begunAt, new Head(0, new byte[0]), Optional.empty());
      kept.put(key(view, slot), new Kept(generation, schema, sql));
    }

    @Override
    public synchronized void change(String view, Slot slot, Change change) {
      Kept at = require(view, slot);
      Head cursor =
          connections.change(
              "change",
              connection -> {
                SqlTables tables = new SqlTables(connection, "view " + view, at.tables);
                try {
                  Head reached = change.apply(tables);
                  tables.flush();
                  try (Statement statement = connection.createStatement()) {
                    statement.execute(
                        "UPDATE %s.reached SET position = %d".formatted(at.schema, reached.size()));
                  }
                  return reached;
                } finally {
                  tables.end();
                }
              });
      kept.put(key(view, slot), new Kept(at.generation.at(cursor), at.schema, at.tables));
    }

    @Override
    public synchronized void mark(String view, Slot slot, Optional<Failure> failure) {
      Kept at = require(view, slot);
      kept.put(key(view, slot), new Kept(at.generation.marked(failure), at.schema, at.tables));
    }

    @Override
    public synchronized void swap(String view) {
      Kept built = require(view, Slot.BUILDING);
      drop(view, Slot.LIVE);
      kept.remove(key(view, Slot.BUILDING));
      kept.put(
          key(view, Slot.LIVE),
          new Kept(built.generation.in(Slot.LIVE), built.schema, built.tables));
    }

    @Override
    public synchronized void drop(String view, Slot slot) {
      connections.requireOpen();
      kept.remove(key(view, slot));
    }

    @Override
    public <T> Answer<T> read(String view, Slot slot, Reading<T> reading) {
      Kept at;
      synchronized (this) {
        at = require(view, slot);
      }
      return connections.read(
          "read",
          connection ->
              InlineViews.snapshot(
                  connection,
                  "SELECT position FROM " + at.schema + ".reached",
                  row -> row.next() ? row.getLong(1) : -1L,
                  position -> {
                    SqlTables tables = new SqlTables(connection, "view " + view, at.tables);
                    try {
                      return new Answer<>(reading.read(tables), position);
                    } finally {
                      tables.end();
                    }
                  }));
    }

    @Override
    public void close() {
      connections.close();
    }
  }
}
