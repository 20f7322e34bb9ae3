package dev.stele.core.log;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NodeSource;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TiledNodes;
import dev.stele.core.proof.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads a log and makes proofs of what is in it, without the power to change it.
 *
 * <p>Thread-safe. Reads see whole commits, in order of position, and never wait for the writer.
 * After {@link #close} every call throws {@link dev.stele.core.engine.LogClosed}; a disk or a
 * server that fails throws {@link dev.stele.core.engine.StorageFailed}.
 */
public sealed class LogReader implements AutoCloseable permits EventLog {
  /** How often a reader in another process than the writer looks for new events. */
  private static final Duration POLL = Duration.ofMillis(50);

  final LogEngine engine;
  final LogId log;
  final TiledNodes nodes;
  private final VerifierKey key;
  private final Optional<LogKeys> secrets;

  LogReader(LogEngine engine, LogId log, VerifierKey key, Optional<LogKeys> secrets) {
    this.engine = engine;
    this.log = log;
    this.key = key;
    this.secrets = secrets;
    this.nodes = new TiledNodes(engine, log);
  }

  /**
   * Opens a log to read, also while another process writes it.
   *
   * @param engine where the log is; closed with the reader
   * @param log which of its logs
   * @param key the log's public key
   * @param secrets the log's secrets, without which nothing can be found by claim
   */
  public static LogReader open(
      LogEngine engine, LogId log, VerifierKey key, Optional<LogKeys> secrets) {
    return new LogReader(engine, log, key, secrets);
  }

  /** The log's name in every checkpoint. */
  public final String origin() {
    return key.name();
  }

  /** The log's public key. */
  public final VerifierKey verifierKey() {
    return key;
  }

  /** The position of the first event there is: 1, or what follows a trimmed prefix. */
  public final long firstPosition() {
    List<Row> first = engine.read(log, 0, 1);
    return first.isEmpty() ? 1 : first.getFirst().position();
  }

  /**
   * The last position that reads may give.
   *
   * @throws LogCorrupt when they may give none
   */
  long servedTo() {
    return Long.MAX_VALUE;
  }

  /** Refuses a read that would begin beyond what may be given. */
  void refuseBeyond() {
    throw new IllegalStateException("nothing is withheld from a reader of " + origin());
  }

  /** Where the log ends now. */
  public Head head() {
    return engine.head(log);
  }

  /**
   * Reads events in order of position, beginning after {@code after}.
   *
   * @param limit 1 or more; fewer come at the end of the log or when they are large, but never none
   *     while there is one
   */
  public final List<StoredEvent> read(long after, int limit) {
    return served(engine.read(log, requireAfter(after), requireLimit(limit)));
  }

  /** As {@link #read}, for one stream and counted in its revisions. */
  public final List<StoredEvent> readStream(String stream, long afterRevision, int limit) {
    return served(
        engine.readStream(
            log, streamKey(stream), requireAfter(afterRevision), requireLimit(limit)));
  }

  /** The last revision of a stream, 0 when there is no such stream. */
  public final long lastRevision(String stream) {
    return engine.lastRevision(log, streamKey(stream));
  }

  /** The event at a position, if the log reaches so far. */
  public final Optional<StoredEvent> get(long position) {
    if (position < 1) {
      return Optional.empty();
    }
    return served(engine.read(log, position - 1, 1)).stream()
        .filter(event -> event.position() == position)
        .findFirst();
  }

  /**
   * The position of the last event that made a claim of this scope and key.
   *
   * @throws IllegalStateException when the log was opened without its secrets
   */
  public final OptionalLong find(Claim claim) {
    long position = engine.find(log, indexKey(claim));
    return position == 0 ? OptionalLong.empty() : OptionalLong.of(position);
  }

  /**
   * As {@link #find}, but waits for no append under way: what that brings may be missed. For gates
   * that are spared the work on what is there already; the append itself decides.
   */
  public final OptionalLong probe(Claim claim) {
    long position = engine.probe(log, indexKey(claim));
    return position == 0 ? OptionalLong.empty() : OptionalLong.of(position);
  }

  private IndexKey indexKey(Claim claim) {
    LogKeys known =
        secrets.orElseThrow(
            () ->
                new IllegalStateException(
                    "log %s was opened without its key file, and claims are indexed under it"
                        .formatted(origin())));
    LogKeys.Indexer indexer = known.indexer();
    IndexKey key = indexer.indexKey(claim);
    known.giveBack(indexer);
    return key;
  }

  /** The event with this id, as {@link #find} finds it. */
  public final Optional<StoredEvent> findById(String id) {
    OptionalLong at = find(Claim.ofEventId(id, dev.stele.core.event.OnDuplicate.RETURN_EXISTING));
    return at.isEmpty() ? Optional.empty() : get(at.getAsLong());
  }

  /** The root of the Merkle tree over the first {@code size} events. */
  public final byte[] root(long size) {
    return Merkle.root(requireWithin(size), nodes);
  }

  /** Proves that the event at {@code position} is in the tree of {@code size} events. */
  public final InclusionProof prove(long position, long size) {
    if (position < 1 || position > requireWithin(size)) {
      throw new IllegalArgumentException(
          "position %d is not among the first %d events".formatted(position, size));
    }
    return InclusionProof.build(position - 1, size, nodes);
  }

  /** Proves that the tree of {@code oldSize} events is a beginning of that of {@code newSize}. */
  public final ConsistencyProof consistency(long oldSize, long newSize) {
    return ConsistencyProof.build(oldSize, requireWithin(newSize), nodes);
  }

  /** The nodes of the log's Merkle tree, for exports and proofs of other shapes. */
  public final NodeSource nodes() {
    return nodes;
  }

  /** The last checkpoint the log has signed and kept; never over more than {@link #head} tells. */
  public Optional<SignedCheckpoint> latestCheckpoint() {
    return engine
        .latestCheckpoint(log)
        .flatMap(
            stored ->
                switch (SignedCheckpoint.open(stored.note(), key)) {
                  case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) ->
                      Optional.of(checkpoint);
                  case SignedCheckpoint.Opening.Refused _ -> Optional.empty();
                });
  }

  /** Follows the log from a cursor: what is there, then what comes. */
  public final Subscription subscribe(Cursor from) {
    return new Subscription(this, from, Optional.empty());
  }

  /** As {@link #subscribe(Cursor)}, for the events of one stream; cursors stay positions. */
  public final Subscription subscribe(Cursor from, String stream) {
    return new Subscription(this, from, Optional.of(stream));
  }

  /**
   * Waits until the log has more than {@code size} events, or until the time is up.
   *
   * @return whether it has
   */
  boolean awaitGrowth(long size, Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (head().size() <= size) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      Thread.sleep(Duration.ofNanos(Math.min(left, POLL.toNanos())));
    }
    return true;
  }

  @Override
  public void close() {
    engine.close();
  }

  static IndexKey streamKey(String stream) {
    return IndexKey.ofStream(stream.getBytes(StandardCharsets.UTF_8));
  }

  private List<StoredEvent> served(List<Row> rows) {
    long last = servedTo();
    if (!rows.isEmpty() && rows.getFirst().position() > last) {
      refuseBeyond();
    }
    List<StoredEvent> events = new ArrayList<>(rows.size());
    for (Row row : rows) {
      if (row.position() <= last) {
        events.add(new StoredEvent(row.link(), row.record(), row.body()));
      }
    }
    return events;
  }

  private long requireWithin(long size) {
    long actual = head().size();
    if (size < 0 || size > actual) {
      throw new IllegalArgumentException(
          "log %s has %d events, not %d".formatted(origin(), actual, size));
    }
    return size;
  }

  private static long requireAfter(long after) {
    if (after < 0) {
      throw new IllegalArgumentException("reading starts after 0 or later, not after " + after);
    }
    return after;
  }

  private static int requireLimit(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a limit is 1 or more, not " + limit);
    }
    return limit;
  }
}
