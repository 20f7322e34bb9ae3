package dev.stele.sqlite;

import dev.stele.core.engine.ClaimFilter;
import dev.stele.core.engine.PendingIndex;
import org.jspecify.annotations.Nullable;

/** What is known of one log of a file. Fields under a lock say which; the others may be read. */
final class LogState {
  static final int PLACE_SHIFT = 40;
  static final long MAX_POSITION = (1L << PLACE_SHIFT) - 1;

  final int number;

  /** The newest part of both indexes. */
  final PendingIndex pending = new PendingIndex();

  /** The last position in {@link #pending}; guarded by this. */
  long pendingTo;

  /** Up to where the indexes in the file go; guarded by this. */
  long indexedTo;

  /** How often the pending index went into the file; written under the lock of this. */
  volatile long flushes;

  /** Set while rows may be committed whose index entries are not pending yet. */
  volatile boolean committing;

  /** The fence this writer holds; 0 for a reader, and before it is up in the file. */
  volatile long fence;

  /** Keeps most look-ups of claims from the file; null in a process that only reads. */
  volatile @Nullable ClaimFilter filter;

  LogState(int number) {
    this.number = number;
  }

  /** The primary key of a position's row, which makes the rows of one log neighbours. */
  long place(long position) {
    return (long) number << PLACE_SHIFT | position;
  }

  static long position(long place) {
    return place & MAX_POSITION;
  }
}
