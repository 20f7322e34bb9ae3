package dev.stele.sqlite;

import dev.stele.core.engine.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A table that retells one log and moves in the log's own transaction, with its sync.
 *
 * <p>It is derived: when it is new, or its version is, it is emptied and replayed from the log.
 * When it fails it is detached and its changes undone; the append goes on without it, and the
 * failure is logged.
 */
public interface InlineView {
  /** The view's name in {@code log_views}. */
  String name();

  /** Counts from 1 and changes with what the view would write for the same events. */
  int version();

  /** Makes the view's tables if they are not there. */
  void create(Connection connection) throws SQLException;

  /** Empties the view's tables. */
  void reset(Connection connection) throws SQLException;

  /** Retells rows, in order of position and each once. */
  void apply(Connection connection, List<Row> rows) throws SQLException;

  /**
   * Forgets whatever was told of rows that have lost their bodies, in the transaction that drops
   * them.
   *
   * @param bare the rows as they are now
   * @return whether it is done; otherwise the view is emptied and replayed from the log
   */
  default boolean forget(Connection connection, List<Row> bare) throws SQLException {
    return false;
  }
}
