package dev.stele.core.log;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.event.EventRecord;
import dev.stele.core.log.AppendResult.AckProof;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns admitted events into a durable, ordered, linked sequence; the only writer.
 *
 * <pre>
 *   caller                             writer: one caller at a time, for all that wait
 *   encode, hash, draw salt  ──queue──►  claims · link · tree ──► engine.commit ──► anchor ──► acks
 * </pre>
 *
 * <p>An ack means what its durability says; {@code DURABLE} unless the append asks for less. The
 * log is checked whole when it is opened. One that does not verify stays readable, and every append
 * is answered {@link AppendResult.ReadOnly}.
 *
 * <p>A checkpoint is signed when one is asked for, at least every {@link
 * LogOptions#checkpointEvery} while the log grows, and on close. It is stored with the commit it
 * covers and recorded in the anchor before anyone sees it, so that the log can never sign another
 * history after a crash.
 *
 * <p>Thread-safe. Blocking: call it from virtual threads. When the engine fails, every append of
 * that commit throws {@link StorageFailed} and may or may not be in the log; claims make it safe to
 * send it again.
 */
public final class EventLog extends LogReader {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.log");

  private final LogKeys keys;
  private final LogOptions options;
  private final Salts salts;
  private final Verdict opened;
  private final GroupCommit<Work> commits;

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

  /** Written by the writer alone. */
  private volatile long signedSize;

  private long signedAtMillis;

  private sealed interface Work {
    record Appending(PreparedAppend append) implements Work {}

    record Group(List<PreparedAppend> appends) implements Work {}

    record Signing(SignRequest request) implements Work {}
  }

  private static final class SignRequest {
    @Nullable SignedCheckpoint signed;
    @Nullable RuntimeException failure;
  }

  private EventLog(LogEngine engine, LogId log, LogKeys keys, LogOptions options, Verdict opened) {
    super(engine, log, keys.signer().vkey(), Optional.of(keys));
    this.keys = keys;
    this.options = options;
    this.opened = opened;
    this.salts = new Salts(options.random());
    this.commits =
        new GroupCommit<>(
            options.queueCapacity(), options.maxBatch(), options.linger().toNanos(), this::commit);
    if (opened instanceof Verdict.Intact) {
      this.linker = takeUp();
      this.head = linker.head();
    } else {
      this.head = engine.head(log);
    }
    this.signedSize = engine.latestCheckpoint(log).map(StoredCheckpoint::size).orElse(-1L);
    this.signedAtMillis = options.clock().millis();
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
    return open(engine, log, keys, options, Verifier::verify);
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
    try {
      return openChecked(engine, log, keys, options, check);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  private static EventLog openChecked(
      LogEngine engine,
      LogId log,
      LogKeys keys,
      LogOptions options,
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
    EventLog opened = new EventLog(engine, log, keys, options, verdict);
    LOGGER.log(
        verdict instanceof Verdict.Intact ? System.Logger.Level.INFO : System.Logger.Level.ERROR,
        "event=open log={0} origin={1} size={2} {3}",
        log,
        keys.origin(),
        opened.head.size(),
        verdict);
    if (opened.linker != null) {
      opened.bringAnchorUpTo(anchored);
      if (opened.signedSize < 0) {
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
    latestCheckpoint()
        .filter(stored -> stored.checkpoint().size() > anchoredSize)
        .ifPresent(stored -> options.anchor().record(stored.bytes()));
  }

  /** What the check on opening found. */
  public Verdict verdict() {
    return opened;
  }

  @Override
  public Head head() {
    requireOpen();
    return head;
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
    PreparedAppend prepared = new PreparedAppend(append, keys.indexer(), salts::next);
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
      PreparedAppend prepared = new PreparedAppend(append, indexer, salts::next);
      group.add(prepared);
      bytes += prepared.sizeBytes();
      if (group.size() >= options.maxBatch() || bytes >= LogEngine.MAX_READ_BYTES) {
        appendGroup(group, results);
        bytes = 0;
      }
    }
    appendGroup(group, results);
    return results;
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

  @Override
  boolean awaitGrowth(long size, Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
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
      if (!closed && opened instanceof Verdict.Intact && head.size() > signedSize) {
        checkpoint();
      }
    } finally {
      closed = true;
      wakeSubscribers();
      engine.close();
    }
  }

  // ---- the writer: everything below runs in one thread at a time ----

  private void commit(List<Work> works) {
    try {
      commitOnce(works);
    } catch (RuntimeException | Error e) {
      // What was placed may or may not be stored: the next commit asks the engine.
      linker = null;
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

  private void commitOnce(List<Work> works) {
    if (!(opened instanceof Verdict.Intact)) {
      refuse(works);
      return;
    }
    Linker current = linker;
    if (current == null) {
      current = takeUp();
      linker = current;
    }
    Head before = current.head();
    long now = options.clock().millis();
    List<PlacedAppend> placed = new ArrayList<>();
    Durability durability = Durability.MEMORY;
    boolean sign = false;
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
      reached = store(before, new Batch(rows, tiles, stored), durability);
    }
    if (checkpoint != null) {
      options.anchor().record(checkpoint.bytes());
      signedSize = size;
      signedAtMillis = now;
      LOGGER.log(System.Logger.Level.DEBUG, "event=checkpoint log={0} size={1}", log, size);
    }
    head = current.head();
    answer(works, placed, checkpoint, tiles, reached);
    wakeSubscribers();
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
        return durability;
      }
    }
  }

  private record PlacedAppend(PreparedAppend append, long first) {}

  private Durability store(Head before, Batch batch, Durability durability) {
    return switch (engine.commit(log, before, batch, durability)) {
      case CommitResult.Committed(Durability reached) -> reached;
      case CommitResult.HeadMoved(Head actual) ->
          throw new StorageFailed(
              "log %s ends at %d, not at %d: another writer appended to it; nothing was stored, try again"
                  .formatted(log, actual.size(), before.size()));
      case CommitResult.Fenced(String reason) -> {
        closed = true;
        throw new LogClosed("log %s was taken over: %s".formatted(log, reason));
      }
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
              append.first, append.append.events.length, head, reached, proof);
    }
    for (Work work : works) {
      if (work instanceof Work.Signing(SignRequest request)) {
        request.signed = checkpoint;
      }
    }
  }

  private void refuse(List<Work> works) {
    AppendResult refusal = new AppendResult.ReadOnly(opened);
    for (Work work : works) {
      switch (work) {
        case Work.Appending(PreparedAppend append) -> append.result = refusal;
        case Work.Group(List<PreparedAppend> appends) ->
            appends.forEach(append -> append.result = refusal);
        case Work.Signing(SignRequest request) ->
            request.failure =
                new IllegalStateException(
                    "log %s does not verify, so no checkpoint is signed: %s"
                        .formatted(log, opened));
      }
    }
    LOGGER.log(
        System.Logger.Level.WARNING, "event=refuse log={0} reason=read-only {1}", log, opened);
  }

  private static void fail(Work work, RuntimeException failure) {
    switch (work) {
      case Work.Appending(PreparedAppend append) -> append.failure = failure;
      case Work.Group(List<PreparedAppend> appends) ->
          appends.forEach(append -> append.failure = failure);
      case Work.Signing(SignRequest request) -> request.failure = failure;
    }
  }

  private Linker takeUp() {
    return new Linker(engine, log, EventRecord.genesis(keys.origin()), nodes);
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
