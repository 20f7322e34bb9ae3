package dev.stele.core.log;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.SharedEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.ReceiptGate;
import dev.stele.core.log.AppendResult.AckProof;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns admitted events into a durable, ordered, linked sequence; the only writer, but on a {@link
 * SharedEngine}.
 *
 * <pre>
 *   caller                             writer: one caller at a time, for all that wait
 *   encode, hash, draw salt  ──queue──►  claims · link · tree ──► engine.commit ──► anchor ──► acks
 * </pre>
 *
 * <p>An ack means what its durability says; {@code DURABLE} unless the append asks for less. When
 * it is opened, a log is checked from the last trusted checkpoint on, or whole ({@link Opening}).
 * Of one that does not verify what is proven can still be read ({@link WhenBroken}), and every
 * append is answered {@link AppendResult.ReadOnly}.
 *
 * <p>A checkpoint is signed when one is asked for, at least every {@link
 * LogOptions#checkpointEvery} while the log grows, and on close. It is stored with the commit it
 * covers and recorded in the anchor before anyone sees it, so that the log can never sign another
 * history after a crash.
 *
 * <p>On a shared engine other processes append as well. A commit that comes too late takes up their
 * events, checks that they continue the log, and places all its own anew behind them: claims,
 * revisions and times are decided again, and only the outcome of the commit that is stored is told,
 * signed for and anchored. Events that do not continue the log make it read-only. Each process has
 * an anchor of its own.
 *
 * <p>Thread-safe. Blocking: call it from virtual threads. When the engine fails, every append of
 * that commit throws {@link StorageFailed} and may or may not be in the log; claims make it safe to
 * send it again.
 */
public final class EventLog extends LogReader {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.log");

  /** How often one batch is placed anew: with dozens of writers, none comes near. */
  private static final int MAX_LOSSES = 1_000;

  /** After so many losses in a row a writer waits a little, so that the others come to an end. */
  private static final int PATIENT_LOSSES = 3;

  /** What is added to the longest wait by each further loss: less than most commits take. */
  private static final long BACK_OFF_NANOS = 200_000;

  /** The longest wait: beyond a few commits of others it would only cost time. */
  private static final long MAX_BACK_OFF_NANOS = 5_000_000;

  private final LogKeys keys;
  private final LogOptions options;
  private final Salts salts;
  private final GroupCommit<Work> commits;
  private final Forgetting forgetting;

  /** One erase or trim at a time. */
  private final ReentrantLock forgettingTurn = new ReentrantLock();

  /** What is known of the log: what was found on opening, until a scrub finds something worse. */
  private volatile Verdict verdict;

  private volatile Proven proven;

  /** How far a scrub has come, −1 when there is none. */
  private volatile long scrubbing = -1;

  /** How many events were taken on a checkpoint's word. */
  private final long trustedSize;

  /** How many subscribers wait; the writer signals only when there are some. */
  private final AtomicInteger waiters = new AtomicInteger();

  private final ReentrantLock growth = new ReentrantLock();
  private final Condition grown = growth.newCondition();

  private volatile Head head;

  /** Set when the log was closed, and when another writer took it over. */
  private volatile boolean closed;

  private final AtomicBoolean released = new AtomicBoolean();

  /** Null while the log is read-only, and after a failure until it was taken up again. */
  private @Nullable Linker linker;

  /** Null where this process alone appends, and so is {@link #lookout}. */
  private final @Nullable OtherWriters others;

  private final @Nullable Lookout lookout;

  /** Whether a commit on a shared engine failed, so that it may or may not be there. */
  private boolean unsure;

  /**
   * The last checkpoint that may be seen: recorded in the anchor, and not ahead of {@link #head}.
   * What the engine has is either only later. Not used where others write too.
   */
  private volatile @Nullable SignedCheckpoint shown;

  /** Written by the writer alone. */
  private volatile long signedSize;

  private long signedAtMillis;

  /** How many events are known to be synced; what is there on opening need not be. */
  private long durableSize;

  private sealed interface Work {
    record Appending(PreparedAppend append) implements Work {}

    record Group(List<PreparedAppend> appends) implements Work {}

    record Signing(SignRequest request) implements Work {}

    record Forget(PreparedAppend receipt, Forgetting.Forgotten what) implements Work {}

    record Release(ReleaseRequest request) implements Work {}
  }

  private static final class ReleaseRequest {
    final PreparedAppend receipt;
    final long recordedBeforeMillis;

    /** Why no receipt is needed, or none possible; decided by the writer. */
    @Nullable ReleaseResult without;

    ReleaseRequest(PreparedAppend receipt, long recordedBeforeMillis) {
      this.receipt = receipt;
      this.recordedBeforeMillis = recordedBeforeMillis;
    }
  }

  private static final class SignRequest {
    @Nullable SignedCheckpoint signed;
    @Nullable RuntimeException failure;
  }

  private EventLog(
      LogEngine engine,
      LogId log,
      LogKeys keys,
      LogOptions options,
      Verdict opened,
      long trustedSize) {
    super(engine, log, keys.signer().vkey(), Optional.of(keys));
    this.keys = keys;
    this.options = options;
    Instant openedAt = options.clock().instant();
    this.verdict = opened;
    this.trustedSize = trustedSize;
    this.proven =
        trustedSize == 0 && opened instanceof Verdict.Intact
            ? new Proven(opened.scope().size(), Proven.Depth.HASHES, openedAt)
            : options.anchor().proven();
    this.forgetting =
        new Forgetting(engine, log, verifierKey(), options.keptStreams(), this::commitForgetting);
    this.salts = new Salts(options.random());
    this.commits =
        new GroupCommit<>(
            options.queueCapacity(), options.maxBatch(), options.linger().toNanos(), this::commit);
    if (engine instanceof SharedEngine shared) {
      this.others = new OtherWriters(engine, log, verifierKey());
      this.lookout = new Lookout(engine, log, shared.lookEvery());
    } else {
      this.others = null;
      this.lookout = null;
    }
    if (opened instanceof Verdict.Intact) {
      // What others have appended since it was verified is taken up, and checked, by the writer.
      this.linker = takeUp(others == null ? engine.head(log).size() : opened.scope().size());
      this.head = linker.head();
    } else {
      this.head = engine.head(log);
    }
    this.signedSize = engine.latestCheckpoint(log).map(StoredCheckpoint::size).orElse(-1L);
    this.signedAtMillis = openedAt.toEpochMilli();
  }

  /**
   * Opens a log to write: checks it whole, and begins it if there is nothing yet.
   *
   * @param engine where the log is; closed with the log
   * @param log which of its logs
   * @param keys its secrets
   * @param options its limits and what it takes from outside
   * @return the log, read-only when it does not verify: see {@link #verdict}
   * @throws StorageFailed when the engine or the anchor cannot be read; the engine is closed then
   */
  public static EventLog open(LogEngine engine, LogId log, LogKeys keys, LogOptions options) {
    return taking(
        engine,
        options.anchor(),
        () -> {
          Optional<Checkpoint> trusted =
              switch (options.opening()) {
                case WHOLE -> Optional.empty();
                case TAIL ->
                    options.anchor().suspected()
                        ? Optional.empty()
                        : trusted(engine, log, keys, options.anchor());
              };
          return openChecked(
              engine,
              log,
              keys,
              options,
              trusted.map(Checkpoint::size).orElse(0L),
              verifier -> trusted.map(verifier::from).orElse(verifier).verify());
        });
  }

  /** The last checkpoint that may be taken on its word, if the log reaches so far. */
  private static Optional<Checkpoint> trusted(
      LogEngine engine, LogId log, LogKeys keys, Anchor anchor) {
    return anchor
        .last()
        .or(() -> engine.latestCheckpoint(log).map(StoredCheckpoint::note))
        .map(note -> SignedCheckpoint.open(note, keys.signer().vkey()))
        .filter(SignedCheckpoint.Opening.Opened.class::isInstance)
        .map(SignedCheckpoint.Opening.Opened.class::cast)
        .map(opened -> opened.checkpoint().checkpoint())
        .filter(checkpoint -> checkpoint.size() <= engine.head(log).size());
  }

  /**
   * Takes the anchor before anything is looked at, so that no other writer, and no copy of this log
   * that shares the anchor, signs between the look and the first commit.
   */
  private static EventLog taking(LogEngine engine, Anchor anchor, Supplier<EventLog> opening) {
    try {
      anchor.take();
      return opening.get();
    } catch (RuntimeException | Error e) {
      try (LogEngine _ = engine;
          Anchor _ = anchor) {
        throw e;
      }
    }
  }

  /**
   * Opens a log whose domain checks more than the log itself can: its auditors, its tables.
   *
   * @param check is given the verifier that {@link #open(LogEngine, LogId, LogKeys, LogOptions)}
   *     would run, and answers the verdict under which the log opens
   */
  public static EventLog open(
      LogEngine engine,
      LogId log,
      LogKeys keys,
      LogOptions options,
      Function<Verifier, Verdict> check) {
    return taking(
        engine, options.anchor(), () -> openChecked(engine, log, keys, options, 0, check));
  }

  private static EventLog openChecked(
      LogEngine engine,
      LogId log,
      LogKeys keys,
      LogOptions options,
      long trustedSize,
      Function<Verifier, Verdict> check) {
    Optional<byte[]> anchored = options.anchor().last();
    options
        .anchor()
        .damage()
        .ifPresent(
            damage ->
                LOGGER.log(
                    System.Logger.Level.WARNING,
                    "event=anchor-damaged log={0} detail=\"{1}\"",
                    log,
                    damage));
    Verifier verifier =
        Verifier.of(engine, log, keys.signer().vkey())
            .withAnchor(anchored)
            .withStranger(options.anchor().stranger())
            .withIndexKey(keys.indexKey());
    Verdict verdict = check.apply(verifier);
    if (verdict instanceof Verdict.Broken) {
      options.anchor().suspect(true);
    } else if (trustedSize == 0) {
      options.anchor().suspect(false);
    }
    EventLog opened = new EventLog(engine, log, keys, options, verdict, trustedSize);
    LOGGER.log(
        verdict instanceof Verdict.Intact ? System.Logger.Level.INFO : System.Logger.Level.ERROR,
        "event=open log={0} origin={1} size={2} {3}",
        log,
        keys.origin(),
        opened.head.size(),
        verdict);
    if (opened.linker != null) {
      opened.bringAnchorUpTo(anchored);
      opened.shown = opened.storedCheckpoint().orElse(null);
      if (opened.signedSize < 0 && opened.verdict instanceof Verdict.Intact) {
        opened.checkpoint();
      }
    }
    return opened;
  }

  /**
   * Records the last stored checkpoint in an anchor that does not know it: a crash between the
   * commit of a checkpoint and its record must not leave a signature that can be rolled back.
   */
  private void bringAnchorUpTo(Optional<byte[]> anchored) {
    long anchoredSize =
        anchored.isPresent()
                && SignedCheckpoint.open(anchored.get(), verifierKey())
                    instanceof SignedCheckpoint.Opening.Opened(SignedCheckpoint last)
            ? last.checkpoint().size()
            : -1;
    Optional<SignedCheckpoint> latest =
        storedCheckpoint().filter(stored -> stored.checkpoint().size() > anchoredSize);
    if (others != null && latest.isPresent()) {
      // It may be of another writer, and of events that nobody here has checked yet.
      takeUpOthers(engine.head(log));
    }
    if (verdict instanceof Verdict.Intact) {
      latest.ifPresent(stored -> options.anchor().record(stored.bytes()));
    }
  }

  /** What the check on opening found, or what a scrub has found since. */
  public Verdict verdict() {
    return verdict;
  }

  @Override
  public Head head() {
    requireOpen();
    return others == null ? head : engine.head(log);
  }

  @Override
  public Optional<SignedCheckpoint> latestCheckpoint() {
    requireOpen();
    SignedCheckpoint known = shown;
    return others == null && known != null ? Optional.of(known) : storedCheckpoint();
  }

  /** What the engine has, seen by nobody yet where it was signed a moment ago. */
  private Optional<SignedCheckpoint> storedCheckpoint() {
    return super.latestCheckpoint();
  }

  /** Appends, and returns when the outcome is as durable as asked for. */
  public AppendResult append(Append append) {
    return submit(append).await();
  }

  /**
   * Takes a place behind everything submitted before, without waiting for the outcome. Whoever must
   * decide and append as one step holds its own lock for this call, not for the commit.
   *
   * @return what must be awaited: until somebody awaits, nothing need happen
   */
  public Submission submit(Append append) {
    requireOpen();
    requireOwn(append);
    LogKeys.Indexer indexer = keys.indexer();
    PreparedAppend prepared = new PreparedAppend(append, indexer, salts::next);
    keys.giveBack(indexer);
    return new Submission(prepared, commits.submit(new Work.Appending(prepared)));
  }

  /** An append on its way. Awaited once, by any one thread. */
  public final class Submission {
    private final PreparedAppend prepared;
    private final GroupCommit.Ticket<Work> ticket;

    private Submission(PreparedAppend prepared, GroupCommit.Ticket<Work> ticket) {
      this.prepared = prepared;
      this.ticket = ticket;
    }

    /**
     * Returns when the outcome is as durable as asked for; commits for all who wait, if nobody else
     * does.
     *
     * @throws StorageFailed when the engine failed: the append may or may not be in the log
     */
    public AppendResult await() {
      commits.await(ticket);
      return resultOf(prepared);
    }
  }

  /**
   * Appends requests that stand or fall each for itself, in order and in as few commits as their
   * size allows; a later one sees the claims of an earlier one.
   *
   * @return the outcomes, in the order of the requests
   */
  public List<AppendResult> appendAll(List<Append> appends) {
    requireOpen();
    List<AppendResult> results = new ArrayList<>(appends.size());
    LogKeys.Indexer indexer = keys.indexer();
    List<PreparedAppend> group = new ArrayList<>();
    long bytes = 0;
    for (Append append : appends) {
      requireOwn(append);
      PreparedAppend prepared = new PreparedAppend(append, indexer, salts::next);
      group.add(prepared);
      bytes += prepared.sizeBytes();
      if (group.size() >= options.maxBatch() || bytes >= LogEngine.MAX_READ_BYTES) {
        appendGroup(group, results);
        bytes = 0;
      }
    }
    appendGroup(group, results);
    keys.giveBack(indexer);
    return results;
  }

  /** The log's own streams hold what the log itself has signed. */
  private static void requireOwn(Append append) {
    if (append.events().getFirst().draft().stream().startsWith(EventDraft.LOGS_OWN)) {
      throw new IllegalArgumentException(
          "streams that begin with %s are the log's own".formatted(EventDraft.LOGS_OWN));
    }
  }

  private void appendGroup(List<PreparedAppend> group, List<AppendResult> results) {
    if (group.isEmpty()) {
      return;
    }
    commits.run(new Work.Group(List.copyOf(group)));
    for (PreparedAppend prepared : group) {
      results.add(resultOf(prepared));
    }
    group.clear();
  }

  private static AppendResult resultOf(PreparedAppend prepared) {
    if (prepared.failure != null) {
      throw prepared.failure;
    }
    if (prepared.result == null) {
      throw new IllegalStateException("the writer left an append without an answer");
    }
    return prepared.result;
  }

  /**
   * A signed checkpoint over everything appended before this call: durable in the log and in its
   * anchor before it is returned.
   *
   * @throws IllegalStateException when the log is read-only
   */
  public SignedCheckpoint checkpoint() {
    requireOpen();
    SignRequest request = new SignRequest();
    commits.run(new Work.Signing(request));
    if (request.failure != null) {
      throw request.failure;
    }
    if (request.signed == null) {
      throw new IllegalStateException("the writer left a checkpoint unsigned");
    }
    return request.signed;
  }

  /**
   * Drops the bodies of events for good: payload, claims, subject and salt. Their records, links
   * and index keys stay, so chain, root and every proof still hold, and what was erased cannot be
   * appended again. A receipt signed with the log's key is appended in the same commit, or several
   * when there are more than {@value Forgetting#MAX_ERASED} events, each with its part.
   *
   * <p>What is appended after the call began may be left out. Dropped bytes may linger on the
   * medium until {@link #compact}.
   *
   * @throws UnsupportedOperationException when the engine cannot erase
   * @throws StorageFailed when the engine failed: some receipts, with their bodies, may be done
   */
  public EraseResult erase(Erasure what) {
    requireOpen();
    if (!(engine instanceof Erasable)) {
      throw new UnsupportedOperationException("the engine of log %s cannot erase".formatted(log));
    }
    if (!(verdict instanceof Verdict.Intact)) {
      return new EraseResult.ReadOnly(verdict);
    }
    forgettingTurn.lock();
    try {
      return forgetting.erase(what);
    } finally {
      forgettingTurn.unlock();
    }
  }

  /**
   * Drops the first events whole and keeps what proves them: their tiles, the places their streams
   * had, and their claims, but for those that have expired. A receipt signed with the log's key is
   * appended in the same commit.
   *
   * <p>Events go by whole tiles of 256, and not those with a claim that may still expire or be
   * released.
   *
   * @param before events from this position on stay in any case
   * @throws UnsupportedOperationException when the engine cannot trim
   */
  public TrimResult trim(long before) {
    requireOpen();
    if (!(engine instanceof Trimmable)) {
      throw new UnsupportedOperationException("the engine of log %s cannot trim".formatted(log));
    }
    if (!(verdict instanceof Verdict.Intact)) {
      return new TrimResult.ReadOnly(verdict);
    }
    forgettingTurn.lock();
    try {
      return forgetting.trim(before);
    } finally {
      forgettingTurn.unlock();
    }
  }

  /**
   * Releases claims: from a receipt on, which is signed with the log's key and appended, those made
   * {@link Claim#UNTIL_RELEASED} by events recorded before a time may be taken again. Claims of
   * other kinds are as they were.
   *
   * <p>Whoever releases must know that the gates refuse by then, for another reason, what those
   * claims kept out. A release reaches further than the one before it, or is none.
   *
   * @param recordedBefore a time since the epoch that has passed by the log's clock, counted in
   *     whole milliseconds
   * @throws StorageFailed when the engine failed: the receipt may or may not be in the log
   */
  public ReleaseResult release(Instant recordedBefore) {
    requireOpen();
    if (recordedBefore.isBefore(Instant.EPOCH)
        || recordedBefore.isAfter(Instant.ofEpochMilli(Claim.UNTIL_RELEASED))) {
      throw new IllegalArgumentException(
          "claims are released up to a time since the epoch, not " + recordedBefore);
    }
    long millis = recordedBefore.toEpochMilli();
    PreparedAppend receipt =
        new PreparedAppend(
            Append.of(admitted(new Receipt.Released(keys.origin(), millis))),
            keys.indexer(),
            salts::next);
    ReleaseRequest request = new ReleaseRequest(receipt, millis);
    commits.run(new Work.Release(request));
    if (request.without != null) {
      return request.without;
    }
    return switch (resultOf(receipt)) {
      case AppendResult.Appended appended ->
          new ReleaseResult.Released(appended.first(), Instant.ofEpochMilli(millis));
      case AppendResult.ReadOnly(Verdict broken) -> new ReleaseResult.ReadOnly(broken);
      case AppendResult.AlreadyPresent _, AppendResult.Refused _, AppendResult.Conflict _ ->
          throw new IllegalStateException("a release makes no claims and expects nothing");
    };
  }

  /**
   * Rewrites the log's medium, so that no file of it holds a byte of what was erased or trimmed.
   * Appends wait meanwhile.
   *
   * @throws UnsupportedOperationException when the engine has nothing to compact
   */
  public Compactable.Compacted compact() {
    requireOpen();
    if (!(engine instanceof Compactable compactable)) {
      throw new UnsupportedOperationException(
          "the engine of log %s has no medium to compact".formatted(log));
    }
    return compactable.compact();
  }

  private OptionalLong commitForgetting(
      Receipt receipt, Forgetting.Forgotten what, long receiptsBefore) {
    Append append = Append.of(admitted(receipt)).expecting(receiptsBefore);
    PreparedAppend prepared = new PreparedAppend(append, keys.indexer(), salts::next);
    commits.run(new Work.Forget(prepared, what));
    return switch (resultOf(prepared)) {
      case AppendResult.Appended appended -> OptionalLong.of(appended.first());
      case AppendResult.Conflict _ -> OptionalLong.empty();
      case AppendResult.ReadOnly(Verdict broken) ->
          throw new StorageFailed("log %s was found broken meanwhile: %s".formatted(log, broken));
      case AppendResult.AlreadyPresent _, AppendResult.Refused _ ->
          throw new IllegalStateException("a receipt makes no claims");
    };
  }

  private Admitted admitted(Receipt receipt) {
    Admission admission =
        new ReceiptGate(verifierKey())
            .judge(receipt.sign(keys.signer()), options.clock().instant());
    if (!(admission instanceof Admitted admitted)) {
      throw new IllegalStateException("the log's own receipt was not admitted: " + admission);
    }
    return admitted;
  }

  /**
   * Re-computes everything there is at this moment, on the calling thread alone.
   *
   * <p>A fault makes the log read-only, from this moment on; otherwise {@link #health} and the
   * anchor remember how far the log is proven.
   *
   * @param auditors makes what re-checks signatures, or nothing
   * @param progress is told how far it is, every 1,024 events, and may take its time, or throw to
   *     give up
   */
  public Verdict scrub(Supplier<List<Auditor>> auditors, LongConsumer progress) {
    requireOpen();
    if (verdict instanceof Verdict.Broken) {
      return verdict;
    }
    boolean signatures = !auditors.get().isEmpty();
    long known = head.size();
    try {
      Verdict found =
          Verifier.of(engine, log, verifierKey())
              .withAnchor(options.anchor().last())
              .withStranger(options.anchor().stranger())
              .withIndexKey(keys.indexKey())
              .withAuditors(auditors)
              .threads(1)
              .progress(
                  position -> {
                    scrubbing = position;
                    progress.accept(position);
                  })
              .verify();
      if (found instanceof Verdict.Intact(Verdict.Scope scope, var _) && scope.size() < known) {
        // No checkpoint need tell of what was cut off: it was acked here.
        found =
            new Verdict.Broken(
                scope,
                scope.size(),
                scope.size() + 1,
                new Fault.Gap(
                    "the log was cut or rolled back under its writer: it has %d events, %d are known"
                        .formatted(scope.size(), known)));
      }
      switch (found) {
        case Verdict.Broken broken -> condemn(broken);
        case Verdict.Intact(Verdict.Scope scope, var _) ->
            remember(
                new Proven(
                    scope.size(),
                    signatures ? Proven.Depth.SIGNATURES : Proven.Depth.HASHES,
                    options.clock().instant()));
      }
      return found;
    } finally {
      scrubbing = -1;
    }
  }

  private void remember(Proven now) {
    proven = now;
    options.anchor().suspect(false);
    options.anchor().recordProven(now);
    LOGGER.log(
        System.Logger.Level.INFO,
        "event=proven log={0} size={1} depth={2}",
        log,
        now.size(),
        now.depth());
  }

  /** What is known of the log now. */
  public LogHealth health() {
    long at = scrubbing;
    return new LogHealth(
        head.size(),
        Math.max(0, signedSize),
        verdict,
        trustedSize,
        proven,
        at < 0 ? OptionalLong.empty() : OptionalLong.of(at));
  }

  /** Makes the log read-only: a check has found it broken. */
  void condemn(Verdict.Broken found) {
    verdict = found;
    options.anchor().suspect(true);
    LOGGER.log(System.Logger.Level.ERROR, "event=condemn log={0} {1}", log, found);
    wakeSubscribers();
  }

  @Override
  long servedTo() {
    if (!(verdict instanceof Verdict.Broken broken)) {
      return Long.MAX_VALUE;
    }
    return switch (options.whenBroken()) {
      case FAIL_CLOSED -> throw new LogCorrupt(origin(), broken);
      case SERVE_PROVEN -> broken.lastGood();
    };
  }

  @Override
  void refuseBeyond() {
    if (verdict instanceof Verdict.Broken broken) {
      throw new LogCorrupt(origin(), broken);
    }
  }

  @Override
  boolean awaitGrowth(long size, Duration timeout) throws InterruptedException {
    return lookout == null
        ? awaitOwnGrowth(size, timeout.toNanos())
        : awaitAnyGrowth(size, timeout.toNanos(), lookout);
  }

  /** Waits for events of other processes as well, which nobody signals. */
  private boolean awaitAnyGrowth(long size, long nanos, Lookout looking)
      throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while (!looking.sees(size)) {
      long left = end - System.nanoTime();
      if (awaitOwnGrowth(size, Math.min(left, looking.everyNanos()))) {
        return true;
      }
      if (left <= 0) {
        return false;
      }
    }
    return true;
  }

  private boolean awaitOwnGrowth(long size, long nanos) throws InterruptedException {
    long left = nanos;
    growth.lockInterruptibly();
    waiters.incrementAndGet();
    try {
      while (head.size() <= size) {
        requireOpen();
        if (left <= 0) {
          return false;
        }
        left = grown.awaitNanos(left);
      }
      return true;
    } finally {
      waiters.decrementAndGet();
      growth.unlock();
    }
  }

  /** Signs a last checkpoint where one is due, and releases everything. Idempotent. */
  @Override
  public void close() {
    if (!released.compareAndSet(false, true)) {
      return;
    }
    try {
      if (!closed && verdict instanceof Verdict.Intact && head.size() > signedSize) {
        checkpoint();
      }
    } finally {
      closed = true;
      wakeSubscribers();
      try (LogEngine _ = engine) {
        options.anchor().close();
      }
    }
  }

  // ---- the writer: everything below runs in one thread at a time ----

  private void commit(List<Work> works) {
    try {
      commitAsOftenAsNeeded(works);
    } catch (RuntimeException | Error e) {
      // What was placed may or may not be stored: the next commit asks the engine.
      if (others == null) {
        linker = null;
      } else {
        unsure = true;
      }
      RuntimeException failure =
          e instanceof RuntimeException known
              ? known
              : new StorageFailed("the commit on log %s failed; try again".formatted(log), e);
      for (Work work : works) {
        fail(work, failure);
      }
      wakeSubscribers();
      if (e instanceof Error error) {
        throw error;
      }
    }
  }

  private void commitAsOftenAsNeeded(List<Work> works) {
    // What is to be forgotten was selected from all there is, and that must be known here.
    if (unsure || (others != null && works.stream().anyMatch(Work.Forget.class::isInstance))) {
      takeUpOthers(engine.head(log));
      unsure = false;
    }
    for (int losses = 0; losses < MAX_LOSSES; losses++) {
      if (!(verdict instanceof Verdict.Intact)) {
        refuse(works);
        return;
      }
      Optional<Head> moved = commitOnce(works);
      if (moved.isEmpty()) {
        return;
      }
      LOGGER.log(System.Logger.Level.DEBUG, "event=overtaken log={0} losses={1}", log, losses + 1);
      takeUpOthers(moved.get());
      backOff(losses);
    }
    throw new StorageFailed(
        "other writers of log %s were faster %d times in a row; nothing was stored, try again"
            .formatted(log, MAX_LOSSES));
  }

  private void backOff(int losses) {
    if (losses >= PATIENT_LOSSES) {
      long most = Math.min(MAX_BACK_OFF_NANOS, BACK_OFF_NANOS * losses);
      LockSupport.parkNanos(salts.below(most));
    }
  }

  /** Takes up what others have appended; the log is condemned when it does not continue. */
  private void takeUpOthers(Head actual) {
    OtherWriters writers = others;
    Linker current = linker;
    if (writers == null || current == null) {
      return;
    }
    current.rollBack();
    Head known = current.head();
    switch (writers.takeUp(current, actual)) {
      case OtherWriters.TakenUp.Continued() -> {}
      case OtherWriters.TakenUp.Trimmed() -> takeUpTrimmed(known, current.tree().root());
      case OtherWriters.TakenUp.Broken(long at, Fault fault) ->
          condemn(new Verdict.Broken(known(actual.size()), at - 1, at, fault));
    }
    if (linker != null) {
      head = linker.head();
    }
    wakeSubscribers();
  }

  private Verdict.Scope known(long size) {
    return new Verdict.Scope(size, 0, false, Math.max(0, signedSize), 0, 0, false);
  }

  /**
   * Others have appended and trimmed so much meanwhile that the rows which continue what is known
   * are gone: then all there is, is verified, and the tree must contain the one that is known.
   */
  private void takeUpTrimmed(Head known, byte[] root) {
    switch (Verifier.of(engine, log, verifierKey())
        .withAnchor(options.anchor().last())
        .withIndexKey(keys.indexKey())
        .verify()) {
      case Verdict.Broken broken -> condemn(broken);
      case Verdict.Intact(Verdict.Scope scope, var _) -> {
        if (scope.size() < known.size() || !Arrays.equals(root(known.size()), root)) {
          condemn(
              new Verdict.Broken(
                  scope,
                  0,
                  1,
                  new Fault.Checkpoint(
                      "the first %d events are not those that are known here"
                          .formatted(known.size()))));
        } else {
          linker = takeUp(scope.size());
        }
      }
    }
  }

  /**
   * Places and stores everything once.
   *
   * @return where the log ends, when another writer was faster and nothing was stored
   */
  private Optional<Head> commitOnce(List<Work> works) {
    Linker current = linker;
    if (current == null) {
      current = takeUp(engine.head(log).size());
      linker = current;
    }
    if (others != null) {
      current.mark();
    }
    current.foresee(appendsOf(works));
    Head before = current.head();
    long now = options.clock().millis();
    List<PlacedAppend> placed = new ArrayList<>();
    Durability durability = Durability.MEMORY;
    boolean sign = false;
    Forgetting.@Nullable Forgotten forgotten = null;
    for (Work work : works) {
      switch (work) {
        case Work.Appending(PreparedAppend append) ->
            durability = place(current, append, now, placed, durability);
        case Work.Group(List<PreparedAppend> appends) -> {
          for (PreparedAppend append : appends) {
            durability = place(current, append, now, placed, durability);
          }
        }
        case Work.Signing(SignRequest _) -> {
          sign = true;
          durability = Durability.DURABLE;
        }
        case Work.Forget(PreparedAppend receipt, Forgetting.Forgotten what) -> {
          int placedBefore = placed.size();
          durability = place(current, receipt, now, placed, durability);
          if (placed.size() > placedBefore) {
            // There is one at a time; the anchor is to know the receipt, so that an older copy with
            // what was dropped is known for what it is.
            forgotten = what;
            sign = true;
          }
        }
        case Work.Release(ReleaseRequest request) ->
            durability = release(current, request, now, placed, durability);
      }
    }
    for (PlacedAppend append : placed) {
      sign |= append.append.append.withProof();
    }
    long size = current.head().size();
    sign |=
        size > signedSize
            && now - signedAtMillis >= options.checkpointEvery().toMillis()
            && !placed.isEmpty();
    // Nothing is added by a request for what is there already; a checkpoint makes a commit of it.
    sign |=
        placed.isEmpty()
            && durability == Durability.DURABLE
            && engine.strongest() == Durability.DURABLE
            && size > durableSize;
    List<Row> rows = current.takeRows();
    List<Tile> tiles = current.takeTiles();
    @Nullable SignedCheckpoint checkpoint = null;
    @Nullable StoredCheckpoint stored = null;
    if (sign) {
      checkpoint =
          SignedCheckpoint.sign(
              new Checkpoint(keys.origin(), size, current.tree().root(), List.of()), keys.signer());
      stored = new StoredCheckpoint(size, checkpoint.bytes());
      durability = Durability.DURABLE;
    }
    Durability reached = Durability.DURABLE;
    if (!rows.isEmpty() || stored != null) {
      switch (commit(before, new Batch(rows, tiles, stored), durability, forgotten)) {
        case CommitResult.Committed(Durability durable) -> reached = durable;
        case CommitResult.HeadMoved(Head actual) -> {
          return overtaken(before, actual);
        }
        case CommitResult.Fenced(String reason) -> {
          closed = true;
          throw new LogClosed("log %s was taken over: %s".formatted(log, reason));
        }
      }
    } else if (others != null) {
      // Every answer is one that needs no event; it must not be about a log that has moved on.
      Head actual = engine.head(log);
      if (actual.size() != before.size()) {
        return Optional.of(actual);
      }
    }
    if (reached == Durability.DURABLE && (!rows.isEmpty() || stored != null)) {
      durableSize = size;
    }
    if (checkpoint != null) {
      options.anchor().record(checkpoint.bytes());
      signedSize = size;
      signedAtMillis = now;
      LOGGER.log(System.Logger.Level.DEBUG, "event=checkpoint log={0} size={1}", log, size);
    }
    head = current.head();
    if (checkpoint != null) {
      shown = checkpoint;
    }
    answer(works, placed, checkpoint, tiles, reached);
    wakeSubscribers();
    return Optional.empty();
  }

  private Optional<Head> overtaken(Head before, Head actual) {
    if (others == null) {
      throw new StorageFailed(
          "log %s ends at %d, not at %d: another writer appended to it; nothing was stored, try again"
              .formatted(log, actual.size(), before.size()));
    }
    return Optional.of(actual);
  }

  private static List<PreparedAppend> appendsOf(List<Work> works) {
    List<PreparedAppend> appends = new ArrayList<>();
    for (Work work : works) {
      switch (work) {
        case Work.Appending(PreparedAppend append) -> appends.add(append);
        case Work.Group(List<PreparedAppend> group) -> appends.addAll(group);
        case Work.Forget(PreparedAppend receipt, var _) -> appends.add(receipt);
        case Work.Signing _, Work.Release _ -> {}
      }
    }
    return appends;
  }

  private Durability place(
      Linker current,
      PreparedAppend append,
      long now,
      List<PlacedAppend> placed,
      Durability durability) {
    switch (current.place(append, now)) {
      case Linker.Placed.At(long first) -> {
        placed.add(new PlacedAppend(append, first));
        return durability.stronger(append.append.durability());
      }
      case Linker.Placed.Not(AppendResult why) -> {
        append.result = why;
        // "It is there already" must mean as much as the ack that was asked for.
        return why instanceof AppendResult.AlreadyPresent
            ? durability.stronger(append.append.durability())
            : durability;
      }
    }
  }

  private Durability release(
      Linker current,
      ReleaseRequest request,
      long now,
      List<PlacedAppend> placed,
      Durability durability) {
    long before = request.recordedBeforeMillis;
    long time = current.nextRecordedAt(now);
    if (before <= current.releasedBefore()) {
      request.without =
          new ReleaseResult.AlreadyReleased(Instant.ofEpochMilli(current.releasedBefore()));
      return durability.stronger(Durability.DURABLE);
    }
    if (before >= time) {
      request.without = new ReleaseResult.NotYet(Instant.ofEpochMilli(time));
      return durability;
    }
    request.without = null;
    Durability needed = place(current, request.receipt, now, placed, durability);
    current.release(before);
    return needed;
  }

  private record PlacedAppend(PreparedAppend append, long first) {}

  private CommitResult commit(
      Head before, Batch batch, Durability durability, Forgetting.@Nullable Forgotten forgotten) {
    return switch (forgotten) {
      case null -> engine.commit(log, before, batch, durability);
      case Forgetting.Forgotten.Bodies(List<PositionRange> ranges) ->
          ((Erasable) engine).commitErasing(log, before, batch, ranges, durability);
      case Forgetting.Forgotten.Prefix(long upTo) ->
          ((Trimmable) engine).commitTrimming(log, before, batch, upTo, durability);
    };
  }

  private void answer(
      List<Work> works,
      List<PlacedAppend> placed,
      @Nullable SignedCheckpoint checkpoint,
      List<Tile> tiles,
      Durability reached) {
    Linker current = linker;
    for (PlacedAppend append : placed) {
      Optional<AckProof> proof = Optional.empty();
      if (append.append.append.withProof() && checkpoint != null && current != null) {
        proof =
            Optional.of(new AckProof(checkpoint, current.tree().prove(append.first - 1, tiles)));
      }
      append.append.result =
          new AppendResult.Appended(
              append.first,
              EventRecord.revision(append.append.events[0].record()),
              append.append.events.length,
              Instant.ofEpochMilli(
                  EventRecord.recordedAtMillis(
                      append.append.events[append.append.events.length - 1].record())),
              head,
              reached,
              proof);
    }
    for (Work work : works) {
      if (work instanceof Work.Signing(SignRequest request)) {
        request.signed = checkpoint;
      }
    }
  }

  private void refuse(List<Work> works) {
    AppendResult refusal = new AppendResult.ReadOnly(verdict);
    for (Work work : works) {
      switch (work) {
        case Work.Appending(PreparedAppend append) -> append.result = refusal;
        case Work.Group(List<PreparedAppend> appends) ->
            appends.forEach(append -> append.result = refusal);
        case Work.Forget(PreparedAppend receipt, var _) -> receipt.result = refusal;
        case Work.Release(ReleaseRequest request) -> {
          request.without = null;
          request.receipt.result = refusal;
        }
        case Work.Signing(SignRequest request) ->
            request.failure =
                new IllegalStateException(
                    "log %s does not verify, so no checkpoint is signed: %s"
                        .formatted(log, verdict));
      }
    }
    LOGGER.log(
        System.Logger.Level.WARNING, "event=refuse log={0} reason=read-only {1}", log, verdict);
  }

  private static void fail(Work work, RuntimeException failure) {
    switch (work) {
      case Work.Appending(PreparedAppend append) -> append.failure = failure;
      case Work.Group(List<PreparedAppend> appends) ->
          appends.forEach(append -> append.failure = failure);
      case Work.Forget(PreparedAppend receipt, var _) -> receipt.failure = failure;
      case Work.Release(ReleaseRequest request) -> {
        request.without = null;
        request.receipt.failure = failure;
      }
      case Work.Signing(SignRequest request) -> request.failure = failure;
    }
  }

  private Linker takeUp(long size) {
    return new Linker(engine, log, size, verifierKey(), nodes);
  }

  private void wakeSubscribers() {
    if (waiters.get() == 0) {
      return;
    }
    growth.lock();
    try {
      grown.signalAll();
    } finally {
      growth.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("log %s of %s was closed; open it again".formatted(log, origin()));
    }
  }
}
