package dev.stele.lmdb;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.ClaimFilter;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Described;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PendingIndex;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.engine.TrimmedPrefix;
import dev.stele.lmdb.Layout.LogEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Logs in one LMDB file.
 *
 * <p>Opened by one process to write ({@link #openWriter}) and by any number to read ({@link
 * #openReader}), also while another one writes or compacts. A commit is one transaction: head
 * check, rows, tiles, checkpoint, and now and then a flush of the indexes. {@code DURABLE} syncs
 * the pages and then the root that leads to them; {@code OS} leaves the root to the system, so that
 * a loss of power takes back that commit, but never an earlier durable one. There is nothing
 * weaker, so {@code MEMORY} is answered with {@code OS}.
 *
 * <p>LMDB writes; the rows, indexes and tiles are read by {@link Snapshot}, so that a damaged file
 * ends in {@link StorageFailed} and not in the end of the process.
 *
 * <p>Thread-safe as {@link LogEngine} says.
 */
public final class LmdbLogEngine
    implements LogEngine, Erasable, Trimmable, Restorable, Compactable, SelfChecking, Described {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.lmdb");

  /** So many waiting entries are replayed in a few milliseconds; more are flushed on closing. */
  private static final int FLUSH_ON_CLOSE_AT = 1_000;

  /** A first guess of what a page of rows needs, so that most pages are not copied again. */
  private static final int BYTES_PER_ROW = 512;

  private static final Head NOTHING = new Head(0, new byte[0]);

  private final LmdbFile file;
  private final boolean writes;
  private final Map<LogId, LogState> logs = new ConcurrentHashMap<>();

  /** Held through each commit: the logs of one file share its one writing transaction. */
  private final ReentrantLock turn = new ReentrantLock();

  /**
   * The last commit that the pending indexes tell of. While a commit is under way, a snapshot may
   * be one ahead of them.
   */
  private volatile long indexedCommit;

  /** Whether the last commit's root was left to the system; guarded by {@link #turn}. */
  private boolean rootIsUnsynced;

  /** Whether the file was let go; guarded by {@link #turn}. */
  private boolean released;

  private volatile boolean closed;

  /** What is known of one log of this file. */
  private static final class LogState {
    final LogId log;
    final int number;
    final PendingIndex pending = new PendingIndex();

    /** The last position in {@link #pending}; guarded by this. */
    long pendingTo;

    /** Up to where the indexes in the file go; guarded by this. */
    long indexedTo;

    /** The newest commit that a reader brought {@link #pending} up to; written under this. */
    volatile @Nullable Snapshot seen;

    /** How often the pending index was emptied. */
    final AtomicLong flushes = new AtomicLong();

    /** Keeps most look-ups of claims from the file; null in a process that only reads. */
    volatile @Nullable ClaimFilter filter;

    /** The fence this writer holds; 0 for a reader, and before it is up in the file. */
    volatile long fence;

    LogState(LogId log, LogEntry entry) {
      this.log = log;
      this.number = entry.number();
      this.indexedTo = entry.indexedTo();
      this.pendingTo = entry.indexedTo();
    }

    byte[] key() {
      return Layout.logKey(log.name());
    }

    /** Begins anew with an empty index at a position. Under the lock of this. */
    void restart(long position) {
      pending.clear();
      indexedTo = position;
      pendingTo = position;
      flushes.incrementAndGet();
    }
  }

  private LmdbLogEngine(LmdbFile file, boolean writes) {
    this.file = file;
    this.writes = writes;
  }

  /**
   * What LMDB calls its version; loads its library.
   *
   * @throws StorageFailed when there is none for this system
   */
  public static String libraryVersion() {
    return Lmdb.version();
  }

  /** Tells whether there is a log's file to open. */
  public static boolean exists(Path file) {
    return Files.exists(file);
  }

  /** Opens a file to write, making it where it is not there, with the usual bounds. */
  public static LmdbLogEngine openWriter(Path file) {
    return openWriter(file, LmdbOptions.DEFAULT);
  }

  /**
   * Opens a file to write, making it where it is not there.
   *
   * @param file its folder must exist
   * @param options count for the first engine of a process that opens the file
   * @throws StorageFailed when another process writes it, or it cannot be made or read
   */
  public static LmdbLogEngine openWriter(Path file, LmdbOptions options) {
    LmdbFile opened = LmdbFile.open(file, Purpose.LOG, options, true);
    try {
      opened.prepareToWrite();
      return new LmdbLogEngine(opened, true);
    } catch (RuntimeException e) {
      opened.releaseWriter();
      opened.close();
      throw e;
    }
  }

  /**
   * Opens a file to read, also while another process writes it.
   *
   * @throws StorageFailed when it is not there, or is not a log's
   */
  public static LmdbLogEngine openReader(Path file) {
    LmdbFile opened = LmdbFile.open(file, Purpose.LOG, LmdbOptions.DEFAULT, false);
    try {
      return opened.read(
          "open",
          snapshot -> {
            if (snapshot.isEmpty()) {
              throw Purpose.LOG.missing(file);
            }
            Purpose.LOG.requireVersion(snapshot, file);
            return new LmdbLogEngine(opened, false);
          });
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public Durability strongest() {
    return Durability.DURABLE;
  }

  /** Its databases, which are ordered keys; two of them are indexes. */
  @Override
  public List<String> tables() {
    return Stream.of(Database.META, Database.ROWS, Database.TILES, Database.CHECKPOINTS)
        .map(Database::title)
        .toList();
  }

  @Override
  public List<String> indexes() {
    return Stream.of(Database.CLAIMS, Database.STREAMS).map(Database::title).toList();
  }

  // ---- writing ----

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    return commit(log, expected, batch, durability, (_, _) -> {});
  }

  @Override
  public CommitResult commitErasing(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
    return commit(
        log,
        expected,
        batch,
        durability,
        (changes, state) -> {
          for (PositionRange range : erased) {
            erase(changes, state.number, range);
          }
        });
  }

  @Override
  public CommitResult commitTrimming(
      LogId log, Head expected, Batch batch, long upTo, Durability durability) {
    if (upTo >= expected.size()) {
      throw new IllegalArgumentException(
          "trimming up to %d leaves nothing of %d events".formatted(upTo, expected.size()));
    }
    return commit(log, expected, batch, durability, new Trimming(upTo));
  }

  @Override
  public CommitResult commitBehind(
      LogId log, TrimmedPrefix prefix, Batch batch, Durability durability) {
    return commit(log, new Head(0, new byte[0]), batch, durability, new Beginning(prefix));
  }

  /** What a commit drops beside what it adds; or, of a log that begins, what stays of others. */
  private interface Dropping {
    void run(Environment.Changes changes, LogState state) throws LmdbFailure;

    /** What the batch follows. */
    default Head continued(Head expected) {
      return expected;
    }

    /** Whether the indexes must be in the file to be changed there. */
    default boolean needsIndexes() {
      return false;
    }
  }

  private record Beginning(TrimmedPrefix prefix) implements Dropping {
    @Override
    public void run(Environment.Changes changes, LogState state) throws LmdbFailure {
      for (Tile tile : prefix.tiles()) {
        changes.put(
            Database.TILES,
            Layout.tileKey(state.number, tile.level(), tile.index()),
            tile.hashes());
      }
      flush(changes, state, prefix.claims(), prefix.streams(), prefix.head().size());
    }

    @Override
    public Head continued(Head expected) {
      return prefix.head();
    }
  }

  private record Trimming(long upTo) implements Dropping {
    @Override
    public void run(Environment.Changes changes, LogState state) throws LmdbFailure {
      trim(changes, state.number, upTo);
    }

    @Override
    public boolean needsIndexes() {
      return true;
    }
  }

  private CommitResult commit(
      LogId log, Head expected, Batch batch, Durability durability, Dropping dropping) {
    if (!writes) {
      throw new IllegalStateException("%s was opened to read only".formatted(file.path()));
    }
    turn.lock();
    try {
      requireOpen();
      return commit(writingState(log), expected, batch, durability, dropping);
    } finally {
      turn.unlock();
    }
  }

  private CommitResult commit(
      LogState state, Head expected, Batch batch, Durability durability, Dropping dropping) {
    boolean durable = durability == Durability.DURABLE;
    Head continued = dropping.continued(expected);
    boolean begins = continued.size() != expected.size();
    boolean flush =
        state.pending.size() > 0
            && (dropping.needsIndexes() || state.pending.size() >= PendingIndex.FLUSH_AT);
    // Sorted before the transaction begins, in which nothing may wait for a reader's monitor.
    List<IndexEntry> claims = flush ? state.pending.sortedClaims() : List.of();
    List<IndexEntry> streams = flush ? state.pending.sortedStreams() : List.of();
    long flushedTo = pendingTo(state);
    var outcome =
        new Object() {
          @Nullable CommitResult refused;
          long commit;
        };
    boolean committed =
        file.write(
            "append to",
            durable,
            changes -> {
              outcome.refused = checkHead(changes.before(), state, expected);
              if (outcome.refused != null) {
                return false;
              }
              outcome.commit = changes.before().transaction() + 1;
              batch.requireContinues(continued);
              if (flush) {
                flush(changes, state, claims, streams, flushedTo);
              }
              dropping.run(changes, state);
              insert(changes, state.number, batch);
              return true;
            });
    CommitResult refused = outcome.refused;
    if (!committed && refused != null) {
      return refused;
    }
    rootIsUnsynced = !durable;
    synchronized (state) {
      if (flush) {
        ClaimFilter filter = state.filter;
        if (filter != null) {
          filter.flushed(claims);
        }
        state.restart(flushedTo);
      } else if (begins) {
        state.restart(continued.size());
      }
      state.pending.add(batch.rows());
      state.pendingTo = continued.size() + batch.rows().size();
    }
    indexedCommit = outcome.commit;
    if (begins) {
      // It was made when the file had no claims.
      state.filter =
          new ClaimFilter(continued.size(), sink -> scanClaims(state.log, whileOpen(sink)));
    }
    return new CommitResult.Committed(durable ? Durability.DURABLE : Durability.OS);
  }

  private static long pendingTo(LogState state) {
    synchronized (state) {
      return state.pendingTo;
    }
  }

  private static @Nullable CommitResult checkHead(Snapshot before, LogState state, Head expected) {
    LogEntry entry = entry(before, state.log).orElse(null);
    long fence = entry == null ? 0 : entry.fence();
    if (fence != state.fence) {
      return new CommitResult.Fenced(
          "fence %d is up, this writer holds %d".formatted(fence, state.fence));
    }
    Head head = headOf(before, state.number);
    boolean same =
        head.size() == expected.size()
            && (head.size() == 0 || Arrays.equals(head.link(), expected.link()));
    return same ? null : new CommitResult.HeadMoved(head);
  }

  private static void insert(Environment.Changes changes, int log, Batch batch) throws LmdbFailure {
    TreeCursor last = changes.before().cursor(Database.ROWS);
    // Keys of later logs come after those of this one, and then its pages are split in the middle.
    boolean atEnd =
        !last.seekBefore(Layout.logPrefix(-1))
            || last.key().length != Layout.ROW_KEY
            || Integer.compareUnsigned((int) (last.keyLong(0) >>> 32), log) <= 0;
    for (Row row : batch.rows()) {
      byte[] key = Layout.rowKey(log, row.position());
      if (atEnd) {
        changes.append(Database.ROWS, key, RowPage.encode(row));
      } else {
        changes.put(Database.ROWS, key, RowPage.encode(row));
      }
    }
    for (Tile tile : batch.tiles()) {
      changes.put(Database.TILES, Layout.tileKey(log, tile.level(), tile.index()), tile.hashes());
    }
    StoredCheckpoint checkpoint = batch.checkpoint();
    if (checkpoint != null) {
      changes.put(
          Database.CHECKPOINTS, Layout.checkpointKey(log, checkpoint.size()), checkpoint.note());
    }
  }

  /** Writes the pending index down in order, and how far it goes. */
  private static void flush(
      Environment.Changes changes,
      LogState state,
      Iterable<IndexEntry> claims,
      Iterable<IndexEntry> streams,
      long flushedTo)
      throws LmdbFailure {
    for (IndexEntry entry : claims) {
      changes.put(
          Database.CLAIMS,
          Layout.indexKey(state.number, entry.key(), entry.position()),
          new byte[0]);
    }
    for (IndexEntry entry : streams) {
      changes.put(
          Database.STREAMS,
          Layout.indexKey(state.number, entry.key(), entry.revision()),
          Layout.positionValue(entry.position()));
    }
    changes.put(
        Database.META,
        state.key(),
        new LogEntry(state.number, flushedTo, state.fence).encode(state.key()));
  }

  private static void erase(Environment.Changes changes, int log, PositionRange range)
      throws LmdbFailure {
    Rows rows = new Rows(changes.before(), log, range.first() - 1);
    while (rows.next() && rows.position() <= range.last()) {
      byte[] row = rows.bytes();
      if (RowPage.decode(rows.position(), row).body() != null) {
        changes.put(Database.ROWS, Layout.rowKey(log, rows.position()), RowPage.withoutBody(row));
      }
    }
  }

  private static void trim(Environment.Changes changes, int log, long upTo) throws LmdbFailure {
    Rows rows = new Rows(changes.before(), log, 0);
    while (rows.next() && rows.position() <= upTo) {
      for (IndexKey key : rows.row().expiringKeys()) {
        changes.delete(Database.CLAIMS, Layout.indexKey(log, key, rows.position()));
      }
      changes.delete(Database.ROWS, Layout.rowKey(log, rows.position()));
    }
  }

  /** The log to append to, made where it is not there, with the fence taken. */
  private LogState writingState(LogId log) {
    LogState known = logs.get(log);
    if (known != null && known.fence != 0) {
      return known;
    }
    byte[] key = Layout.logKey(log.name());
    var taken =
        new Object() {
          @Nullable LogEntry entry;
        };
    var _ =
        file.write(
            "take over",
            true,
            changes -> {
              LogEntry before =
                  entry(changes.before(), log)
                      .orElseGet(() -> new LogEntry(logCount(changes.before()), 0, 0));
              LogEntry after =
                  new LogEntry(before.number(), before.indexedTo(), before.fence() + 1);
              changes.put(Database.META, key, after.encode(key));
              taken.entry = after;
              return true;
            });
    LogEntry entry = taken.entry;
    if (entry == null) {
      throw new IllegalStateException("a transaction that always commits did not");
    }
    return reading(
        "read",
        snapshot -> {
          LogState state = logs.getOrDefault(log, new LogState(log, entry));
          synchronized (state) {
            state.restart(entry.indexedTo());
            replay(snapshot, state);
          }
          state.fence = entry.fence();
          state.filter =
              new ClaimFilter(entry.indexedTo(), sink -> scanClaims(log, whileOpen(sink)));
          logs.put(log, state);
          indexedCommit = snapshot.transaction();
          return state;
        });
  }

  private static int logCount(Snapshot in) {
    TreeCursor entries = in.cursor(Database.META);
    int count = 0;
    for (boolean more = entries.seek(Layout.LOG_PREFIX);
        more && entries.keyBeginsWith(Layout.LOG_PREFIX);
        more = entries.next()) {
      count++;
    }
    return count;
  }

  // ---- reading ----

  /** Rows of one log in order of position. */
  private static final class Rows {
    private final int log;
    private final TreeCursor cursor;
    private boolean begun;
    private boolean there;

    Rows(Snapshot in, int log, long after) {
      this.log = log;
      this.cursor = in.cursor(Database.ROWS);
      this.there = cursor.seek(Layout.rowKey(log, after == Long.MAX_VALUE ? after : after + 1));
    }

    boolean next() {
      if (begun) {
        there = cursor.next();
      }
      begun = true;
      if (!there || (int) (cursor.keyLong(0) >>> 32) != log) {
        there = false;
        return false;
      }
      if (cursor.keyLength() != Layout.ROW_KEY) {
        throw StorageFailed.damaged("the key of a row has %d bytes".formatted(cursor.keyLength()));
      }
      return true;
    }

    long position() {
      return cursor.keyLong(4);
    }

    byte[] bytes() {
      return cursor.value();
    }

    Row row() {
      return RowPage.decode(position(), bytes());
    }
  }

  @Override
  public Head head(LogId log) {
    return reading(
        "find the end of", log, NOTHING, (snapshot, state) -> headOf(snapshot, state.number));
  }

  private static Head headOf(Snapshot in, int log) {
    TreeCursor last = in.cursor(Database.ROWS);
    if (!last.seekBefore(Layout.logPrefix(log + 1)) || !last.keyBeginsWith(Layout.logPrefix(log))) {
      return NOTHING;
    }
    Row row = RowPage.decode(last.keyLong(4), last.value());
    return new Head(row.position(), row.link());
  }

  @Override
  public List<Row> read(LogId log, long after, int limit) {
    return reading(
        "read",
        log,
        List.of(),
        (snapshot, state) -> {
          List<Row> read = new ArrayList<>(Math.min(limit, 1_024));
          Rows rows = new Rows(snapshot, state.number, after);
          long bytes = 0;
          while (read.size() < limit && bytes <= MAX_READ_BYTES && rows.next()) {
            Row row = rows.row();
            read.add(row);
            bytes += row.sizeBytes();
          }
          return read;
        });
  }

  @Override
  public RowPage readPage(LogId log, long after, int limit) {
    return reading(
        "read",
        log,
        new RowPage(0, new byte[0], 0),
        (snapshot, state) -> readPage(new Rows(snapshot, state.number, after), limit));
  }

  private static RowPage readPage(Rows rows, int limit) {
    long guess = (long) limit * BYTES_PER_ROW;
    byte[] bytes = new byte[(int) Math.min(guess, MAX_READ_BYTES)];
    int length = 0;
    long first = 0;
    for (int count = 0; count < limit && length <= MAX_READ_BYTES && rows.next(); count++) {
      long position = rows.position();
      if (count == 0) {
        first = position;
      } else if (position != first + count) {
        break;
      }
      int rowLength = rows.cursor.valueLength();
      long needed = (long) length + rowLength;
      if (needed > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.toIntExact(Math.max(needed, 2L * bytes.length)));
      }
      rows.cursor.copyValue(bytes, length);
      length += rowLength;
    }
    return new RowPage(first, bytes, length);
  }

  @Override
  public List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit) {
    return lookUp(
        "read a stream of",
        log,
        List.of(),
        (snapshot, state) -> {
          List<Row> read = new ArrayList<>();
          TreeCursor row = snapshot.cursor(Database.ROWS);
          long bytes = 0;
          List<Long> positions = streamPositions(snapshot, state, stream, afterRevision, limit);
          if (!positions.isEmpty()
              && !row.find(Layout.rowKey(state.number, positions.getFirst()))) {
            long after = beforeFirstKept(snapshot, state, stream, afterRevision);
            positions = streamPositions(snapshot, state, stream, after, limit);
          }
          for (long position : positions) {
            if (row.find(Layout.rowKey(state.number, position))) {
              Row found = RowPage.decode(position, row.value());
              read.add(found);
              bytes += found.sizeBytes();
            }
            if (bytes > MAX_READ_BYTES) {
              break;
            }
          }
          return read;
        });
  }

  /** The last revision of a stream whose event was trimmed; places in a stream only ever grow. */
  private static long beforeFirstKept(
      Snapshot in, LogState state, IndexKey stream, long afterRevision) {
    Rows rows = new Rows(in, state.number, 0);
    long firstKept = rows.next() ? rows.position() : 1;
    long trimmed = afterRevision;
    long beyond = lastRevision(in, state, stream) + 1;
    while (beyond - trimmed > 1) {
      long middle = (trimmed + beyond) >>> 1;
      List<Long> at = streamPositions(in, state, stream, middle - 1, 1);
      if (!at.isEmpty() && at.getFirst() < firstKept) {
        trimmed = middle;
      } else {
        beyond = middle;
      }
    }
    return trimmed;
  }

  private static List<Long> streamPositions(
      Snapshot in, LogState state, IndexKey stream, long after, int limit) {
    List<Long> positions = new ArrayList<>();
    long revision = after;
    if (after < Long.MAX_VALUE) {
      Index index = new Index(in, Database.STREAMS, state.number);
      boolean more = index.seek(stream, after + 1);
      while (more && positions.size() < limit && index.key().equals(stream)) {
        positions.add(index.entry().position());
        revision = index.number();
        more = index.next();
      }
      positions.addAll(state.pending.positions(stream, revision + 1, limit - positions.size()));
    }
    return positions;
  }

  @Override
  public long lastRevision(LogId log, IndexKey stream) {
    return lookUp(
        "find a stream of", log, 0L, (snapshot, state) -> lastRevision(snapshot, state, stream));
  }

  private static long lastRevision(Snapshot in, LogState state, IndexKey stream) {
    long pending = state.pending.lastRevision(stream);
    return pending > 0 ? pending : new Index(in, Database.STREAMS, state.number).last(stream);
  }

  @Override
  public long find(LogId log, IndexKey claim) {
    return lookUp(
        "find a claim of",
        log,
        0L,
        (snapshot, state) -> {
          long pending = state.pending.find(claim);
          ClaimFilter filter = state.filter;
          boolean denied = filter != null && !filter.mayHold(claim);
          return pending > 0 || denied
              ? pending
              : new Index(snapshot, Database.CLAIMS, state.number).last(claim);
        });
  }

  /** The flushed entries of one index of one log. */
  private static final class Index {
    private final Database database;
    private final int log;
    private final TreeCursor cursor;

    Index(Snapshot in, Database database, int log) {
      this.database = database;
      this.log = log;
      this.cursor = in.cursor(database);
    }

    boolean seek(IndexKey key, long number) {
      return cursor.seek(Layout.indexKey(log, key, number)) && isOfLog();
    }

    boolean first() {
      return cursor.seek(Layout.logPrefix(log)) && isOfLog();
    }

    boolean next() {
      return cursor.next() && isOfLog();
    }

    /** The largest number under a key, 0 when there is none. */
    long last(IndexKey key) {
      boolean found = cursor.seekBefore(Layout.indexKey(log, key, -1)) && isOfLog();
      return found && key().equals(key) ? number() : 0;
    }

    private boolean isOfLog() {
      if (cursor.keyLength() != Layout.INDEX_KEY) {
        throw StorageFailed.damaged(
            "a key of %s has %d bytes".formatted(database.title(), cursor.keyLength()));
      }
      return (int) (cursor.keyLong(0) >>> 32) == log;
    }

    IndexKey key() {
      return new IndexKey(cursor.keyLong(4), cursor.keyLong(12));
    }

    long number() {
      return cursor.keyLong(20);
    }

    IndexEntry entry() {
      if (database == Database.CLAIMS) {
        return new IndexEntry(key(), 0, number());
      }
      byte[] value = cursor.value();
      if (value.length != Long.BYTES) {
        throw StorageFailed.damaged("a place in a stream has %d bytes".formatted(value.length));
      }
      return new IndexEntry(key(), number(), ByteBuffer.wrap(value).getLong());
    }
  }

  @Override
  public Optional<Tile> tile(LogId log, int level, long index) {
    return reading(
        "read a tile of",
        log,
        Optional.empty(),
        (snapshot, state) -> {
          TreeCursor tile = snapshot.cursor(Database.TILES);
          return tile.find(Layout.tileKey(state.number, level, index))
              ? Optional.of(new Tile(level, index, tile.value()))
              : Optional.empty();
        });
  }

  @Override
  public List<StoredCheckpoint> checkpoints(LogId log, long fromSize, int limit) {
    return reading(
        "read the checkpoints of",
        log,
        List.of(),
        (snapshot, state) -> {
          List<StoredCheckpoint> checkpoints = new ArrayList<>();
          TreeCursor cursor = snapshot.cursor(Database.CHECKPOINTS);
          byte[] prefix = Layout.logPrefix(state.number);
          boolean more = cursor.seek(Layout.checkpointKey(state.number, Math.max(0, fromSize)));
          while (more && checkpoints.size() < limit && cursor.keyBeginsWith(prefix)) {
            checkpoints.add(new StoredCheckpoint(cursor.keyLong(4), cursor.value()));
            more = cursor.next();
          }
          return checkpoints;
        });
  }

  @Override
  public Optional<StoredCheckpoint> latestCheckpoint(LogId log) {
    return reading(
        "read the checkpoint of",
        log,
        Optional.empty(),
        (snapshot, state) -> {
          TreeCursor last = snapshot.cursor(Database.CHECKPOINTS);
          return last.seekBefore(Layout.logPrefix(state.number + 1))
                  && last.keyBeginsWith(Layout.logPrefix(state.number))
              ? Optional.of(new StoredCheckpoint(last.keyLong(4), last.value()))
              : Optional.empty();
        });
  }

  // ---- the whole index ----

  @Override
  public long scanClaims(LogId log, Consumer<IndexEntry> sink) {
    return scan(log, Database.CLAIMS, PendingIndex::sortedClaims, sink);
  }

  @Override
  public long scanStreams(LogId log, Consumer<IndexEntry> sink) {
    return scan(log, Database.STREAMS, PendingIndex::sortedStreams, sink);
  }

  /** Ends a scan in the background once the engine is closed. */
  private Consumer<IndexEntry> whileOpen(Consumer<IndexEntry> sink) {
    return entry -> {
      if (closed) {
        throw new LogClosed("this LMDB engine was closed");
      }
      sink.accept(entry);
    };
  }

  private interface PendingEntries {
    List<IndexEntry> of(PendingIndex pending);
  }

  /** What waits to be flushed, as of a moment at which the file was flushed up to a position. */
  private record Waiting(List<IndexEntry> entries, long to) {}

  private long scan(
      LogId log, Database database, PendingEntries entries, Consumer<IndexEntry> sink) {
    return again(
        "audit the index of",
        log,
        0L,
        (snapshot, state) -> {
          Optional<Waiting> waiting = waiting(snapshot, state, entries);
          waiting.ifPresent(
              found -> merge(new Index(snapshot, database, state.number), found, sink));
          return waiting.map(Waiting::to);
        });
  }

  /** Empty when the snapshot is older than the last flush of what it would be merged with. */
  private static Optional<Waiting> waiting(
      Snapshot snapshot, LogState state, PendingEntries entries) {
    synchronized (state) {
      if (state.fence == 0 && !catchUp(snapshot, state)) {
        return Optional.empty();
      }
      long flushedTo = entry(snapshot, state.log).map(LogEntry::indexedTo).orElse(0L);
      if (flushedTo < state.indexedTo) {
        return Optional.empty();
      }
      // A flush may be in the file already and still be in memory; each entry is given once.
      List<IndexEntry> left =
          entries.of(state.pending).stream().filter(entry -> entry.position() > flushedTo).toList();
      return Optional.of(new Waiting(left, Math.max(flushedTo, state.pendingTo)));
    }
  }

  /** Merges what is flushed with what is pending. */
  private static void merge(Index flushed, Waiting waiting, Consumer<IndexEntry> sink) {
    Iterator<IndexEntry> later = waiting.entries().iterator();
    @Nullable IndexEntry next = later.hasNext() ? later.next() : null;
    for (boolean more = flushed.first(); more; more = flushed.next()) {
      IndexEntry entry = flushed.entry();
      while (next != null && next.key().compareTo(entry.key()) < 0) {
        sink.accept(next);
        next = later.hasNext() ? later.next() : null;
      }
      sink.accept(entry);
    }
    while (next != null) {
      sink.accept(next);
      next = later.hasNext() ? later.next() : null;
    }
  }

  // ---- logs of the file ----

  private static Optional<LogEntry> entry(Snapshot in, LogId log) {
    byte[] key = Layout.logKey(log.name());
    TreeCursor entry = in.cursor(Database.META);
    return entry.find(key) ? Optional.of(LogEntry.decode(key, entry.value())) : Optional.empty();
  }

  /** What is known of a log, reading it from the file once; empty when there is no such log. */
  private Optional<LogState> state(Snapshot in, LogId log) {
    LogState known = logs.get(log);
    if (known != null) {
      return Optional.of(known);
    }
    return entry(in, log)
        .map(
            entry -> {
              LogState state = new LogState(log, entry);
              LogState earlier = logs.putIfAbsent(log, state);
              return earlier == null ? state : earlier;
            });
  }

  /**
   * Brings a log's pending index up to a snapshot: on the first use, and in a process that reads
   * what another writes. The writer itself keeps it up in each commit. Under the lock of the state.
   *
   * @return false when the index is of a later moment already
   */
  private static boolean catchUp(Snapshot snapshot, LogState state) {
    Snapshot seen = state.seen;
    if (seen != null && seen.isOfSameMoment(snapshot)) {
      return true;
    }
    if (seen != null && seen.isAfter(snapshot)) {
      return false;
    }
    long indexedTo = entry(snapshot, state.log).map(LogEntry::indexedTo).orElse(0L);
    if (indexedTo != state.indexedTo) {
      state.restart(indexedTo);
    }
    replay(snapshot, state);
    state.seen = snapshot;
    return true;
  }

  private static boolean isCaughtUp(Snapshot snapshot, LogState state) {
    Snapshot seen = state.seen;
    if (seen != null && seen.isOfSameMoment(snapshot)) {
      return true;
    }
    synchronized (state) {
      return catchUp(snapshot, state);
    }
  }

  private static void replay(Snapshot snapshot, LogState state) {
    Rows rows = new Rows(snapshot, state.number, state.pendingTo);
    while (rows.next()) {
      Row row = rows.row();
      try {
        state.pending.add(List.of(row));
      } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
        throw StorageFailed.damaged("event %d cannot be indexed".formatted(row.position()), e);
      }
      state.pendingTo = row.position();
    }
  }

  private interface LogReading<T> {
    T run(Snapshot snapshot, LogState state);
  }

  /** Reads of one log; {@code none} is the answer where the file has no such log. */
  private <T> T reading(String what, LogId log, T none, LogReading<T> reading) {
    return reading(
        what,
        snapshot -> {
          Optional<LogState> state = state(snapshot, log);
          return state.isEmpty() ? none : reading.run(snapshot, state.get());
        });
  }

  private <T> T reading(String what, Environment.Reading<T> reading) {
    requireOpen();
    return file.read(what, reading);
  }

  /** Reads again until there is an answer. */
  private <T> T again(String what, LogId log, T none, LogReading<Optional<T>> reading) {
    while (true) {
      Optional<T> found = reading(what, log, Optional.of(none), reading);
      if (found.isPresent()) {
        return found.get();
      }
    }
  }

  /**
   * Looks into the file and into what is pending as of one moment. Only a flush moves entries from
   * one to the other, seldom, and then the look-up is made again.
   */
  private <T> T lookUp(String what, LogId log, T none, LogReading<T> lookup) {
    while (true) {
      // Before the snapshot is taken: a flush after that is in neither of the two.
      LogState known = logs.get(log);
      long flushes = known == null ? 0 : known.flushes.get();
      Optional<T> found =
          reading(
              what,
              log,
              Optional.of(none),
              (snapshot, state) -> {
                if (state.fence == 0 && !isCaughtUp(snapshot, state)) {
                  return Optional.empty();
                }
                if (snapshot.transaction() > indexedCommit && turn.isLocked()) {
                  // The rows of a batch are there, and its index entries will be in a moment.
                  return Optional.empty();
                }
                T answer = lookup.run(snapshot, state);
                return known == state && flushes == state.flushes.get()
                    ? Optional.of(answer)
                    : Optional.empty();
              });
      if (found.isPresent()) {
        return found.get();
      }
      Thread.onSpinWait();
    }
  }

  // ---- the file ----

  @Override
  public Optional<String> selfCheck() {
    return reading("check", snapshot -> new Structure(snapshot).check());
  }

  @Override
  public Compacted compact() {
    if (!writes) {
      throw new IllegalStateException("%s was opened to read only".formatted(file.path()));
    }
    turn.lock();
    try {
      requireOpen();
      Optional<String> wrong = selfCheck();
      if (wrong.isPresent()) {
        throw StorageFailed.damaged(
            "%s is not compacted, because it is damaged: %s".formatted(file.path(), wrong.get()));
      }
      long before = reading("compact", Snapshot::sizeBytes);
      file.replace(
          this::copyInto,
          changes -> {
            changes.put(Database.META, Layout.BEING_REPLACED, new byte[0]);
            return true;
          });
      return reading(
          "compact",
          snapshot -> {
            indexedCommit = snapshot.transaction();
            return new Compacted(before, snapshot.sizeBytes());
          });
    } finally {
      turn.unlock();
    }
  }

  /**
   * Copies every entry in order of its key. LMDB's own copy takes pages as they are, with what is
   * left of dropped entries between their nodes; here only what is still an entry goes over.
   */
  private void copyInto(Environment target) throws IOException, LmdbFailure {
    target.prepareToWrite();
    var _ =
        reading(
            "compact",
            snapshot -> {
              for (Database database : Purpose.LOG.databases()) {
                EntryCopy.into(target, snapshot.cursor(database), database, _ -> true);
              }
              return true;
            });
    target.dropSparePages();
  }

  @Override
  public void close() {
    // A commit under way is waited for; the next one is refused.
    closed = true;
    turn.lock();
    try {
      if (released) {
        return;
      }
      released = true;
      try {
        if (writes) {
          flushOnClose();
        }
      } finally {
        if (writes) {
          file.releaseWriter();
        }
        file.close();
      }
    } finally {
      turn.unlock();
    }
  }

  /** Leaves little to replay, and nothing to the system. */
  private void flushOnClose() {
    for (LogState state : logs.values()) {
      boolean flush = state.fence != 0 && state.pending.size() > FLUSH_ON_CLOSE_AT;
      if (state.fence == 0 || (!flush && !rootIsUnsynced)) {
        continue;
      }
      List<IndexEntry> claims = flush ? state.pending.sortedClaims() : List.of();
      List<IndexEntry> streams = flush ? state.pending.sortedStreams() : List.of();
      long flushedTo = flush ? pendingTo(state) : indexedTo(state);
      boolean done =
          file.write(
              "close",
              true,
              changes -> {
                Optional<LogEntry> entry = entry(changes.before(), state.log);
                boolean fenced = entry.isEmpty() || entry.get().fence() != state.fence;
                if (!fenced) {
                  flush(changes, state, claims, streams, flushedTo);
                }
                return !fenced;
              });
      if (!done) {
        LOGGER.log(
            System.Logger.Level.WARNING,
            "event=fenced-on-close log=" + state.log + " file=" + file.path());
      }
      rootIsUnsynced = false;
    }
  }

  private static long indexedTo(LogState state) {
    synchronized (state) {
      return state.indexedTo;
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("%s was closed; open it again".formatted(file.path()));
    }
  }
}
