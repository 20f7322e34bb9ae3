package dev.stele.core.view;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.LogCorrupt;
import dev.stele.core.log.LogReader;
import dev.stele.core.log.Subscription;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.ViewStore.Failure;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.core.view.ViewStore.Slot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one view of one log up to date in a store.
 *
 * <pre>
 *   open ─► same version ──────────► CatchingUp ─► Live ◄──────────────┐ swap
 *        ─► other version, other                    │ receipt          │
 *           tables, another log ─────────────► Rebuilding ─────────────┘
 *                                                   │ apply throws
 *                                                   ▼
 *                                                Failed ── retry, rebuild by a human
 * </pre>
 *
 * <ul>
 *   <li>Tables and cursor move in one transaction for each batch; where batches end is no one's
 *       affair.
 *   <li>While a view is rebuilt the old tables answer, and stand still: they were made by other
 *       code, or hold what is to be forgotten. They never reflect a receipt whose erased events
 *       they still retell.
 *   <li>The cursor holds the link of its event. A view that stands on another history than the
 *       log's is rebuilt.
 *   <li>A build that was interrupted goes on where it was.
 * </ul>
 *
 * <p>{@link #step}, {@link #catchUp}, {@link #retry} and {@link #rebuild} are for one thread at a
 * time; everything else is thread-safe. Closes nothing that it was given.
 */
public final class ViewRunner {
  /**
   * 8,000 events a transaction, where so many wait: keys in no order, as hashes are, touch a page
   * each, and the more rows share a transaction, the more share a page's writing.
   */
  public static final int MAX_BATCH = 8 * Subscription.MAX_EVENTS;

  /** 16 MiB of payloads a transaction, or one pull. */
  private static final long MAX_BATCH_BYTES = 16L * 1024 * 1024;

  private static final System.Logger LOGGER = System.getLogger("dev.stele.view");

  private final View view;
  private final LogReader log;
  private final ViewStore store;

  private final ReentrantLock progress = new ReentrantLock();
  private final Condition moved = progress.newCondition();

  /** Signalled when somebody begins to wait for a position. */
  private final Condition wanted = progress.newCondition();

  /** How many wait for a position that is not reached; guarded by {@link #progress}. */
  private int awaiting;

  /** How many let events gather; guarded by {@link #progress}. */
  private int gathering;

  /** Guarded by {@link #progress}. */
  private ViewState state = new ViewState.Stopped();

  /** The version and position of the live generation; guarded by {@link #progress}. */
  private int liveVersion;

  private long livePosition;

  /** Whether there is a live generation to read; guarded by {@link #progress}. */
  private boolean answers;

  /** What is applied to; null until it was opened, and after it failed to be. */
  private @Nullable Generation target;

  /** From the target's cursor; null whenever the target is another one. */
  private @Nullable Subscription events;

  /** What {@link #waitForEvents} has pulled and nobody has applied yet. */
  private List<StoredEvent> pulled = List.of();

  /** Whether the last batch was less than a subscription gives at once; never while building. */
  private boolean few;

  /** Runs {@code view} over {@code log} on {@code store}; nothing happens before it is asked to. */
  public ViewRunner(View view, LogReader log, ViewStore store) {
    Table.requireName(view.name());
    this.view = view;
    this.log = log;
    this.store = store;
  }

  /** The view that is run. */
  public View view() {
    return view;
  }

  // ---- for readers ----

  /** How far the view is, and what it is doing. */
  public ViewStatus status() {
    long size = logSize();
    progress.lock();
    try {
      return new ViewStatus(
          view.name(), liveVersion, livePosition, Math.max(size, livePosition), state);
    } finally {
      progress.unlock();
    }
  }

  /** Where the log ends; 0 when nobody can tell, for a status must be told even then. */
  private long logSize() {
    try {
      return log.head().size();
    } catch (LogClosed | StorageFailed e) {
      LOGGER.log(System.Logger.Level.DEBUG, "event=log-size-unknown view=" + view.name(), e);
      return 0;
    }
  }

  /** Reads the view: rows, and the position they reflect, as of one moment. */
  public <T> ViewStore.Answer<T> read(ViewStore.Reading<T> reading) {
    return store.read(view.name(), reading);
  }

  /** Hashes what the view holds; see {@link StateHash}. */
  public ViewStore.Answer<String> stateHash() {
    return StateHash.of(store, view.name(), Slot.LIVE);
  }

  /**
   * Waits until answers reflect a position: who appended at it reads what it wrote.
   *
   * @throws InterruptedException when interrupted while waiting
   */
  public Awaited await(long position, Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    progress.lockInterruptibly();
    awaiting++;
    try {
      wanted.signalAll();
      // A view that was never opened has reached 0 and cannot be read yet.
      while (!answers || livePosition < position) {
        boolean stands =
            switch (state) {
              case ViewState.Failed _, ViewState.Stopped _ -> true;
              case ViewState.CatchingUp _, ViewState.Live _, ViewState.Rebuilding _ -> false;
            };
        if (stands || left <= 0) {
          return new Awaited.NotReached(status());
        }
        left = moved.awaitNanos(left);
      }
      return new Awaited.Reached(livePosition);
    } finally {
      awaiting--;
      progress.unlock();
    }
  }

  // ---- for the one thread that runs it ----

  /**
   * Applies the next batch, waiting for an event at most so long.
   *
   * @return whether anything was done; a view that has failed does nothing
   * @throws InterruptedException when interrupted while waiting; nothing is lost
   * @throws LogClosed when the log or the store was closed
   */
  public boolean step(Duration timeout) throws InterruptedException {
    Generation to = opened();
    if (to == null || to.failure().isPresent()) {
      return false;
    }
    try {
      return step(to, timeout);
    } catch (StorageFailed e) {
      stopAt(to, to.position() + 1, e);
      return false;
    }
  }

  private boolean step(Generation to, Duration timeout) throws InterruptedException {
    if (finished(to)) {
      finish();
      return true;
    }
    pull(to, timeout);
    List<StoredEvent> batch = pulled;
    if (batch.isEmpty()) {
      return false;
    }
    pulled = List.of();
    project(to, batch);
    few = to.slot() == Slot.LIVE && batch.size() < Subscription.MAX_EVENTS;
    return true;
  }

  /** Tells whether nothing will be done before somebody retries or rebuilds. */
  boolean standsStill() {
    Generation to = opened();
    return to == null || to.failure().isPresent();
  }

  /** Waits for events, which the next step will apply. */
  void waitForEvents(Duration timeout) throws InterruptedException {
    Generation to = opened();
    if (to != null && to.failure().isEmpty() && !finished(to)) {
      pull(to, timeout);
    }
  }

  /**
   * Lets events gather for so long, after a step that had only a few; not at all while somebody
   * waits for a position.
   *
   * @throws InterruptedException when interrupted while resting
   */
  void rest(Duration atMost) throws InterruptedException {
    if (!few) {
      return;
    }
    long left = atMost.toNanos();
    progress.lockInterruptibly();
    try {
      while (awaiting == 0 && left > 0) {
        left = wanted.awaitNanos(left);
      }
    } finally {
      progress.unlock();
    }
  }

  /** From now on {@link #gatherEvents} waits, unless somebody waits for a position. */
  void beginGathering() {
    progress.lock();
    try {
      gathering++;
    } finally {
      progress.unlock();
    }
  }

  void endGathering() {
    progress.lock();
    try {
      gathering--;
      wanted.signalAll();
    } finally {
      progress.unlock();
    }
  }

  /** Tells whether nothing is to be applied now. */
  boolean isGathering() {
    progress.lock();
    try {
      return gathering > 0 && awaiting == 0;
    } finally {
      progress.unlock();
    }
  }

  /**
   * Waits while events are to gather and nobody waits for a position.
   *
   * @throws InterruptedException when interrupted while waiting
   */
  void gatherEvents() throws InterruptedException {
    progress.lockInterruptibly();
    try {
      while (isGathering()) {
        wanted.await();
      }
    } finally {
      progress.unlock();
    }
  }

  private void pull(Generation to, Duration timeout) throws InterruptedException {
    if (!pulled.isEmpty()) {
      return;
    }
    Subscription from = events;
    if (from == null) {
      from = log.subscribe(new Cursor(to.position()));
      events = from;
    }
    try {
      pulled = gather(from, timeout);
    } catch (StorageFailed | LogCorrupt e) {
      stopAt(to, to.position() + 1, e);
      return;
    }
    if (pulled.isEmpty() && to.slot() == Slot.LIVE) {
      tell(new ViewState.Live());
    }
  }

  /** What waits, as far as one transaction takes it; waits for the first of it alone. */
  private static List<StoredEvent> gather(Subscription from, Duration timeout)
      throws InterruptedException {
    List<StoredEvent> last = from.next(timeout);
    if (last.size() < Subscription.MAX_EVENTS) {
      return last;
    }
    List<StoredEvent> all = new ArrayList<>(last);
    long bytes = bytes(last);
    while (last.size() == Subscription.MAX_EVENTS
        && all.size() < MAX_BATCH
        && bytes < MAX_BATCH_BYTES) {
      last = from.next(Duration.ZERO);
      all.addAll(last);
      bytes += bytes(last);
    }
    return all;
  }

  private static long bytes(List<StoredEvent> events) {
    long bytes = 0;
    for (StoredEvent event : events) {
      bytes += event.payload().map(payload -> payload.length).orElse(0);
    }
    return bytes;
  }

  /**
   * Applies everything that the log has now, and finishes a rebuild.
   *
   * @return how far the view is
   */
  public ViewStatus catchUp() throws InterruptedException {
    while (step(Duration.ZERO)) {
      // Until there is nothing left to do.
    }
    return status();
  }

  /** Goes on where the view has failed. */
  public void retry() {
    for (Slot slot : Slot.values()) {
      if (store.find(view.name(), slot).isPresent()) {
        store.mark(view.name(), slot, Optional.empty());
      }
    }
    take(null);
    tell(new ViewState.CatchingUp());
  }

  /** Builds the view again from the first event, beside the tables that answer meanwhile. */
  public void rebuild() {
    if (opened() != null) {
      retry();
      beginBeside("asked for");
    }
  }

  /** Says that somebody is about to run this. */
  void started() {
    tell(new ViewState.CatchingUp());
  }

  /** Says that nobody runs this any more. */
  void stopped() {
    tell(new ViewState.Stopped());
  }

  /** Says that it came to an end that nobody has foreseen. */
  void stoppedBy(Throwable cause) {
    LOGGER.log(System.Logger.Level.ERROR, "event=view-stopped view=" + view.name(), cause);
    tell(new ViewState.Failed(0, String.valueOf(cause)));
  }

  /** What is to be applied to, found or begun the first time. */
  private @Nullable Generation opened() {
    if (target == null) {
      try {
        open();
      } catch (StorageFailed | LogCorrupt | IllegalArgumentException e) {
        LOGGER.log(System.Logger.Level.ERROR, "event=view-failed view=" + view.name(), e);
        tell(new ViewState.Failed(0, String.valueOf(e.getMessage())));
      }
    }
    return target;
  }

  private void open() {
    Optional<Generation> live = store.find(view.name(), Slot.LIVE);
    Optional<Generation> building = store.find(view.name(), Slot.BUILDING);
    live.ifPresent(this::showLive);
    if (building.isPresent() && goesOn(building.get())) {
      take(building.get());
    } else if (live.isEmpty()) {
      begin(Slot.LIVE, "it is new");
    } else if (building.isPresent()) {
      beginBeside("a rebuild of other code was under way");
    } else if (!goesOn(live.get())) {
      beginBeside(
          "version %d takes the place of %d".formatted(view.version(), live.get().version()));
    } else {
      take(live.get());
    }
  }

  /** Tells whether a generation was made by this code and stands on this log. */
  private boolean goesOn(Generation generation) {
    if (generation.version() != view.version() || !generation.tables().equals(view.tables())) {
      return false;
    }
    if (generation.begunAt() > log.head().size()) {
      return false;
    }
    Head cursor = generation.cursor();
    if (cursor.size() == 0 || cursor.size() < log.firstPosition()) {
      return true;
    }
    return log.get(cursor.size())
        .filter(event -> Arrays.equals(event.link(), cursor.link()))
        .isPresent();
  }

  private void beginBeside(String why) {
    begin(Slot.BUILDING, why);
  }

  private void begin(Slot slot, String why) {
    long first = log.firstPosition();
    if (first > 1 && view.history() == View.History.WHOLE) {
      refuse(
          first,
          ("the log begins at %d, and a view built from there would lack what came before; drop it,"
                  + " or let it declare that it needs no more than is left")
              .formatted(first));
      return;
    }
    long size = log.head().size();
    LOGGER.log(
        System.Logger.Level.INFO,
        "event=view-build view={0} version={1} to={2} reason=\"{3}\"",
        view.name(),
        view.version(),
        size,
        why);
    store.begin(view.name(), slot, view.version(), view.tables(), size);
    if (slot == Slot.LIVE) {
      store.find(view.name(), slot).ifPresent(this::showLive);
    }
    take(store.find(view.name(), slot).orElseThrow());
  }

  /** Stands still, with whatever answers now, if anything does. */
  private void refuse(long position, String message) {
    Optional<Generation> live = store.find(view.name(), Slot.LIVE);
    if (live.isEmpty()) {
      store.begin(view.name(), Slot.LIVE, view.version(), view.tables(), log.head().size());
      live = store.find(view.name(), Slot.LIVE);
    }
    stopAt(live.orElseThrow(), position, new IllegalStateException(message));
  }

  private void take(@Nullable Generation generation) {
    target = generation;
    events = null;
    pulled = List.of();
    if (generation != null) {
      tell(
          generation.failure().isPresent()
              ? failed(generation.failure().get())
              : working(generation, generation.position()));
    }
  }

  private static ViewState failed(Failure failure) {
    return new ViewState.Failed(failure.position(), failure.message());
  }

  private static ViewState working(Generation generation, long position) {
    return switch (generation.slot()) {
      case LIVE -> new ViewState.CatchingUp();
      case BUILDING -> new ViewState.Rebuilding(position, generation.begunAt());
    };
  }

  /**
   * A rebuild is finished where the log ended when it began: there the tables that answer stood, or
   * before.
   */
  private static boolean finished(Generation generation) {
    return generation.slot() == Slot.BUILDING && generation.position() >= generation.begunAt();
  }

  private void finish() {
    store.swap(view.name());
    Generation live = store.find(view.name(), Slot.LIVE).orElseThrow();
    LOGGER.log(
        System.Logger.Level.INFO,
        "event=view-swapped view={0} version={1} position={2}",
        view.name(),
        live.version(),
        live.position());
    take(live);
    showLive(live);
  }

  private void project(Generation to, List<StoredEvent> batch) {
    long next = batch.getFirst().position();
    if (next != to.position() + 1 && view.history() == View.History.WHOLE) {
      stopAt(
          to,
          next,
          new IllegalStateException(
              "the log was trimmed up to %d, and this view has come to %d only"
                  .formatted(next - 1, to.position())));
      return;
    }
    int receipt = firstNewReceipt(to, batch);
    List<StoredEvent> before = receipt < 0 ? batch : batch.subList(0, receipt);
    if (!before.isEmpty() && !apply(to, before)) {
      return;
    }
    if (receipt >= 0) {
      beginBeside("event %d tells of a loss".formatted(batch.get(receipt).position()));
    } else if (batch.size() < MAX_BATCH && to.slot() == Slot.LIVE) {
      tell(new ViewState.Live());
    }
  }

  /** The first receipt of what was dropped after this build began, and may be in its tables. */
  private int firstNewReceipt(Generation to, List<StoredEvent> batch) {
    if (view.forgetting() == View.Forgetting.BY_ITSELF
        || batch.getLast().position() <= to.begunAt()) {
      return -1;
    }
    for (int i = 0; i < batch.size(); i++) {
      if (batch.get(i).position() > to.begunAt() && tellsOfALoss(batch.get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** A view of the whole history keeps what trimmed events gave; what was erased goes from each. */
  private boolean tellsOfALoss(StoredEvent event) {
    return event.stream().equals(Receipt.STREAM)
        && (event.type().equals(Receipt.ERASED)
            || (event.type().equals(Receipt.TRIMMED)
                && view.history() == View.History.WHAT_IS_LEFT));
  }

  private boolean apply(Generation to, List<StoredEvent> batch) {
    try {
      change(to, batch);
      return true;
    } catch (LogClosed | StorageFailed e) {
      throw e;
    } catch (RuntimeException e) {
      return applyOneByOne(to, batch);
    }
  }

  /** Finds the event that cannot be applied, and stands right before it. */
  private boolean applyOneByOne(Generation to, List<StoredEvent> batch) {
    for (StoredEvent event : batch) {
      try {
        change(to, List.of(event));
      } catch (LogClosed | StorageFailed e) {
        throw e;
      } catch (RuntimeException e) {
        stopAt(to, event.position(), e);
        return false;
      }
    }
    return true;
  }

  private void change(Generation to, List<StoredEvent> batch) {
    Head cursor = new Head(batch.getLast().position(), batch.getLast().link());
    store.change(
        view.name(),
        to.slot(),
        tables -> {
          view.apply(batch, tables);
          return cursor;
        });
    Generation now = to.at(cursor);
    target = now;
    tell(working(now, cursor.size()));
    if (now.slot() == Slot.LIVE) {
      showLive(now);
    }
  }

  private void stopAt(Generation at, long position, RuntimeException cause) {
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    Failure failure = new Failure(position, message);
    LOGGER.log(
        System.Logger.Level.ERROR,
        "event=view-failed view=%s position=%d".formatted(view.name(), position),
        cause);
    try {
      store.mark(view.name(), at.slot(), Optional.of(failure));
    } catch (StorageFailed e) {
      LOGGER.log(System.Logger.Level.ERROR, "event=view-failure-not-kept view=" + view.name(), e);
    }
    Generation latest = target != null && target.slot() == at.slot() ? target : at;
    take(latest.marked(Optional.of(failure)));
  }

  private void tell(ViewState next) {
    progress.lock();
    try {
      state = next;
      moved.signalAll();
    } finally {
      progress.unlock();
    }
  }

  private void showLive(Generation live) {
    progress.lock();
    try {
      liveVersion = live.version();
      livePosition = live.position();
      answers = true;
      moved.signalAll();
    } finally {
      progress.unlock();
    }
  }
}
