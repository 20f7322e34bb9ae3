package dev.stele.sqlite;

import dev.stele.core.engine.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * The views that move in the transactions of a log. One that fails is undone and detached; its log
 * goes on. One thread at a time.
 */
final class InlineViews {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.sqlite");
  private static final int PAGE = 1_000;

  /** Reads rows of the log as its newest transaction has them. */
  interface Rows {
    List<Row> after(long position, int limit) throws SQLException;
  }

  private final List<InlineView> given;

  /** Those of {@link #given} that are attached. */
  private final List<InlineView> views;

  /** Prepared once for each connection, which closes them. */
  private final IdentityHashMap<Connection, PreparedStatement> positions = new IdentityHashMap<>();

  InlineViews(List<InlineView> views) {
    this.given = List.copyOf(views);
    this.views = new ArrayList<>(views);
  }

  boolean isEmpty() {
    return views.isEmpty();
  }

  /** Brings every view up to the end of the log, in transactions of its own. */
  void attach(Connection connection, Rows rows) throws SQLException {
    for (InlineView view : List.copyOf(views)) {
      try {
        attach(connection, view, rows);
      } catch (SQLException | RuntimeException e) {
        // A table that was changed from outside must not keep its log from being opened.
        connection.rollback();
        views.remove(view);
        LOGGER.log(System.Logger.Level.ERROR, "event=view-detached view=" + view.name(), e);
      }
    }
  }

  private void attach(Connection connection, InlineView view, Rows rows) throws SQLException {
    view.create(connection);
    OptionalLong known = position(connection, view);
    if (known.isEmpty()) {
      view.reset(connection);
    }
    long position = known.orElse(0);
    connection.commit();
    List<Row> page;
    do {
      page = rows.after(position, PAGE);
      position = tell(connection, view, page, position);
      connection.commit();
    } while (!page.isEmpty());
  }

  /**
   * How far the view is with what is in its tables now; read to the end before they are dropped,
   * which no open statement of the connection would allow.
   */
  private static OptionalLong position(Connection connection, InlineView view) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT position FROM log_views WHERE name = ? AND version = ?")) {
      select.setString(1, view.name());
      select.setInt(2, view.version());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
      }
    }
  }

  private long tell(Connection connection, InlineView view, List<Row> page, long position)
      throws SQLException {
    long reached = position;
    if (!page.isEmpty()) {
      reached = page.getLast().position();
      view.apply(connection, page);
    }
    PreparedStatement write = positions.get(connection);
    if (write == null) {
      write =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO log_views (name, version, position) VALUES (?, ?, ?)");
      positions.put(connection, write);
    }
    write.setString(1, view.name());
    write.setInt(2, view.version());
    write.setLong(3, reached);
    write.executeUpdate();
    return reached;
  }

  /** Retells the rows of a commit, in its transaction. */
  void apply(Connection connection, List<Row> rows) throws SQLException {
    if (views.isEmpty() || rows.isEmpty()) {
      return;
    }
    for (Iterator<InlineView> each = views.iterator(); each.hasNext(); ) {
      InlineView view = each.next();
      execute(connection, "SAVEPOINT inline_view");
      try {
        tell(connection, view, rows, 0);
      } catch (SQLException | RuntimeException e) {
        execute(connection, "ROLLBACK TO inline_view");
        each.remove();
        LOGGER.log(
            System.Logger.Level.ERROR,
            "event=view-detached view=" + view.name() + " at=" + rows.getFirst().position(),
            e);
      }
      execute(connection, "RELEASE inline_view");
    }
  }

  /**
   * Lets every view forget what it told of rows that have lost their bodies, in the transaction
   * that drops them. What fails here fails the transaction: a view that kept on telling would be
   * worse than an erase that must be tried again.
   *
   * @return the views that cannot, and are to be replayed before the transaction ends
   */
  Set<InlineView> forget(Connection connection, List<Row> bare) throws SQLException {
    Set<InlineView> unable = new HashSet<>();
    for (InlineView view : given) {
      if (!views.contains(view)) {
        // What a detached view told is still in its tables; it begins anew when it is attached.
        empty(connection, view);
      }
    }
    for (InlineView view : views) {
      if (!view.forget(connection, bare)) {
        unable.add(view);
      }
    }
    return unable;
  }

  private static void empty(Connection connection, InlineView view) throws SQLException {
    view.reset(connection);
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM log_views WHERE name = ?")) {
      delete.setString(1, view.name());
      delete.executeUpdate();
    }
  }

  /** Empties views and tells them everything again, in the open transaction. */
  void replay(Connection connection, Set<InlineView> unable, Rows rows) throws SQLException {
    for (InlineView view : unable) {
      replay(connection, view, rows, _ -> {});
    }
  }

  private long replay(Connection connection, InlineView view, Rows rows, LongConsumer progress)
      throws SQLException {
    view.reset(connection);
    long position = 0;
    List<Row> page;
    do {
      page = rows.after(position, PAGE);
      position = tell(connection, view, page, position);
      progress.accept(position);
    } while (!page.isEmpty());
    return position;
  }

  /** The view of a name, attached or not. */
  InlineView require(String name) {
    return given.stream()
        .filter(view -> view.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no inline view is called '%s'".formatted(name)));
  }

  /** Replays a view in a transaction of its own, and attaches it again if it was not. */
  long rebuild(Connection connection, InlineView view, Rows rows, LongConsumer progress)
      throws SQLException {
    long position = replay(connection, view, rows, progress);
    connection.commit();
    if (!views.contains(view)) {
      views.add(view);
    }
    return position;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
