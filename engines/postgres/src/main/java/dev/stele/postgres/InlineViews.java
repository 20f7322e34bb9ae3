package dev.stele.postgres;

import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.Table;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The views that move in the transactions of the log {@code main}.
 *
 * <p>{@code stele_commit} itself moves every view on that stands where the log stood. One that does
 * not was left behind by a process that does not keep it, and catches up in the same transaction.
 * One that fails is detached here, and left behind; its log goes on.
 *
 * <p>Thread-safe: changes come one after the other, by {@link #turn}.
 */
final class InlineViews {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.postgres");

  /** 1,000 events are retold at a time. */
  private static final int PAGE = 1_000;

  /** 256 events: with more of them in a commit, its round trips no longer count. */
  private static final int FEW = 256;

  private static final byte[] RECEIPTS = Receipt.STREAM.getBytes(StandardCharsets.UTF_8);

  /** A view that could not be told what was appended. */
  static final class ViewFailed extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Inline inline;
    private final long position;

    private ViewFailed(Inline inline, long position, Throwable cause) {
      super(cause);
      this.inline = inline;
      this.position = position;
    }

    String view() {
      return inline.view.name();
    }

    String reason() {
      return String.valueOf(getCause());
    }
  }

  /** A view, its tables as the database has them, and whether it moves. */
  private static final class Inline {
    final View view;
    List<TableSql> tables = List.of();

    /** Why it does not move; guarded by the turn for writing. */
    volatile ViewStore.@Nullable Failure failure;

    Inline(View view) {
      this.view = view;
    }

    String definition() {
      return String.join("\n", view.tables().stream().map(Table::toString).toList());
    }
  }

  /** Work in its turn. */
  interface Turn<T> {
    T run() throws SQLException;
  }

  private final String schema;
  private final RowQuery rows;
  private final List<Inline> given = new ArrayList<>();
  private final ReentrantLock turn = new ReentrantLock();

  InlineViews(String schema, List<View> views, RowQuery rows) {
    this.schema = schema;
    this.rows = rows;
    Set<String> names = new HashSet<>();
    for (View view : views) {
      ViewStore.requireNames(view.name(), view.version(), view.tables(), List.of());
      if (!names.add(view.name())) {
        throw new IllegalArgumentException("two views have the name " + view.name());
      }
      for (Table table : view.tables()) {
        if (!names.add("table " + table.name())) {
          throw new IllegalArgumentException("two views have a table " + table.name());
        }
      }
      given.add(new Inline(view));
    }
  }

  boolean isEmpty() {
    return given.isEmpty();
  }

  <T> T alone(Turn<T> work) throws SQLException {
    turn.lock();
    try {
      return work.run();
    } finally {
      turn.unlock();
    }
  }

  // ---- opening ----

  /** Makes the tables, and brings every view up to the end of the log. */
  void attach(Connection connection, int main) throws SQLException {
    connection.setAutoCommit(false);
    for (Inline each : given) {
      prepare(connection, each);
      connection.commit();
      try {
        catchUp(connection, main, each);
      } catch (ViewFailed e) {
        connection.rollback();
        detach(e);
      }
    }
    connection.setAutoCommit(true);
  }

  /** Looks at the tables for who only reads. */
  void look(Connection connection) throws SQLException {
    for (Inline each : given) {
      List<TableSql> tables = new ArrayList<>();
      for (Table table : each.view.tables()) {
        tables.add(TableSql.look(connection, schema, table));
      }
      each.tables = List.copyOf(tables);
    }
  }

  /** Makes the view's tables; empties them where they are of another version. */
  private void prepare(Connection connection, Inline inline) throws SQLException {
    lockDefinitions(connection, schema);
    List<Table> made = new ArrayList<>();
    List<TableSql> tables = new ArrayList<>();
    for (Table table : inline.view.tables()) {
      tables.add(TableSql.ensure(connection, schema, table, made));
    }
    inline.tables = List.copyOf(tables);
    boolean current;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT version, definition FROM "
                + table("stele_views")
                + " WHERE name = ? FOR UPDATE")) {
      select.setString(1, inline.view.name());
      try (ResultSet row = select.executeQuery()) {
        current =
            row.next()
                && row.getInt(1) == inline.view.version()
                && row.getString(2).equals(inline.definition());
      }
    }
    if (!current || !made.isEmpty()) {
      clear(connection, inline);
      note(connection, inline, 0);
    }
  }

  /** One process at a time makes tables of a schema; until the transaction ends. */
  static void lockDefinitions(Connection connection, String schema) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))")) {
      lock.setString(1, "stele tables " + schema);
      lock.execute();
    }
  }

  private String table(String name) {
    return '"' + schema + "\"." + name;
  }

  private void clear(Connection connection, Inline inline) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (TableSql table : inline.tables.reversed()) {
        statement.execute(table.clear());
      }
    }
  }

  private void note(Connection connection, Inline inline, long position) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO "
                + table("stele_views")
                + " (name, version, position, definition) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO"
                + " UPDATE SET version = excluded.version, position = excluded.position,"
                + " definition = excluded.definition")) {
      insert.setString(1, inline.view.name());
      insert.setInt(2, inline.view.version());
      insert.setLong(3, position);
      insert.setString(4, inline.definition());
      insert.executeUpdate();
    }
  }

  /** Where the view stands, locked; empty when its tables hold another version, or nothing. */
  private Optional<Long> position(Connection connection, Inline inline) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT version, position FROM "
                + table("stele_views")
                + " WHERE name = ? FOR UPDATE")) {
      select.setString(1, inline.view.name());
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        if (row.getInt(1) != inline.view.version()) {
          throw new StorageFailed(
              "view %s has version %d here, and another process keeps version %d of it"
                  .formatted(inline.view.name(), inline.view.version(), row.getInt(1)));
        }
        return Optional.of(row.getLong(2));
      }
    }
  }

  /** Retells what the view has not been told, a page in each transaction. */
  private void catchUp(Connection connection, int main, Inline inline)
      throws SQLException, ViewFailed {
    boolean going = true;
    while (going) {
      going = catchUpPage(connection, main, inline);
      connection.commit();
    }
  }

  private boolean catchUpPage(Connection connection, int main, Inline inline)
      throws SQLException, ViewFailed {
    long position;
    try {
      position = position(connection, inline).orElse(-1L);
    } catch (StorageFailed e) {
      throw new ViewFailed(inline, 0, e);
    }
    List<Row> page = position < 0 ? List.of() : rows.after(connection, main, position, PAGE);
    if (position < 0 || missedAnErase(inline, position, page)) {
      replay(connection, main, inline);
      return true;
    }
    if (page.isEmpty()) {
      return false;
    }
    tell(connection, inline, page, position == 0);
    note(connection, inline, page.getLast().position());
    return true;
  }

  /**
   * Whether something that the view has told was erased since. A receipt that a view meets on its
   * way from the beginning is about bodies that never reached it; but a body may also go while the
   * view is on its way, so then too it begins again, in one transaction.
   */
  private static boolean missedAnErase(Inline inline, long position, List<Row> page) {
    return switch (inline.view.forgetting()) {
      case BY_ITSELF -> false;
      case BY_REBUILD ->
          position > 0
              && page.stream()
                  .anyMatch(row -> Arrays.equals(EventRecord.streamBytes(row.record()), RECEIPTS));
    };
  }

  /** Empties a view and tells it everything, in the open transaction, while nobody appends. */
  private void replay(Connection connection, int main, Inline inline)
      throws SQLException, ViewFailed {
    lockHead(connection, main);
    clear(connection, inline);
    long position = 0;
    while (true) {
      List<Row> page = rows.after(connection, main, position, PAGE);
      if (page.isEmpty()) {
        break;
      }
      tell(connection, inline, page, position == 0);
      position = page.getLast().position();
    }
    note(connection, inline, position);
  }

  private void lockHead(Connection connection, int main) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement(
            "SELECT 1 FROM " + table("stele_logs") + " WHERE number = ? FOR UPDATE")) {
      lock.setInt(1, main);
      lock.execute();
    }
  }

  private static void tell(Connection connection, Inline inline, List<Row> page, boolean first)
      throws SQLException, ViewFailed {
    long begins = page.getFirst().position();
    if (first && begins > 1 && inline.view.history() == View.History.WHOLE) {
      throw new ViewFailed(
          inline,
          begins,
          new StorageFailed(
              "the log begins at %d, and view %s cannot be built without what came before"
                  .formatted(begins, inline.view.name())));
    }
    List<StoredEvent> events = events(page);
    SqlTables tables = new SqlTables(connection, "view " + inline.view.name(), inline.tables);
    try {
      inline.view.apply(events, tables);
      tables.flush();
    } catch (SQLException e) {
      throw failed(inline, begins, e, e);
    } catch (RuntimeException e) {
      throw failed(inline, begins, e, e.getCause());
    } finally {
      tables.end();
    }
  }

  /** What the server is to blame for is not the view's failure. */
  private static ViewFailed failed(
      Inline inline, long position, Exception failure, @Nullable Throwable cause)
      throws SQLException {
    if (Connections.isPassing(cause) && cause instanceof SQLException passing) {
      throw passing;
    }
    return new ViewFailed(inline, position, failure);
  }

  // ---- committing ----

  /** The views that are to move with the next commit. */
  List<CommitCall.Moving> moving() {
    return given.stream()
        .filter(each -> each.failure == null)
        .map(each -> new CommitCall.Moving(each.view.name(), each.view.version()))
        .toList();
  }

  /**
   * What all views would write of a commit that is to come; empty when one of them is not moving,
   * or has to look at its tables, or fails: then that is found out in the transaction.
   */
  Optional<List<SqlTables.Write>> gather(Connection connection, List<Row> batch) {
    if (batch.isEmpty() || batch.size() > FEW || batch.getFirst().position() == 1) {
      return Optional.empty();
    }
    List<StoredEvent> events = events(batch);
    List<SqlTables.Write> writes = new ArrayList<>();
    for (Inline each : given) {
      if (each.failure != null) {
        return Optional.empty();
      }
      SqlTables tables = SqlTables.gathering(connection, "view " + each.view.name(), each.tables);
      try {
        each.view.apply(events, tables);
        Optional<List<SqlTables.Write>> gathered = tables.gathered();
        if (gathered.isEmpty()) {
          return Optional.empty();
        }
        writes.addAll(gathered.get());
      } catch (RuntimeException e) {
        LOGGER.log(System.Logger.Level.TRACE, "view {0} is told step by step", each.view.name());
        return Optional.empty();
      } finally {
        tables.end();
      }
    }
    return Optional.of(writes);
  }

  private static List<StoredEvent> events(List<Row> rows) {
    List<StoredEvent> events = new ArrayList<>(rows.size());
    for (Row row : rows) {
      events.add(new StoredEvent(row.link(), row.record(), row.body()));
    }
    return events;
  }

  /** Retells the rows of a commit, in its transaction. */
  void apply(Connection connection, int main, List<Row> batch, Set<String> moved)
      throws SQLException, ViewFailed {
    if (batch.isEmpty()) {
      return;
    }
    for (Inline each : given) {
      if (each.failure != null) {
        continue;
      }
      if (moved.contains(each.view.name())) {
        tell(connection, each, batch, batch.getFirst().position() == 1);
      } else {
        while (catchUpPage(connection, main, each)) {}
      }
    }
  }

  /**
   * Lets every view forget what it told of bodies that have gone in this transaction, and retells
   * the rows of the commit.
   */
  void forget(Connection connection, int main, List<Row> batch, Set<String> moved)
      throws SQLException, ViewFailed {
    for (Inline each : given) {
      if (each.failure != null) {
        // What a detached view told is still in its tables; it begins anew when it is attached.
        clear(connection, each);
        try (PreparedStatement delete =
            connection.prepareStatement(
                "DELETE FROM " + table("stele_views") + " WHERE name = ?")) {
          delete.setString(1, each.view.name());
          delete.executeUpdate();
        }
        continue;
      }
      switch (each.view.forgetting()) {
        case BY_REBUILD -> replay(connection, main, each);
        case BY_ITSELF -> {
          if (moved.contains(each.view.name()) && !batch.isEmpty()) {
            tell(connection, each, batch, false);
          } else {
            while (catchUpPage(connection, main, each)) {}
          }
        }
      }
    }
  }

  /** Leaves a view behind. */
  void detach(ViewFailed failed) {
    failed.inline.failure = new ViewStore.Failure(failed.position, failed.reason());
    LOGGER.log(
        System.Logger.Level.ERROR,
        "event=view-detached view=" + failed.view() + " at=" + failed.position,
        failed.getCause());
  }

  // ---- by hand ----

  /** Lets a detached view go on. */
  void retry(Connection connection, int main, String name) throws SQLException {
    Inline inline = require(name);
    alone(
        () -> {
          connection.setAutoCommit(false);
          try {
            prepare(connection, inline);
            connection.commit();
            catchUp(connection, main, inline);
            inline.failure = null;
          } catch (ViewFailed e) {
            connection.rollback();
            detach(e);
          }
          return name;
        });
  }

  /** Replays a view, and attaches it again if it was not. */
  void rebuild(Connection connection, int main, String name) throws SQLException {
    Inline inline = require(name);
    alone(
        () -> {
          connection.setAutoCommit(false);
          try {
            lockHead(connection, main);
            prepare(connection, inline);
            replay(connection, main, inline);
            connection.commit();
            inline.failure = null;
          } catch (ViewFailed e) {
            connection.rollback();
            throw new StorageFailed("view %s cannot be rebuilt: %s".formatted(name, e.reason()), e);
          }
          return name;
        });
  }

  private Inline require(String name) {
    return given.stream()
        .filter(each -> each.view.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no inline view is called '%s'".formatted(name)));
  }

  // ---- reading ----

  /** How far each view is. */
  List<ViewStatus> status(Connection connection, long logSize) throws SQLException {
    List<ViewStatus> all = new ArrayList<>();
    for (Inline each : given) {
      int version = 0;
      long position = 0;
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT version, position FROM " + table("stele_views") + " WHERE name = ?")) {
        select.setString(1, each.view.name());
        try (ResultSet row = select.executeQuery()) {
          if (row.next()) {
            version = row.getInt(1);
            position = row.getLong(2);
          }
        }
      }
      ViewStore.Failure failure = each.failure;
      ViewState state =
          failure == null
              ? new ViewState.Live()
              : new ViewState.Failed(failure.position(), failure.message());
      all.add(new ViewStatus(each.view.name(), version, position, logSize, state));
    }
    return all;
  }

  /** Reads a view as of one moment. */
  <T> ViewStore.Answer<T> read(Connection connection, String name, ViewStore.Reading<T> reading)
      throws SQLException {
    Inline inline = require(name);
    return snapshot(
        connection,
        // The name is of Table.NAME, so it can stand in the text; one round trip begins and reads.
        "SELECT position FROM " + table("stele_views") + " WHERE name = '" + name + "'",
        first -> {
          if (!first.next()) {
            throw new IllegalArgumentException("no view '%s' is inline here".formatted(name));
          }
          return first.getLong(1);
        },
        position -> {
          SqlTables tables = new SqlTables(connection, "view " + name, inline.tables);
          try {
            return new ViewStore.Answer<>(reading.read(tables), position);
          } finally {
            tables.end();
          }
        });
  }

  /** What the first question of a snapshot gives. */
  interface First<A> {
    A of(ResultSet rows) throws SQLException;
  }

  /** What is read after it. */
  interface Then<A, T> {
    T read(A first) throws SQLException;
  }

  /** Reads in one read-only snapshot, which ends before this returns. */
  static <A, T> T snapshot(Connection connection, String sql, First<A> first, Then<A, T> then)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + sql);
      try {
        statement.getMoreResults();
        A answer;
        try (ResultSet rows = statement.getResultSet()) {
          answer = first.of(rows);
        }
        return then.read(answer);
      } finally {
        if (!connection.isClosed()) {
          try (Statement end = connection.createStatement()) {
            end.execute("ROLLBACK");
          }
        }
      }
    }
  }
}
