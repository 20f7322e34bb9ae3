package dev.stele.core.proof;

import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
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
import java.util.function.LongConsumer;
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
  private static final int TILE = 256;
  private static final int CHECKPOINT_PAGE = 256;

  private final LogEngine engine;
  private final LogId log;
  private final VerifierKey key;
  private Optional<byte[]> anchor = Optional.empty();
  private Optional<String> stranger = Optional.empty();
  private byte @Nullable [] indexKey;
  private List<Auditor> auditors = List.of();
  private int threads = Runtime.getRuntime().availableProcessors();
  private LongConsumer progress = verified -> {};
  private Optional<Checkpoint> trusted = Optional.empty();

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

  /** Re-checks what gates once checked. */
  public Verifier withAuditors(List<Auditor> domainAuditors) {
    auditors = List.copyOf(domainAuditors);
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
    final byte[][] links = new byte[CHUNK][];
    @Nullable CheckedEvent firstEvent;
    long lastRecordedAt = Long.MIN_VALUE;

    /** The first fault inside the chunk, and what the row before it may be blamed for. */
    long faultAt;

    @Nullable Fault fault;
    final List<CheckedEvent> followed = new ArrayList<>();
    final List<byte[]> tileRoots = new ArrayList<>();
    SetFingerprint claims;
    SetFingerprint streams;
    long audited;
    long unsigned;

    Chunk(SetFingerprint.Points points) {
      claims = new SetFingerprint(points);
      streams = new SetFingerprint(points);
    }

    void fault(long at, Fault found) {
      if (fault == null || at < faultAt) {
        fault = found;
        faultAt = at;
      }
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
    @Nullable Checkpoint anchored;
    @Nullable Found found;

    /** The roots of full tiles that do not make a full tile of the next level yet, by level. */
    final List<List<byte[]>> tileRoots = new ArrayList<>();

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
      if (trusted.isPresent()) {
        @Nullable Fault fault = begin(trusted.get());
        if (fault != null) {
          return broken(1, fault);
        }
      }
      long start = merged;
      nextCheckpoints(start);
      atCheckpoints();
      examineAll();
      if (found != null) {
        return broken(found.at, found.fault);
      }
      @Nullable Found beyond = signedBeyondEnd();
      if (beyond != null) {
        return broken(beyond.at, beyond.fault);
      }
      @Nullable Found index = start == 0 ? auditIndexes() : auditIndexesAfter(start);
      if (index != null) {
        return broken(index.at, index.fault);
      }
      if (start == 0 && engine instanceof SelfChecking medium) {
        Optional<String> damage = medium.selfCheck();
        if (damage.isPresent()) {
          return broken(size + 1, new Fault.Gap("the medium is damaged: " + damage.get()));
        }
      }
      return new Verdict.Intact(scope(), tree.root());
    }

    Verdict broken(long at, Fault fault) {
      return new Verdict.Broken(scope(), at - 1, at, fault);
    }

    private Verdict.Scope scope() {
      return new Verdict.Scope(
          size, 0, anchored != null, signedSize, audited, unsigned, indexKey != null);
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

    private void examineAll() {
      if (size - merged <= CHUNK || threads == 1) {
        while (merged < size && found == null) {
          merge(examine(merged, chunkEnd(merged)));
        }
        return;
      }
      try (ExecutorService workers =
          Executors.newFixedThreadPool(
              threads, Thread.ofPlatform().name("stele-verify-", 0).daemon().factory())) {
        Deque<Future<Chunk>> inFlight = new ArrayDeque<>();
        long next = merged;
        while (found == null && (next < size || !inFlight.isEmpty())) {
          while (next < size && inFlight.size() < 2 * threads) {
            long begin = next;
            long end = chunkEnd(begin);
            inFlight.add(workers.submit(() -> examine(begin, end)));
            next = end;
          }
          merge(join(inFlight.remove()));
        }
        workers.shutdownNow();
      }
    }

    private long chunkEnd(long begin) {
      return Math.min(size, (begin / CHUNK + 1) * CHUNK);
    }

    private static Chunk join(Future<Chunk> future) {
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
    private Chunk examine(long begin, long end) {
      Chunk chunk = new Chunk(points);
      chunk.first = begin + 1;
      chunk.last = begin;
      @Nullable HmacSha256 hmac = indexKey == null ? null : new HmacSha256(indexKey);
      byte @Nullable [] previous = null;
      while (chunk.last < end && chunk.fault == null) {
        List<Row> rows;
        try {
          rows = engine.read(log, chunk.last, (int) (end - chunk.last));
        } catch (StorageFailed e) {
          if (!e.damaged()) {
            throw e;
          }
          chunk.fault(chunk.last + 1, new Fault.Gap("the rows cannot be read: " + e.getMessage()));
          return chunk;
        }
        if (rows.isEmpty()) {
          chunk.fault(
              chunk.last + 1, new Fault.Gap("event %d is missing".formatted(chunk.last + 1)));
          return chunk;
        }
        for (Row row : rows) {
          long expected = chunk.last + 1;
          if (row.position() != expected) {
            chunk.fault(
                expected,
                new Fault.Gap(
                    "event %d is missing: the next one there is %d"
                        .formatted(expected, row.position())));
            return chunk;
          }
          previous = examine(row, chunk, previous, hmac);
          if (previous == null) {
            return chunk;
          }
          chunk.last = expected;
        }
      }
      checkLeafTiles(chunk);
      return chunk;
    }

    /** Examines one row; its link, or null when nothing after it can be judged. */
    private byte @Nullable [] examine(
        Row row, Chunk chunk, byte @Nullable [] previous, @Nullable HmacSha256 hmac) {
      long at = row.position();
      CheckedEvent event;
      switch (CheckedEvent.read(row.record(), row.body())) {
        case CheckedEvent.Read.Unreadable(Fault fault) -> {
          chunk.fault(at, fault);
          return null;
        }
        case CheckedEvent.Read.Ok(CheckedEvent ok) -> event = ok;
      }
      byte[] own = Sha256.tagged((byte) 0, row.record());
      if (!Arrays.equals(own, row.link())) {
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
        if (previous != null && !event.namesPrevious(previous)) {
          blame(chunk, row, own);
        }
        if (event.recordedAtMillis() < chunk.lastRecordedAt) {
          chunk.fault(
              at, new Fault.Link("event %d is recorded before its predecessor".formatted(at)));
        }
      }
      chunk.lastRecordedAt = event.recordedAtMillis();
      if (row.body() == null) {
        chunk.fault(
            at,
            new Fault.Payload("the body of event %d is missing without a receipt".formatted(at)));
      } else if (!event.commitsTo(Sha256.hash(row.body()))) {
        chunk.fault(
            at, new Fault.Payload("the body of event %d is not the one recorded".formatted(at)));
      } else {
        checkClaims(row, event, chunk, hmac);
        audit(event, chunk);
      }
      int offset = (int) (at - 1) % CHUNK;
      chunk.links[offset] = own;
      IndexKey stream = IndexKey.ofStream(event.streamBytes());
      chunk.streams.add(stream.high(), stream.low(), event.revision(), at);
      return own;
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
                && successor.namesPrevious(own);
      }
      long blamed = attested ? at - 1 : at;
      chunk.fault(
          blamed,
          new Fault.Link("event %d does not continue event %d as it is now".formatted(at, at - 1)));
    }

    private void checkClaims(Row row, CheckedEvent event, Chunk chunk, @Nullable HmacSha256 hmac) {
      List<CheckedEvent.ClaimAt> made = event.claims();
      byte[] body = row.body();
      if (row.keys().length != made.size() * Row.KEY_BYTES || body == null) {
        chunk.fault(
            row.position(),
            new Fault.Claim(
                "event %d makes %d claims, and %d bytes of index keys are stored"
                    .formatted(row.position(), made.size(), row.keys().length)));
        return;
      }
      for (int i = 0; i < made.size(); i++) {
        IndexKey stored = IndexKey.of(row.keys(), i * Row.KEY_BYTES);
        if (hmac != null) {
          CheckedEvent.ClaimAt claim = made.get(i);
          byte[] scope =
              Arrays.copyOfRange(body, claim.scopeAt(), claim.scopeAt() + claim.scopeLength());
          byte[] claimed =
              Arrays.copyOfRange(body, claim.keyAt(), claim.keyAt() + claim.keyLength());
          if (!IndexKey.of(hmac.hash(scope, new byte[1], claimed), 0).equals(stored)) {
            chunk.fault(
                row.position(),
                new Fault.Claim(
                    "the stored index key %d of event %d is not that of its claim"
                        .formatted(i, row.position())));
          }
        }
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
        byte[] hashes = new byte[TILE * 32];
        for (int i = 0; i < TILE; i++) {
          System.arraycopy(chunk.links[(int) (tile * TILE + i) % CHUNK], 0, hashes, i * 32, 32);
        }
        int differs = firstDifference(0, tile, hashes);
        if (differs >= 0) {
          chunk.fault(
              tile * TILE + differs + 1,
              new Fault.Checkpoint(
                  "the stored tile %d of level 0 is not that of the records".formatted(tile)));
        }
        chunk.tileRoots.add(fold(hashes));
      }
    }

    /** Where a stored tile differs from what it should be: a hash's number, or −1. */
    private int firstDifference(int level, long index, byte[] hashes) {
      byte[] stored = engine.tile(log, level, index).map(tile -> tile.hashes()).orElse(new byte[0]);
      int mismatch = Arrays.mismatch(stored, hashes);
      return mismatch < 0 ? -1 : Math.min(mismatch / 32, TILE - 1);
    }

    private static byte[] fold(byte[] hashes) {
      byte[][] nodes = new byte[hashes.length / 32][];
      for (int i = 0; i < nodes.length; i++) {
        nodes[i] = Arrays.copyOfRange(hashes, i * 32, i * 32 + 32);
      }
      for (int width = nodes.length; width > 1; width /= 2) {
        for (int i = 0; i < width / 2; i++) {
          nodes[i] = RootAccumulator.node(nodes[2 * i], nodes[2 * i + 1]);
        }
      }
      return nodes[0];
    }

    // ---- the merger: the calling thread, in order ----

    private void merge(Chunk chunk) {
      @Nullable CheckedEvent first = chunk.firstEvent;
      if (first != null && !first.namesPrevious(link)) {
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
      addToTree(chunk);
      if (chunk.fault != null) {
        keep(chunk.faultAt, chunk.fault);
        return;
      }
      claims.join(chunk.claims);
      streams.join(chunk.streams);
      audited += chunk.audited;
      unsigned += chunk.unsigned;
      recordedAt = chunk.lastRecordedAt;
      link = chunk.links[(int) (chunk.last - 1) % CHUNK];
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

    /** Adds the chunk's leaves, stopping at each checkpoint on the way and before a fault. */
    private void addToTree(Chunk chunk) {
      long end = chunk.fault == null ? chunk.last : Math.min(chunk.last, chunk.faultAt - 1);
      while (merged < end && found == null) {
        long next = Math.min(end, nextCheckpointSize());
        while (merged < next) {
          tree.add(0, chunk.links[(int) merged % CHUNK]);
          merged++;
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
      if (merged > 0 && trusted.isPresent()) {
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
          if (firstDifference(level + 1, tile, hashes) >= 0) {
            keep(
                merged,
                new Fault.Checkpoint(
                    "the stored tile %d of level %d is not that of the records"
                        .formatted(tile, level + 1)));
          }
          addTileRoots(level + 1, List.of(fold(hashes)), tile);
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

    /** Compares the indexes with the rows, and finds claims that are held twice. */
    private @Nullable Found auditIndexes() {
      IndexAudit claimAudit = new IndexAudit(false);
      long covered = engine.scanClaims(log, claimAudit::accept);
      if (claimAudit.found != null) {
        return claimAudit.found;
      }
      if (covered < size || !claimAudit.fingerprint.matches(claims)) {
        return locate(false);
      }
      IndexAudit streamAudit = new IndexAudit(true);
      covered = engine.scanStreams(log, streamAudit::accept);
      if (streamAudit.found != null) {
        return streamAudit.found;
      }
      if (covered < size || !streamAudit.fingerprint.matches(streams)) {
        return locate(true);
      }
      return null;
    }

    private final class IndexAudit {
      final boolean ofStreams;
      final SetFingerprint fingerprint = new SetFingerprint(points);
      @Nullable IndexEntry last;
      @Nullable Found found;

      IndexAudit(boolean ofStreams) {
        this.ofStreams = ofStreams;
      }

      void accept(IndexEntry entry) {
        if (entry.position() > size || found != null) {
          return;
        }
        if (entry.position() < 1) {
          found = new Found(1, new Fault.Claim("the index leads to position " + entry.position()));
          return;
        }
        fingerprint.add(entry.key().high(), entry.key().low(), entry.revision(), entry.position());
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

    /** Whether an earlier holder's claim had expired when the later one was recorded. */
    private boolean expired(IndexEntry earlier, IndexEntry later) {
      if (earlier.position() >= later.position()) {
        return false;
      }
      Row before = engine.read(log, earlier.position() - 1, 1).getFirst();
      Row after = engine.read(log, later.position() - 1, 1).getFirst();
      if (CheckedEvent.read(before.record(), before.body())
              instanceof CheckedEvent.Read.Ok(CheckedEvent holder)
          && CheckedEvent.read(after.record(), after.body())
              instanceof CheckedEvent.Read.Ok(CheckedEvent taker)) {
        for (int i = 0; i < holder.claims().size(); i++) {
          if (IndexKey.of(before.keys(), i * Row.KEY_BYTES).equals(earlier.key())) {
            return holder.claims().get(i).expiresAtMillis() <= taker.recordedAtMillis();
          }
        }
      }
      return false;
    }

    /** Once it is known that an index is wrong: where. */
    private Found locate(boolean ofStreams) {
      Found misled = misled(ofStreams, 0);
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
            IndexKey stream = IndexKey.ofStream(event.streamBytes());
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
