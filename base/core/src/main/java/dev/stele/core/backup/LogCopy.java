package dev.stele.core.backup;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.engine.TrimmedPrefix;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NodeSource;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TiledNodes;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.core.proof.VerifierKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * Copies a log from one engine into another, while others write it: the same records, so the same
 * leaves and the same root, with every checkpoint that was signed on the way.
 *
 * <pre>
 *   what is there ──► a beginning of the log, by its root? ──► gone on with from there
 *   the log ──► Verifier: nothing is copied of one that does not verify
 *   its rows, as far as signed ──► link, chain, body ──► the other engine
 *        a receipt among them ──► in the same commit the bodies or rows that it names go there too
 *   its checkpoints ──► the other engine, the last one durably
 *   the other engine ──► Verifier, and the root held against the one that was signed
 * </pre>
 *
 * <p>Stopped at any moment, even by a loss of power, it goes on where it was when it is run again.
 * Until it has ended once, what is there is no log that may be opened: receipts may be missing for
 * bodies that were never copied. So its keys are best put beside it afterwards.
 *
 * <p>What was erased is never written to the other engine. What is erased while the log is copied
 * takes the copy on to the checkpoint behind the receipt. Views are not copied; whoever opens the
 * copy makes them anew.
 *
 * <p>Memory does not depend on the size of the log, but for the ranges that receipts name. One
 * thread at a time.
 */
public final class LogCopy {
  private static final int PAGE = 1_024;
  private static final int CHECKPOINT_PAGE = 256;

  /** The log is gone through three times: verified, copied, and verified where it was copied to. */
  private static final int PASSES = 3;

  /** How often a copy goes on to a later checkpoint: each time something was erased meanwhile. */
  private static final int MAX_EXTENSIONS = 1_000;

  private final LogEngine from;
  private final LogEngine to;
  private final LogId log;
  private final VerifierKey key;
  private final Checks checks;
  private final Progress progress;
  private final NodeSource nodes;

  /** What the other engine has, and the chain and the tiles that it is gone on with. */
  private final RowChain rows;

  private final long before;
  private final BareRows bare = new BareRows();
  private StoredCheckpoint goal;
  private Checkpoint signed;
  private Gone gone;

  /** Rows behind this were written when it was known what of them is gone. */
  private long writtenUnknowing;

  /** How many events were verified at the source, signatures included. */
  private long audited;

  /**
   * What verifications are given.
   *
   * @param anchor the last checkpoint of the log that is known outside of it
   * @param indexKey the log's index key, without which claims are not re-computed
   * @param auditors makes what re-checks signatures, for one verification of a log on an engine
   */
  public record Checks(
      Optional<byte[]> anchor,
      Optional<byte[]> indexKey,
      Function<LogEngine, List<Auditor>> auditors) {
    /** Hashes alone. */
    public static final Checks NONE =
        new Checks(Optional.empty(), Optional.empty(), _ -> List.of());
  }

  /** The end of a copy, on its way to the caller. */
  private static final class Ended extends RuntimeException {
    final transient CopyResult result;

    Ended(CopyResult result) {
      super(result.toString(), null, false, false);
      this.result = result;
    }
  }

  private LogCopy(
      LogEngine from,
      LogEngine to,
      LogId log,
      VerifierKey key,
      Checks checks,
      Progress progress,
      StoredCheckpoint goal,
      Checkpoint signed) {
    this.from = from;
    this.to = to;
    this.log = log;
    this.key = key;
    this.checks = checks;
    this.progress = progress;
    this.goal = goal;
    this.signed = signed;
    this.nodes = new TiledNodes(from, log);
    this.gone = Gone.in(from, log, key, goal.size());
    this.before = to.head(log).size();
    this.rows = RowChain.behind(key.name(), before, new TiledNodes(to, log));
  }

  /**
   * Copies a log, or goes on with a copy.
   *
   * @param from where the log is; only read
   * @param to has no event of the log, or those that it begins with; nobody else writes it
   * @param log under which name it is in both
   * @param key the log's public key
   * @param progress is told how many events were verified, then copied, then verified there, of
   *     three times their number; may throw, to stop it until it is run again
   * @throws StorageFailed as damaged when an engine cannot read what it has, else when one fails
   * @throws UnsupportedOperationException when the log has erased or trimmed what the other engine
   *     holds, or begins behind what was trimmed, and the other engine cannot do that
   */
  public static CopyResult run(
      LogEngine from, LogEngine to, LogId log, VerifierKey key, Checks checks, Progress progress) {
    Optional<StoredCheckpoint> goal = from.latestCheckpoint(log);
    Optional<Checkpoint> signed = goal.flatMap(each -> opened(each, key));
    if (goal.isEmpty()) {
      return new CopyResult.NothingSigned();
    }
    if (signed.isEmpty()) {
      return new CopyResult.SourceUnsound(
          1, "its last checkpoint is not signed with the key of " + key.name());
    }
    try {
      return new LogCopy(from, to, log, key, checks, progress, goal.get(), signed.get()).run();
    } catch (Ended ended) {
      return ended.result;
    }
  }

  private static Optional<Checkpoint> opened(StoredCheckpoint stored, VerifierKey key) {
    return switch (SignedCheckpoint.open(stored.note(), key)) {
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) ->
          Optional.of(checkpoint.checkpoint());
      case SignedCheckpoint.Opening.Refused _ -> Optional.empty();
    };
  }

  private CopyResult run() {
    requireBeginning();
    verifySource();
    copyRows();
    copyCheckpoints();
    return verifyCopy();
  }

  // ---- before anything is written ----

  /** What is there must be what the log begins with: by the root over it, which both have. */
  private void requireBeginning() {
    if (before > signed.size()) {
      throw notContinued(
          "there are %,d events at the place of the copy, and the log has signed for %,d"
              .formatted(before, signed.size()));
    }
    if (!Arrays.equals(rows.root(), Merkle.root(before, nodes))) {
      throw notContinued(
          "the %,d events at the place of the copy are not the first of the log".formatted(before));
    }
    if (before > 0 && before < gone.trimmed()) {
      throw trimmedAway();
    }
  }

  private static Ended notContinued(String reason) {
    return new Ended(new CopyResult.NotContinued(reason));
  }

  private Ended trimmedAway() {
    return notContinued(
        "the copy ends at %,d, and the log has trimmed more than that since: events between are nowhere"
            .formatted(rows.size()));
  }

  private void verifySource() {
    Verifier verifier =
        Verifier.of(from, log, key)
            .withAnchor(checks.anchor())
            .withAuditors(() -> checks.auditors().apply(from))
            .progress(done -> tell(0, Math.min(done, signed.size())));
    checks.indexKey().ifPresent(verifier::withIndexKey);
    audited =
        switch (verifier.verify()) {
          case Verdict.Intact intact -> intact.scope().size();
          case Verdict.Broken broken -> throw faulty(broken.at(), broken.fault().detail());
        };
  }

  private void tell(int pass, long done) {
    progress.at(pass * signed.size() + done, PASSES * signed.size());
  }

  // ---- rows ----

  private void copyRows() {
    writtenUnknowing = before;
    for (int extensions = 0; extensions < MAX_EXTENSIONS; extensions++) {
      while (rows.size() < signed.size()) {
        copyPage();
        tell(1, rows.size());
      }
      if (!Arrays.equals(rows.root(), signed.root())) {
        throw faulty(rows.size(), "the events are not those that its checkpoint was signed for");
      }
      gone = Gone.in(from, log, key, Long.MAX_VALUE);
      if (gone.lastReceipt() <= signed.size()) {
        OptionalLong missing = bare.withoutReason(gone);
        if (missing.isPresent()) {
          throw faulty(missing.getAsLong(), "its body is missing without a receipt");
        }
        return;
      }
      // Rows may have lost bodies whose receipts are not copied yet; each receipt is signed for in
      // its own commit.
      writtenUnknowing = rows.size();
      Optional<StoredCheckpoint> later = from.latestCheckpoint(log);
      signed = later.flatMap(each -> opened(each, key)).orElse(signed);
      goal = later.orElse(goal);
    }
    throw new StorageFailed(
        "events of log %s are being erased without an end; try again".formatted(log));
  }

  private static Ended faulty(long at, String detail) {
    return new Ended(new CopyResult.SourceUnsound(at, detail));
  }

  private void copyPage() {
    RowPage.Cursor row = from.readPage(log, firstToRead() - 1, PAGE).cursor();
    Head head = head();
    List<Row> batch = new ArrayList<>();
    long read = 0;
    while (rows.size() < signed.size() && row.next()) {
      read++;
      Row whole = row.row();
      if (rows.size() + 1 < whole.position()) {
        throw isTrimmedBehind(whole.position()) ? trimmedAway() : missing();
      }
      Optional<Receipt> forgets = forgetsThere(whole);
      if (forgets.isPresent()) {
        // On its own, so that everything it names is there and goes with it.
        write(head, batch);
        batch = new ArrayList<>();
        writeForgetting(take(whole), forgets.get());
        head = head();
      } else {
        batch.add(take(whole));
      }
    }
    if (read == 0) {
      throw missing();
    }
    write(head, batch);
  }

  /** Where rows go on; behind what was trimmed, if nothing is there yet. */
  private long firstToRead() {
    if (rows.size() == 0 && gone.trimmed() > 0) {
      prefix().into(rows);
    }
    return rows.size() + 1;
  }

  private Head head() {
    return new Head(rows.size(), rows.link());
  }

  private boolean isTrimmedBehind(long position) {
    return Gone.in(from, log, key, Long.MAX_VALUE).trimmed() == position - 1;
  }

  private Ended missing() {
    return faulty(rows.size() + 1, "event %d is missing".formatted(rows.size() + 1));
  }

  private Row take(Row row) {
    Optional<String> fault = rows.take(row);
    if (fault.isPresent()) {
      throw faulty(rows.size() + 1, fault.get());
    }
    if (row.body() == null) {
      bare.add(row.position());
      return row;
    }
    return gone.erased(row.position())
        ? new Row(row.position(), row.link(), row.record(), null, row.keys())
        : row;
  }

  private void write(Head head, List<Row> batch) {
    if (batch.isEmpty()) {
      return;
    }
    Batch rowsAndTiles = new Batch(batch, rows.takeTiles(), null);
    if (to.head(log).size() == 0 && head.size() > 0) {
      writeBehindPrefix(head, rowsAndTiles);
    } else {
      require(to.commit(log, head, rowsAndTiles, Durability.OS));
    }
  }

  private void require(CommitResult result) {
    switch (result) {
      case CommitResult.Committed _ -> {}
      case CommitResult.HeadMoved(Head actual) ->
          throw new StorageFailed(
              "somebody else writes to the copy of log %s: it has %d events"
                  .formatted(log, actual.size()));
      case CommitResult.Fenced(String reason) ->
          throw new StorageFailed(
              "somebody else writes to the copy of log %s: %s".formatted(log, reason));
    }
  }

  // ---- what goes ----

  /** The receipt that a row is, if rows that were written before it have what it says is gone. */
  private Optional<Receipt> forgetsThere(Row row) {
    if (!Gone.isReceipt(row.record()) || row.body() == null) {
      return Optional.empty();
    }
    return Gone.receiptIn(row, key)
        .filter(
            receipt ->
                switch (receipt) {
                  case Receipt.Erased erased -> !writtenOf(erased).isEmpty();
                  case Receipt.Trimmed trimmed -> trimmed.upTo() >= firstThere();
                  case Receipt.Released _, Receipt.Rewound _ -> false;
                });
  }

  private List<PositionRange> writtenOf(Receipt.Erased erased) {
    return erased.ranges().stream()
        .map(Receipt.ErasedRange::range)
        .filter(range -> range.first() <= writtenUnknowing)
        .map(range -> new PositionRange(range.first(), Math.min(range.last(), writtenUnknowing)))
        .toList();
  }

  private long firstThere() {
    List<Row> first = to.read(log, 0, 1);
    return first.isEmpty() ? Long.MAX_VALUE : first.getFirst().position();
  }

  private void writeForgetting(Row receiptRow, Receipt receipt) {
    Head head = to.head(log);
    Batch batch = new Batch(List.of(receiptRow), rows.takeTiles(), null);
    switch (receipt) {
      case Receipt.Erased erased -> {
        if (!(to instanceof Erasable erasable)) {
          throw new UnsupportedOperationException(
              "the engine of the copy cannot erase what the log has erased since");
        }
        require(erasable.commitErasing(log, head, batch, writtenOf(erased), Durability.OS));
      }
      case Receipt.Trimmed trimmed -> {
        if (!(to instanceof Trimmable trimmable)) {
          throw new UnsupportedOperationException(
              "the engine of the copy cannot trim what the log has trimmed since");
        }
        require(trimmable.commitTrimming(log, head, batch, trimmed.upTo(), Durability.OS));
      }
      case Receipt.Released _, Receipt.Rewound _ ->
          throw new IllegalStateException("nothing goes by a receipt that is " + receipt.type());
    }
  }

  // ---- what is left of trimmed events ----

  private PrefixTiles prefix() {
    long tiles = gone.trimmed() / Tile.WIDTH;
    return new PrefixTiles(() -> LongStream.range(0, tiles).mapToObj(this::lowestTile).iterator());
  }

  private Tile lowestTile(long index) {
    return from.tile(log, 0, index)
        .orElseThrow(
            () ->
                StorageFailed.damaged(
                    "tile %d of log %s, over events that were trimmed, is missing"
                        .formatted(index, log)));
  }

  private void writeBehindPrefix(Head head, Batch batch) {
    if (!(to instanceof Restorable restorable)) {
      throw new UnsupportedOperationException(
          "the engine of the copy cannot take a log whose first %d events were trimmed"
              .formatted(head.size()));
    }
    try (PulledEntries claims = upTo(head.size(), sink -> from.scanClaims(log, sink));
        PulledEntries streams = upTo(head.size(), sink -> from.scanStreams(log, sink))) {
      require(
          restorable.commitBehind(
              log, new TrimmedPrefix(head, prefix(), claims, streams), batch, Durability.OS));
    }
  }

  private static PulledEntries upTo(long position, Consumer<Consumer<IndexEntry>> scan) {
    return new PulledEntries(
        sink ->
            scan.accept(
                entry -> {
                  if (entry.position() <= position) {
                    sink.accept(entry);
                  }
                }));
  }

  // ---- checkpoints ----

  /** The last one is written last: where it is, everything before it is durable. */
  private void copyCheckpoints() {
    for (long next = 0; next < goal.size(); ) {
      List<StoredCheckpoint> page = from.checkpoints(log, next, CHECKPOINT_PAGE);
      if (page.isEmpty()) {
        break;
      }
      Map<Long, byte[]> there = new HashMap<>();
      for (StoredCheckpoint each : to.checkpoints(log, next, CHECKPOINT_PAGE)) {
        there.put(each.size(), each.note());
      }
      for (StoredCheckpoint each : page) {
        next = each.size() + 1;
        if (each.size() < goal.size()) {
          copyCheckpoint(each, Optional.ofNullable(there.get(each.size())), Durability.OS);
        }
      }
    }
    copyCheckpoint(
        goal,
        to.latestCheckpoint(log)
            .filter(each -> each.size() == goal.size())
            .map(StoredCheckpoint::note),
        Durability.DURABLE);
  }

  private void copyCheckpoint(
      StoredCheckpoint checkpoint, Optional<byte[]> there, Durability durability) {
    if (there.filter(note -> Arrays.equals(note, checkpoint.note())).isEmpty()) {
      require(to.commit(log, head(), new Batch(List.of(), List.of(), checkpoint), durability));
    }
  }

  // ---- the copy ----

  private CopyResult verifyCopy() {
    Verifier verifier =
        Verifier.of(to, log, key)
            .withAnchor(Optional.of(goal.note()))
            .progress(done -> tell(2, done));
    checks.indexKey().ifPresent(verifier::withIndexKey);
    if (signed.size() > audited) {
      // What came in behind what was verified at the source had its hashes re-computed, and no
      // signature.
      verifier.withAuditors(() -> checks.auditors().apply(to));
    }
    return switch (verifier.verify()) {
      case Verdict.Broken broken -> new CopyResult.Unsound(broken.at(), broken.fault().detail());
      case Verdict.Intact intact ->
          Arrays.equals(intact.root(), signed.root())
              ? new CopyResult.Copied(intact, signed, before, from.head(log).size())
              : new CopyResult.Unsound(
                  signed.size(), "the root over the copy is not the one that was signed");
    };
  }
}
