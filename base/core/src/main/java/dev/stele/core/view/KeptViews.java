package dev.stele.core.view;

import java.time.Duration;
import java.util.List;

/**
 * The views of a log while they are kept up to date, by threads or in the log's own transactions.
 * Thread-safe. A name that no view has is an {@link IllegalArgumentException}.
 */
public interface KeptViews extends AutoCloseable {
  /** Reads a view: rows, and the position they reflect. */
  <T> ViewStore.Answer<T> read(String view, ViewStore.Reading<T> reading);

  /** Waits until the answers of a view reflect a position. */
  Awaited await(String view, long position, Duration timeout) throws InterruptedException;

  /** How far each view is. */
  List<ViewStatus> status();

  /**
   * Lets events gather in the log, for whoever brings many: until the answer is closed, a view that
   * a thread keeps goes on only while somebody awaits a position. Views that move in the log's own
   * transactions, and those of another process, go on as ever.
   */
  Gathering gather();

  /** Events are to gather until this is closed. Thread-safe; closing is idempotent. */
  interface Gathering extends AutoCloseable {
    @Override
    void close();
  }

  /** Lets a view that has failed try again, where it stands. */
  void retry(String view);

  /** Lets a view be built again from the log. */
  void rebuild(String view);

  /**
   * Rewrites the files in which views stand apart from their log, so that none holds a byte of a
   * row that was dropped before the call. Views inside the log's medium go with its compaction.
   */
  void compact();

  /** Stops keeping them. Idempotent. */
  @Override
  void close();
}
