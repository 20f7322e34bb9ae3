package dev.stele.core.engine;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps the rows of one or more logs and finds them again: the SPI of a storage engine. What only
 * some engines can do is an interface of its own: {@link Erasable}, {@link Trimmable}, {@link
 * Restorable}, {@link Compactable}, {@link SelfChecking}, {@link SharedEngine}.
 *
 * <p>One process writes to a log at a time, but for a {@link SharedEngine}; {@link #commit} is
 * called by one thread at a time for each log. Everything else is thread-safe and may run while a
 * commit does; it sees either all of a batch or none of it.
 *
 * <p>An engine that was closed throws {@link LogClosed}; one whose disk or server fails throws
 * {@link StorageFailed}, and after that from {@code commit} the batch may or may not be there: the
 * caller asks {@link #head} again.
 */
public interface LogEngine extends AutoCloseable {
  /** The most bytes one {@link #read} gathers, so that a reader's memory has a bound. */
  long MAX_READ_BYTES = 4L * 1024 * 1024;

  /** The strongest level that {@link #commit} can honour. */
  Durability strongest();

  /**
   * The end of the log. The size is the number of committed events; the link is empty for a log
   * without any.
   */
  Head head(LogId log);

  /**
   * Adds a batch if the log still ends at {@code expected}: all or nothing, and on return as
   * durable as asked for, or as {@link #strongest} allows. Indexes of claims and streams include
   * the batch on return.
   */
  CommitResult commit(LogId log, Head expected, Batch batch, Durability durability);

  /**
   * Reads rows in order of position, beginning after {@code after}; where the first rows were
   * trimmed, with the first there is.
   *
   * @param limit at most so many rows; fewer come at the log's end, or when more than {@link
   *     #MAX_READ_BYTES} have been gathered, but never none while there is one
   */
  List<Row> read(LogId log, long after, int limit);

  /**
   * As {@link #read}, as one run of bytes: for whoever goes through a whole log. The positions of a
   * page have no gap; a page ends before one.
   */
  default RowPage readPage(LogId log, long after, int limit) {
    List<Row> rows = read(log, after, limit);
    int contiguous = 0;
    while (contiguous < rows.size()
        && rows.get(contiguous).position() == rows.getFirst().position() + contiguous) {
      contiguous++;
    }
    return RowPage.of(rows.subList(0, contiguous));
  }

  /**
   * As {@link #read}, for the rows of one stream after a revision of that stream; where those were
   * trimmed, from the first there is.
   */
  List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit);

  /** The last revision of a stream, 0 when there is no such stream. */
  long lastRevision(LogId log, IndexKey stream);

  /** The last position whose event made the claim with this key, 0 when none did. */
  long find(LogId log, IndexKey claim);

  /**
   * As {@link #find}, but waits for no commit under way: what that brings may be missed. For
   * whoever only saves work by knowing.
   */
  default long probe(LogId log, IndexKey claim) {
    return find(log, claim);
  }

  /** A full tile, or empty when the tree is not large enough or the tile was lost. */
  Optional<Tile> tile(LogId log, int level, long index);

  /**
   * The checkpoints with a size of at least {@code fromSize}, smallest first, at most {@code
   * limit}.
   */
  List<StoredCheckpoint> checkpoints(LogId log, long fromSize, int limit);

  /** The checkpoint with the largest size, if there is one. */
  Optional<StoredCheckpoint> latestCheckpoint(LogId log);

  /**
   * Gives every entry of the claim index to {@code sink}, in order of key and then position, as of
   * one moment, in constant memory.
   *
   * @return the last position whose claims are all in what was given
   */
  long scanClaims(LogId log, Consumer<IndexEntry> sink);

  /**
   * Gives every entry of the stream index to {@code sink}, in order of key and then revision, as of
   * one moment, in constant memory.
   *
   * @return the last position whose stream entry is in what was given
   */
  long scanStreams(LogId log, Consumer<IndexEntry> sink);

  /** Releases everything. Idempotent. */
  @Override
  void close();
}
