package dev.stele.core.proof;

import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.crypto.HmacSha256;
import dev.stele.crypto.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Re-computes a log from its bytes and says whether it is what was written: links, payload hashes,
 * claims, tiles, checkpoints, and by auditors whatever the domains' gates once checked.
 *
 * <pre>
 *   rows in chunks of 1,024 ──► workers: hash, decode, check ──► one merger, in order:
 *                                                               chain, root, checkpoints, faults
 *   then the indexes: the multiset of (key, position) by the rows = that of the index
 * </pre>
 *
 * <p>Shares no code with the writer: records are decoded, links and roots computed by classes of
 * its own. Memory does not depend on the size of the log. The first fault in order of position is
 * reported. Where a record and its successor disagree, the one whose own successor still vouches
 * for it is believed; where the whole rest was re-computed by a forger, the fault is placed after
 * the largest checkpoint that still holds.
 *
 * <p>An instance is configured and used by one thread; the work is spread over {@link #threads}.
 */
public final class Verifier {
  private static final int CHUNK_LEVEL = 10;
  private static final int CHUNK = 1 << CHUNK_LEVEL;
  private static final int TILE_LEVEL = 8;
  private static final int TILE = 1 << TILE_LEVEL;
  private static final int CHECKPOINT_PAGE = 256;

  /** How often a log is gone through that is erased from at the same time. */
  private static final int MAX_ATTEMPTS = 5;

  private final LogEngine engine;
  private final LogId log;
  private final VerifierKey key;
  private Optional<byte[]> anchor = Optional.empty();
  private Optional<String> stranger = Optional.empty();
  private byte @Nullable [] indexKey;
  private Supplier<List<Auditor>> auditorsForARun = List::of;
  private int threads = Runtime.getRuntime().availableProcessors();
  private LongConsumer progress = verified -> {};
  private Optional<Checkpoint> trusted = Optional.empty();
  private boolean checksMedium = true;

  private Verifier(LogEngine engine, LogId log, VerifierKey key) {
    this.engine = engine;
    this.log = log;
    this.key = key;
  }

  /**
   * A verifier of one log.
   *
   * @param engine where its rows are; only read
   * @param log which of the engine's logs
   * @param key the log's public key; its name is the origin the chain begins with
   */
  public static Verifier of(LogEngine engine, LogId log, VerifierKey key) {
    return new Verifier(engine, log, key);
  }

  /** Compares with a signed checkpoint that was kept outside the log. */
  public Verifier withAnchor(Optional<byte[]> signedNote) {
    anchor = signedNote;
    return this;
  }

  /** Finds the log broken from the start when it is known to stand in another log's place. */
  public Verifier withStranger(Optional<String> detail) {
    stranger = detail;
    return this;
  }

  /** Re-computes index keys from claims, under the log's index key. */
  public Verifier withIndexKey(byte[] secret) {
    indexKey = secret.clone();
    return this;
  }

  /**
   * Re-checks what gates once checked.
   *
   * @param domainAuditors makes the auditors, anew for each time that the log is gone through
   */
  public Verifier withAuditors(Supplier<List<Auditor>> domainAuditors) {
    auditorsForARun = domainAuditors;
    return this;
  }

  /**
   * Leaves out what lies below the rows: the pages of the engine's files. What rows, indexes, tiles
   * and checkpoints say is verified all the same.
   */
  public Verifier withoutMedium() {
    checksMedium = false;
    return this;
  }

  /** How many threads work; all processors by default. */
  public Verifier threads(int count) {
    threads = Math.max(1, count);
    return this;
  }

  /** Tells how many events have been verified, now and then, from the calling thread. */
  public Verifier progress(LongConsumer consumer) {
    progress = consumer;
    return this;
  }

  /**
   * Begins after a checkpoint that is trusted already, instead of at the first event. The events
   * before it are taken as proven; the indexes are only asked whether they lead to the events after
   * it. Whether a claim of those is held by an event before is left to a full check.
   */
  public Verifier from(Checkpoint checkpoint) {
    trusted = Optional.of(checkpoint);
    return this;
  }

  /**
   * Verifies everything there is at this moment; what is appended meanwhile is left for next time.
   */
  public Verdict verify() {
    Verdict verdict;
    long receiptsBefore;
    int attempts = 0;
    do {
      receiptsBefore = lastReceipt();
      verdict = verifyOnce();
      attempts++;
      // What was erased or trimmed meanwhile is missing for a reason that was not known yet.
    } while (verdict instanceof Verdict.Broken
        && attempts < MAX_ATTEMPTS
        && lastReceipt() != receiptsBefore);
    return verdict;
  }

  private long lastReceipt() {
    try {
      return engine.lastRevision(log, IndexKey.ofStream(Receipts.STREAM));
    } catch (StorageFailed e) {
      if (!e.damaged()) {
        throw e;
      }
      return -1;
    }
  }

  private Verdict verifyOnce() {
    Run run = new Run();
    try {
      return run.verify();
    } catch (StorageFailed e) {
      if (!e.damaged()) {
        throw e;
      }
      return run.broken(
          run.merged + 1, new Fault.Gap("the rows cannot be read: " + e.getMessage()));
    }
  }

  /** What a worker found in one chunk of rows. */
  private static final class Chunk {
    long first;
    long last;

    /** The link of each event, 32 bytes at its place in the chunk. */
    final byte[] links = new byte[CHUNK * Merkle.HASH_BYTES];

    @Nullable CheckedEvent firstEvent;
    long lastRecordedAt = Long.MIN_VALUE;

    /** The first fault inside the chunk, and what the row before it may be blamed for. */
    long faultAt;

    @Nullable Fault fault;
    final List<CheckedEvent> followed = new ArrayList<>();

    /** Erased events, for their receipts say what keys were kept. */
    final List<ErasedAt> erased = new ArrayList<>();

    final List<byte[]> tileRoots = new ArrayList<>();
    final SetFingerprint claims;
    final SetFingerprint streams;
    long audited;
    long unsigned;

    Chunk(SetFingerprint.Points points, long begin) {
      claims = new SetFingerprint(points);
      streams = new SetFingerprint(points);
      first = begin + 1;
      last = begin;
    }

    void fault(long at, Fault found) {
      if (fault == null || at < faultAt) {
        fault = found;
        faultAt = at;
      }
    }

    static int linkAt(long position) {
      return (int) ((position - 1) % CHUNK) * Merkle.HASH_BYTES;
    }

    byte[] link(long position) {
      return Arrays.copyOfRange(links, linkAt(position), linkAt(position) + Merkle.HASH_BYTES);
    }
  }

  private record ErasedAt(long position, byte[] keys) {}

  /** What one worker needs again and again. */
  private final class Scratch {
    final @Nullable HmacSha256 hmac = indexKey == null ? null : new HmacSha256(indexKey);
    final byte[] hash = new byte[Merkle.HASH_BYTES];

    /** The stream seen last and its key: neighbours are often of one stream. */
    byte[] stream = new byte[0];

    IndexKey streamKey = IndexKey.ofStream(stream);

    IndexKey keyOf(CheckedEvent event) {
      if (!event.isOfStream(stream)) {
        stream = event.streamBytes();
        streamKey = IndexKey.ofStream(stream);
      }
      return streamKey;
    }
  }

  private record Found(long at, Fault fault) {}

  /** One verification. Confined to the calling thread, but for {@link #examine}. */
  private final class Run {
    final long size = engine.head(log).size();
    final SetFingerprint.Points points = SetFingerprint.Points.draw(new SecureRandom());
    final SetFingerprint claims = new SetFingerprint(points);
    final SetFingerprint streams = new SetFingerprint(points);
    final RootAccumulator tree = new RootAccumulator();
    final List<StoredCheckpoint> checkpoints = new ArrayList<>();
    long checkpointsFrom;
    long merged;
    byte[] link = Sha256.tagged((byte) 2, genesisText());
    long recordedAt = Long.MIN_VALUE;
    long lastGoodCheckpoint;
    long signedSize;
    long audited;
    long unsigned;
    long erased;
    final List<Auditor> auditors = auditorsForARun.get();
    Optional<Checkpoint> begun = trusted;
    Receipts receipts;
    final Receipts.Keys keptKeys;
    @Nullable Checkpoint anchored;
    @Nullable Found found;

    /** The roots of full tiles that do not make a full tile of the next level yet, by level. */
    final List<List<byte[]>> tileRoots = new ArrayList<>();

    Run() {
      long proven = trusted.map(Checkpoint::size).orElse(0L);
      receipts = Receipts.after(proven, engine, log, key);
      // What was trimmed reaches beyond what is trusted: then all there is, is verified.
      if (receipts.trimmedTo() >= proven) {
        receipts = Receipts.after(0, engine, log, key);
        begun = Optional.empty();
      }
      keptKeys = receipts.new Keys();
    }

    private byte[] genesisText() {
      return ("stele/genesis/v1\n" + key.name()).getBytes(StandardCharsets.UTF_8);
    }

    Verdict verify() {
      if (stranger.isPresent()) {
        return broken(1, new Fault.Checkpoint(stranger.get()));
      }
      if (anchor.isPresent()) {
        switch (SignedCheckpoint.open(anchor.get(), key)) {
          case SignedCheckpoint.Opening.Opened(SignedCheckpoint opened) ->
              anchored = opened.checkpoint();
          case SignedCheckpoint.Opening.Refused(String reason) -> {
            return broken(1, new Fault.Checkpoint("the anchor is not of this log: " + reason));
          }
        }
      }
      if (begun.isPresent()) {
        @Nullable Fault fault = begin(begun.get());
        if (fault != null) {
          return broken(1, fault);
        }
      }
      long start = merged;
      nextCheckpoints(start);
      atCheckpoints();
      try (Aside aside = new Aside(start)) {
        examineAll(aside);
        if (found != null) {
          return broken(found.at, found.fault);
        }
        @Nullable Found beyond = signedBeyondEnd();
        if (beyond != null) {
          return broken(beyond.at, beyond.fault);
        }
        @Nullable Found index = aside.index();
        if (index != null) {
          return broken(index.at, index.fault);
        }
        Optional<String> damage = aside.damage();
        if (damage.isPresent()) {
          return broken(size + 1, new Fault.Gap("the medium is damaged: " + damage.get()));
        }
        return new Verdict.Intact(scope(), tree.root());
      }
    }

    Verdict broken(long at, Fault fault) {
      return new Verdict.Broken(scope(), at - 1, at, fault);
    }

    private Verdict.Scope scope() {
      return new Verdict.Scope(
          size, erased, anchored != null, signedSize, audited, unsigned, indexKey != null);
    }

    /**
     * Takes up a trusted checkpoint: the right edge of its tree from stored tiles, proven by it.
     */
    private @Nullable Fault begin(Checkpoint checkpoint) {
      long begin = checkpoint.size();
      if (begin > size) {
        return new Fault.Gap(
            "the trusted checkpoint speaks of %d events, and there are %d".formatted(begin, size));
      }
      TiledNodes nodes = new TiledNodes(engine, log);
      long from = 0;
      for (int level = 62; level >= 0; level--) {
        if ((begin >>> level & 1) == 1) {
          tree.add(level, nodes.node(level, from >>> level));
          from += 1L << level;
        }
      }
      if (!Arrays.equals(tree.root(), checkpoint.root())) {
        return new Fault.Checkpoint(
            "the stored tree does not have the root of the trusted checkpoint of size " + begin);
      }
      if (begin > 0) {
        List<Row> last = engine.read(log, begin - 1, 1);
        if (last.isEmpty() || last.getFirst().record().length < CheckedEvent.FIXED_BYTES) {
          return new Fault.Gap(
              "event %d, under the trusted checkpoint, is missing".formatted(begin));
        }
        Row row = last.getFirst();
        link = Sha256.tagged((byte) 0, row.record());
        recordedAt = java.nio.ByteBuffer.wrap(row.record()).getLong(73);
        if (!InclusionProof.build(begin - 1, begin, nodes).verify(link, checkpoint.root())) {
          return new Fault.Link("the event before the trusted checkpoint is not the one it covers");
        }
      }
      merged = begin;
      lastGoodCheckpoint = begin;
      return null;
    }

    /**
     * What needs nothing of the rows until they are all merged: the indexes and the medium. With
     * several threads it runs beside the rows.
     */
    private final class Aside implements AutoCloseable {
      final boolean whole;
      final long start;
      final @Nullable ExecutorService workers;
      @Nullable Future<IndexAudit> claimAudit;
      @Nullable Future<IndexAudit> streamAudit;
      @Nullable Future<Optional<String>> medium;

      Aside(long start) {
        this.start = start;
        this.whole = start == 0;
        this.workers = size - start <= CHUNK || threads == 1 ? null : workers();
        if (whole && workers != null) {
          claimAudit = workers.submit(() -> audit(false));
          streamAudit = workers.submit(() -> audit(true));
          if (checksMedium && engine instanceof SelfChecking checking) {
            medium = workers.submit(checking::selfCheck);
          }
        }
      }

      private ExecutorService workers() {
        return Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("stele-verify-", 0).daemon().factory());
      }

      @Nullable Found index() {
        if (!whole) {
          return auditIndexesAfter(start);
        }
        Found claim =
            judge(
                claimAudit == null ? audit(false) : join(claimAudit),
                claims,
                Receipt.Trimmed::claims);
        return claim != null
            ? claim
            : judge(
                streamAudit == null ? audit(true) : join(streamAudit),
                streams,
                Receipt.Trimmed::streams);
      }

      Optional<String> damage() {
        if (!whole || !checksMedium) {
          return Optional.empty();
        }
        if (medium != null) {
          return join(medium);
        }
        return engine instanceof SelfChecking checking ? checking.selfCheck() : Optional.empty();
      }

      @Override
      public void close() {
        if (workers != null) {
          workers.shutdownNow();
          workers.close();
        }
      }
    }

    private void examineAll(Aside aside) {
      ExecutorService workers = aside.workers;
      if (workers == null) {
        Scratch scratch = new Scratch();
        while (merged < size && found == null) {
          merge(examine(merged, chunkEnd(merged), scratch));
        }
        return;
      }
      Deque<Future<Chunk>> inFlight = new ArrayDeque<>();
      ThreadLocal<Scratch> scratches = ThreadLocal.withInitial(Scratch::new);
      long next = merged;
      while (found == null && (next < size || !inFlight.isEmpty())) {
        while (next < size && inFlight.size() < 2 * threads) {
          long begin = next;
          long end = chunkEnd(begin);
          inFlight.add(workers.submit(() -> examine(begin, end, scratches.get())));
          next = end;
        }
        merge(join(inFlight.remove()));
      }
    }

    private long chunkEnd(long begin) {
      long end = Math.min(size, (begin / CHUNK + 1) * CHUNK);
      long trimmed = receipts.trimmedTo();
      return begin < trimmed ? Math.min(end, trimmed) : end;
    }

    private static <T> T join(Future<T> future) {
      try {
        return future.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while verifying", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException("a verifying thread failed", e.getCause());
      }
    }

    // ---- workers: any thread, no state of the run is written ----

    /** Examines the rows after {@code begin} up to {@code end}, which lie in one chunk. */
    private Chunk examine(long begin, long end, Scratch scratch) {
      Chunk chunk = new Chunk(points, begin);
      if (begin < receipts.trimmedTo()) {
        takeTrimmed(chunk, end);
        return chunk;
      }
      try {
        while (chunk.last < end && chunk.fault == null) {
          RowPage page = engine.readPage(log, chunk.last, (int) (end - chunk.last));
          if (page.isEmpty()) {
            chunk.fault(
                chunk.last + 1, new Fault.Gap("event %d is missing".formatted(chunk.last + 1)));
            return chunk;
          }
          for (RowPage.Cursor row = page.cursor(); row.next(); ) {
            long expected = chunk.last + 1;
            if (row.position() != expected) {
              chunk.fault(
                  expected,
                  new Fault.Gap(
                      "event %d is missing: the next one there is %d"
                          .formatted(expected, row.position())));
              return chunk;
            }
            if (!examine(row, chunk, scratch)) {
              return chunk;
            }
            chunk.last = expected;
          }
        }
      } catch (StorageFailed e) {
        if (!e.damaged()) {
          throw e;
        }
        chunk.fault(chunk.last + 1, new Fault.Gap("the rows cannot be read: " + e.getMessage()));
        return chunk;
      }
      checkLeafTiles(chunk);
      return chunk;
    }

    /** Of events that were trimmed, the links are still in the tiles, which are all full. */
    private void takeTrimmed(Chunk chunk, long end) {
      for (long tile = chunk.last / TILE; tile * TILE < end; tile++) {
        byte[] hashes = engine.tile(log, 0, tile).map(Tile::hashes).orElse(new byte[0]);
        if (hashes.length != TILE * Merkle.HASH_BYTES) {
          chunk.fault(
              tile * TILE + 1,
              new Fault.Checkpoint(
                  "tile %d of level 0, of events that were trimmed, is missing".formatted(tile)));
          return;
        }
        System.arraycopy(hashes, 0, chunk.links, Chunk.linkAt(tile * TILE + 1), hashes.length);
        chunk.tileRoots.add(fold(hashes, 0));
        chunk.last = (tile + 1) * TILE;
      }
    }

    /** Examines one row; false when nothing after it can be judged. */
    private boolean examine(RowPage.Cursor row, Chunk chunk, Scratch scratch) {
      long at = row.position();
      byte[] bytes = row.bytes();
      CheckedEvent event;
      switch (CheckedEvent.read(
          bytes,
          row.recordAt(),
          row.recordLength(),
          row.hasBody() ? row.bodyAt() : -1,
          row.bodyLength())) {
        case CheckedEvent.Read.Unreadable(Fault fault) -> {
          chunk.fault(at, fault);
          return false;
        }
        case CheckedEvent.Read.Ok(CheckedEvent ok) -> event = ok;
      }
      int linkAt = Chunk.linkAt(at);
      Sha256.taggedInto((byte) 0, bytes, row.recordAt(), row.recordLength(), chunk.links, linkAt);
      if (!Arrays.equals(
          chunk.links, linkAt, linkAt + 32, bytes, row.linkAt(), row.linkAt() + 32)) {
        chunk.fault(
            at, new Fault.Link("the record of event %d is not the one linked".formatted(at)));
      }
      if (event.position() != at) {
        chunk.fault(
            at,
            new Fault.Gap("the record at %d is that of event %d".formatted(at, event.position())));
      }
      if (chunk.firstEvent == null) {
        chunk.firstEvent = event;
      } else {
        if (!event.namesPrevious(chunk.links, Chunk.linkAt(at - 1))) {
          blame(chunk, row.row(), chunk.link(at));
        }
        if (event.recordedAtMillis() < chunk.lastRecordedAt) {
          chunk.fault(
              at, new Fault.Link("event %d is recorded before its predecessor".formatted(at)));
        }
      }
      chunk.lastRecordedAt = event.recordedAtMillis();
      if (row.hasBody()) {
        examineBody(row, event, chunk, scratch);
      } else {
        examineErased(row, event, chunk);
      }
      IndexKey stream = scratch.keyOf(event);
      chunk.streams.add(stream.high(), stream.low(), event.revision(), at);
      return true;
    }

    private void examineBody(RowPage.Cursor row, CheckedEvent event, Chunk chunk, Scratch scratch) {
      long at = row.position();
      Sha256.hashInto(row.bytes(), row.bodyAt(), row.bodyLength(), scratch.hash, 0);
      if (!event.commitsTo(scratch.hash)) {
        chunk.fault(
            at, new Fault.Payload("the body of event %d is not the one recorded".formatted(at)));
        return;
      }
      if (receipts.erased(at)) {
        chunk.fault(
            at,
            new Fault.Payload(
                "event %d was erased by a receipt, and its body is there again".formatted(at)));
        return;
      }
      checkClaims(row, event, chunk, scratch);
      if (event.isOfStream(Receipts.STREAM) || event.isAdmittedBy(Receipts.ADMITTED_BY)) {
        Receipts.fault(event, key).ifPresent(fault -> chunk.fault(at, fault));
        chunk.audited++;
      } else {
        audit(event, chunk);
      }
    }

    private void examineErased(RowPage.Cursor row, CheckedEvent event, Chunk chunk) {
      long at = row.position();
      if (!receipts.erased(at)) {
        chunk.fault(
            at,
            new Fault.Payload("the body of event %d is missing without a receipt".formatted(at)));
        return;
      }
      if (event.isOfStream(Receipts.STREAM)) {
        chunk.fault(at, new Fault.Payload("event %d is a receipt without a body".formatted(at)));
        return;
      }
      for (int i = 0; i < row.keyCount(); i++) {
        IndexKey kept = IndexKey.of(row.bytes(), row.keysAt() + i * Row.KEY_BYTES);
        chunk.claims.add(kept.high(), kept.low(), 0, at);
      }
      chunk.erased.add(
          new ErasedAt(at, Arrays.copyOfRange(row.bytes(), row.keysAt(), row.bodyAt())));
    }

    /**
     * Two neighbours disagree. The later one is believed when it is where it says it is and its own
     * successor still names it: then it is the earlier one that was changed, together with its
     * stored link.
     */
    private void blame(Chunk chunk, Row row, byte[] own) {
      long at = row.position();
      boolean attested = false;
      boolean inPlace = java.nio.ByteBuffer.wrap(row.record()).getLong(1) == at;
      if (inPlace && Arrays.equals(own, row.link())) {
        List<Row> next = engine.read(log, at, 1);
        attested =
            !next.isEmpty()
                && CheckedEvent.read(next.getFirst().record(), next.getFirst().body())
                    instanceof CheckedEvent.Read.Ok(CheckedEvent successor)
                && successor.namesPrevious(own, 0);
      }
      long blamed = attested ? at - 1 : at;
      chunk.fault(
          blamed,
          new Fault.Link("event %d does not continue event %d as it is now".formatted(at, at - 1)));
    }

    private void checkClaims(RowPage.Cursor row, CheckedEvent event, Chunk chunk, Scratch scratch) {
      if (row.keyCount() != event.claimCount()) {
        chunk.fault(
            row.position(),
            new Fault.Claim(
                "event %d makes %d claims, and %d index keys are stored"
                    .formatted(row.position(), event.claimCount(), row.keyCount())));
        return;
      }
      if (scratch.hmac != null) {
        int wrong = event.firstWrongKey(scratch.hmac, row.bytes(), row.keysAt(), scratch.hash);
        if (wrong >= 0) {
          chunk.fault(
              row.position(),
              new Fault.Claim(
                  "the stored index key %d of event %d is not that of its claim"
                      .formatted(wrong, row.position())));
        }
      }
      for (int i = 0; i < row.keyCount(); i++) {
        IndexKey stored = IndexKey.of(row.bytes(), row.keysAt() + i * Row.KEY_BYTES);
        chunk.claims.add(stored.high(), stored.low(), 0, row.position());
      }
    }

    private void audit(CheckedEvent event, Chunk chunk) {
      String gate = event.admittedBy();
      for (Auditor auditor : auditors) {
        if (auditor.knows(gate)) {
          if (auditor.checksSignatures(gate)) {
            chunk.audited++;
          } else {
            chunk.unsigned++;
          }
          auditor.check(event).ifPresent(fault -> chunk.fault(event.position(), fault));
          if (auditor.follows(gate)) {
            chunk.followed.add(event);
          }
          return;
        }
      }
      chunk.unsigned++;
    }

    /** Compares the full leaf tiles inside a whole chunk with the links, and takes their roots. */
    private void checkLeafTiles(Chunk chunk) {
      if (chunk.fault != null) {
        return;
      }
      long tile = (chunk.first - 1 + TILE - 1) / TILE;
      for (; (tile + 1) * TILE <= chunk.last; tile++) {
        int from = Chunk.linkAt(tile * TILE + 1);
        int differs = firstDifference(0, tile, chunk.links, from);
        if (differs >= 0) {
          chunk.fault(
              tile * TILE + differs + 1,
              new Fault.Checkpoint(
                  "the stored tile %d of level 0 is not that of the records".formatted(tile)));
        }
        chunk.tileRoots.add(fold(chunk.links, from));
      }
    }

    /** Where a stored tile differs from what it should be: a hash's number, or −1. */
    private int firstDifference(int level, long index, byte[] hashes, int from) {
      byte[] stored = engine.tile(log, level, index).map(Tile::hashes).orElse(new byte[0]);
      int mismatch =
          Arrays.mismatch(stored, 0, stored.length, hashes, from, from + TILE * Merkle.HASH_BYTES);
      return mismatch < 0 ? -1 : Math.min(mismatch / Merkle.HASH_BYTES, TILE - 1);
    }

    /** The root over a full tile. */
    private static byte[] fold(byte[] hashes, int from) {
      byte[] nodes = Arrays.copyOfRange(hashes, from, from + TILE * Merkle.HASH_BYTES);
      for (int width = TILE; width > 1; width /= 2) {
        for (int i = 0; i < width / 2; i++) {
          Sha256.taggedInto(
              (byte) 1,
              nodes,
              2 * i * Merkle.HASH_BYTES,
              2 * Merkle.HASH_BYTES,
              nodes,
              i * Merkle.HASH_BYTES);
        }
      }
      return Arrays.copyOf(nodes, Merkle.HASH_BYTES);
    }

    // ---- the merger: the calling thread, in order ----

    private void merge(Chunk chunk) {
      @Nullable CheckedEvent first = chunk.firstEvent;
      if (first != null && !first.namesPrevious(link, 0)) {
        Row row = engine.read(log, chunk.first - 1, 1).getFirst();
        byte[] own = Sha256.tagged((byte) 0, row.record());
        if (chunk.first == 1) {
          chunk.fault(1, new Fault.Link("event 1 does not begin the log " + key.name()));
        } else {
          blame(chunk, row, own);
        }
      }
      if (first != null && first.recordedAtMillis() < recordedAt) {
        chunk.fault(
            chunk.first,
            new Fault.Link("event %d is recorded before its predecessor".formatted(chunk.first)));
      }
      followAll(chunk);
      followErased(chunk);
      addToTree(chunk);
      if (chunk.fault != null) {
        keep(chunk.faultAt, chunk.fault);
        return;
      }
      claims.join(chunk.claims);
      streams.join(chunk.streams);
      audited += chunk.audited;
      unsigned += chunk.unsigned;
      erased += chunk.erased.size();
      recordedAt = Math.max(recordedAt, chunk.lastRecordedAt);
      link = chunk.link(chunk.last);
      if (merged == receipts.trimmedTo()) {
        compareTrimmed();
      }
      addTileRoots(0, chunk.tileRoots, (chunk.first - 1 + TILE - 1) / TILE);
      progress.accept(merged);
    }

    private void followAll(Chunk chunk) {
      for (CheckedEvent event : chunk.followed) {
        if (chunk.fault != null && event.position() >= chunk.faultAt) {
          return;
        }
        for (Auditor auditor : auditors) {
          if (auditor.follows(event.admittedBy())) {
            auditor.follow(event).ifPresent(fault -> chunk.fault(event.position(), fault));
          }
        }
      }
    }

    private void followErased(Chunk chunk) {
      for (ErasedAt event : chunk.erased) {
        if (keptKeys.differs(event.position(), event.keys())) {
          chunk.fault(
              event.position(),
              new Fault.Claim(
                  "the index keys of events erased up to %d are not those the receipt names"
                      .formatted(event.position())));
        }
      }
    }

    /** Compares what the tiles say of trimmed events with their receipt. */
    private void compareTrimmed() {
      Optional<Receipt.Trimmed> receipt = receipts.trimmed();
      if (receipt.isPresent()
          && !(Arrays.equals(receipt.get().root(), tree.root())
              && Arrays.equals(receipt.get().link(), link))) {
        keep(
            1,
            new Fault.Checkpoint(
                "the tiles of events 1 to %d, which were trimmed, are not those of the receipt"
                    .formatted(merged)));
      }
    }

    /** Adds the chunk's leaves, stopping at each checkpoint on the way and before a fault. */
    private void addToTree(Chunk chunk) {
      long end = chunk.fault == null ? chunk.last : Math.min(chunk.last, chunk.faultAt - 1);
      while (merged < end && found == null) {
        long next = Math.min(end, nextCheckpointSize());
        while (merged < next) {
          long tile = (merged - (chunk.first - 1 + TILE - 1) / TILE * TILE) / TILE;
          if (merged % TILE == 0 && merged + TILE <= next && tile < chunk.tileRoots.size()) {
            tree.add(TILE_LEVEL, chunk.tileRoots.get((int) tile));
            merged += TILE;
          } else {
            tree.add(0, chunk.link(merged + 1));
            merged++;
          }
        }
        atCheckpoints();
      }
    }

    private long nextCheckpointSize() {
      long next = Long.MAX_VALUE;
      if (!checkpoints.isEmpty()) {
        next = checkpoints.getFirst().size();
      }
      if (anchored != null && anchored.size() > merged) {
        next = Math.min(next, anchored.size());
      }
      return next;
    }

    /** Compares with every checkpoint of exactly the size that has been reached. */
    private void atCheckpoints() {
      byte @Nullable [] root = null;
      while (!checkpoints.isEmpty() && checkpoints.getFirst().size() <= merged && found == null) {
        StoredCheckpoint stored = checkpoints.removeFirst();
        root = tree.root();
        compare(stored, root);
        if (checkpoints.isEmpty()) {
          nextCheckpoints(merged + 1);
        }
      }
      if (anchored != null && anchored.size() == merged) {
        if (!Arrays.equals(anchored.root(), root == null ? tree.root() : root)) {
          keep(
              lastGoodCheckpoint + 1,
              new Fault.Checkpoint(
                  "the first %d events are not those of the anchor: the log was replaced or rewritten"
                      .formatted(merged)));
        } else {
          lastGoodCheckpoint = merged;
          signedSize = Math.max(signedSize, merged);
        }
      }
    }

    private void compare(StoredCheckpoint stored, byte[] root) {
      switch (SignedCheckpoint.open(stored.note(), key)) {
        case SignedCheckpoint.Opening.Refused(String reason) ->
            keep(
                Math.max(1, merged),
                new Fault.Checkpoint(
                    "the stored checkpoint of size %d proves nothing: %s"
                        .formatted(stored.size(), reason)));
        case SignedCheckpoint.Opening.Opened(SignedCheckpoint opened) -> {
          Checkpoint checkpoint = opened.checkpoint();
          if (checkpoint.size() != stored.size()) {
            keep(
                Math.max(1, merged),
                new Fault.Checkpoint(
                    "the checkpoint stored for size %d is signed for size %d"
                        .formatted(stored.size(), checkpoint.size())));
          } else if (!Arrays.equals(checkpoint.root(), root)) {
            keep(
                lastGoodCheckpoint + 1,
                new Fault.Checkpoint(
                    "events %d to %d are not those the log signed for"
                        .formatted(lastGoodCheckpoint + 1, merged)));
          } else {
            lastGoodCheckpoint = merged;
            signedSize = merged;
          }
        }
      }
    }

    private void nextCheckpoints(long from) {
      checkpointsFrom = from;
      checkpoints.addAll(engine.checkpoints(log, checkpointsFrom, CHECKPOINT_PAGE));
    }

    /** What was signed for more events than there are. */
    private @Nullable Found signedBeyondEnd() {
      if (anchored != null && anchored.size() > size) {
        return new Found(
            size + 1,
            new Fault.Gap(
                "the log was cut or rolled back: it has %d events, its anchor knows %d"
                    .formatted(size, anchored.size())));
      }
      // A writer may have gone on meanwhile; what it signed for is there by the time this asks.
      List<StoredCheckpoint> beyond = engine.checkpoints(log, size + 1, CHECKPOINT_PAGE);
      long sizeNow = engine.head(log).size();
      for (StoredCheckpoint stored : beyond) {
        if (stored.size() <= sizeNow) {
          continue;
        }
        return new Found(
            size + 1,
            new Fault.Gap(
                "the log was cut: it has %d events, and a checkpoint for %d"
                    .formatted(size, stored.size())));
      }
      return null;
    }

    private void addTileRoots(int level, List<byte[]> roots, long firstIndex) {
      while (tileRoots.size() <= level) {
        tileRoots.add(new ArrayList<>());
      }
      if (begun.isPresent()) {
        // Tiles above level 0 may begin before the trusted checkpoint; it vouches for them.
        return;
      }
      long index = firstIndex;
      List<byte[]> pending = tileRoots.get(level);
      for (byte[] root : roots) {
        pending.add(root);
        index++;
        if (pending.size() == TILE) {
          byte[] hashes = new byte[TILE * 32];
          for (int i = 0; i < TILE; i++) {
            System.arraycopy(pending.get(i), 0, hashes, i * 32, 32);
          }
          pending.clear();
          long tile = index / TILE - 1;
          if (firstDifference(level + 1, tile, hashes, 0) >= 0) {
            keep(
                merged,
                new Fault.Checkpoint(
                    "the stored tile %d of level %d is not that of the records"
                        .formatted(tile, level + 1)));
          }
          addTileRoots(level + 1, List.of(fold(hashes, 0)), tile);
        }
      }
    }

    private void keep(long at, Fault fault) {
      if (found == null || at < found.at) {
        found = new Found(at, fault);
      }
    }

    // ---- the indexes ----

    /** Asks both indexes for each event after a trusted checkpoint. */
    private @Nullable Found auditIndexesAfter(long start) {
      Found claim = misled(false, start);
      return claim != null ? claim : misled(true, start);
    }

    /** Goes through an index: what it says, whatever the rows say. */
    private IndexAudit audit(boolean ofStreams) {
      IndexAudit audit = new IndexAudit(ofStreams);
      audit.covered =
          ofStreams
              ? engine.scanStreams(log, audit::accept)
              : engine.scanClaims(log, audit::accept);
      return audit;
    }

    /** Compares what an index says with what the rows and the receipts say. */
    private @Nullable Found judge(
        IndexAudit audit, SetFingerprint rows, Function<Receipt.Trimmed, byte[]> kept) {
      if (audit.found != null) {
        return audit.found;
      }
      if (audit.covered < size || !audit.fingerprint.matches(rows)) {
        return locate(audit.ofStreams);
      }
      if (receipts.trimmed().isPresent()
          && !Arrays.equals(audit.ofTrimmed.digest(), kept.apply(receipts.trimmed().get()))) {
        return new Found(
            1,
            new Fault.Claim(
                "the index entries of events that were trimmed are not those of the receipt"));
      }
      return null;
    }

    private final class IndexAudit {
      final boolean ofStreams;
      final SetFingerprint fingerprint = new SetFingerprint(points);
      final TrimmedEntries ofTrimmed;
      long covered;
      @Nullable IndexEntry last;
      @Nullable Found found;

      IndexAudit(boolean ofStreams) {
        this.ofStreams = ofStreams;
        this.ofTrimmed = new TrimmedEntries(ofStreams);
      }

      void accept(IndexEntry entry) {
        if (entry.position() > size || found != null) {
          return;
        }
        if (entry.position() < 1) {
          found = new Found(1, new Fault.Claim("the index leads to position " + entry.position()));
          return;
        }
        if (entry.position() <= receipts.trimmedTo()) {
          ofTrimmed.add(entry);
        } else {
          fingerprint.add(
              entry.key().high(), entry.key().low(), entry.revision(), entry.position());
        }
        boolean sameKey = last != null && last.key().equals(entry.key());
        if (ofStreams) {
          long expected = sameKey && last != null ? last.revision() + 1 : 1;
          boolean inOrder = !sameKey || last == null || last.position() < entry.position();
          if (entry.revision() != expected || !inOrder) {
            found =
                new Found(
                    entry.position(),
                    new Fault.Claim(
                        "event %d has revision %d in its stream, where %d is next"
                            .formatted(entry.position(), entry.revision(), expected)));
          }
        } else if (sameKey && last != null && !expired(last, entry)) {
          found =
              new Found(
                  entry.position(),
                  new Fault.Claim(
                      "event %d holds a claim that event %d holds already"
                          .formatted(entry.position(), last.position())));
        }
        last = entry;
      }
    }

    /** Whether an earlier holder's claim had expired or was released when the later one came. */
    private boolean expired(IndexEntry earlier, IndexEntry later) {
      if (earlier.position() >= later.position()) {
        return false;
      }
      if (earlier.position() <= receipts.trimmedTo()) {
        return false;
      }
      Row before = engine.read(log, earlier.position() - 1, 1).getFirst();
      Row after = engine.read(log, later.position() - 1, 1).getFirst();
      if (CheckedEvent.read(before.record(), null)
              instanceof CheckedEvent.Read.Ok(CheckedEvent holder)
          && CheckedEvent.read(after.record(), null)
              instanceof CheckedEvent.Read.Ok(CheckedEvent taker)) {
        for (int i = 0; i * Row.KEY_BYTES < before.keys().length; i++) {
          if (IndexKey.of(before.keys(), i * Row.KEY_BYTES).equals(earlier.key())) {
            long expiresAt = holder.claimExpiresAtMillis(i);
            return expiresAt == CheckedEvent.UNTIL_RELEASED
                ? receipts.released(holder.recordedAtMillis(), later.position())
                : expiresAt <= taker.recordedAtMillis();
          }
        }
      }
      return false;
    }

    /** Once it is known that an index is wrong: where. */
    private Found locate(boolean ofStreams) {
      Found misled = misled(ofStreams, receipts.trimmedTo());
      return misled != null
          ? misled
          : new Found(
              Math.max(1, size),
              new Fault.Claim("the index holds entries that no event accounts for"));
    }

    /** The slow way: asks an index for every event after a position; null where it leads to all. */
    private @Nullable Found misled(boolean ofStreams, long from) {
      for (long after = from; after < size; ) {
        for (Row row : engine.read(log, after, CHUNK)) {
          after = row.position();
          if (!(CheckedEvent.read(row.record(), row.body())
              instanceof CheckedEvent.Read.Ok(CheckedEvent event))) {
            continue;
          }
          if (ofStreams) {
            IndexKey stream = event.streamKey();
            List<Row> indexed = engine.readStream(log, stream, event.revision() - 1, 1);
            if (indexed.isEmpty() || indexed.getFirst().position() != after) {
              return new Found(
                  after,
                  new Fault.Claim("the stream index does not lead to event %d".formatted(after)));
            }
          } else {
            for (int at = 0; at < row.keys().length; at += Row.KEY_BYTES) {
              if (engine.find(log, IndexKey.of(row.keys(), at)) < after) {
                return new Found(
                    after,
                    new Fault.Claim("the claim index does not lead to event %d".formatted(after)));
              }
            }
          }
        }
      }
      return null;
    }
  }
}
