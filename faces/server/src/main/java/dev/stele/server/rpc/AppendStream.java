package dev.stele.server.rpc;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.EventLog;
import dev.stele.server.auth.Role;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Appends what streams in, in its order, and answers in that order.
 *
 * <pre>
 *   caller ── request ──► judge ──► EventLog.submit ──► queue, bounded ──► await ──► answer ──► caller
 *      ▲───────────── the next request is asked for when there is room ◄─────────────┘
 * </pre>
 *
 * <p>The thread of the call takes requests in; one of its own awaits and answers, so that many
 * share a commit. What was submitted is awaited also when the caller has left: it is in the log or
 * it is not, but never left to whoever appends next.
 */
final class AppendStream implements StreamObserver<AppendRequest>, OpenStreams.Stream {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  /** 1,024 requests on their way: a commit of that many is as fast as they come. */
  static final int MAX_IN_FLIGHT = 1_024;

  /** 16 MiB on their way, and the one request that goes beyond it. */
  static final long MAX_IN_FLIGHT_BYTES = 16L << 20;

  /** A request that was taken, or how the stream is to end. */
  private sealed interface Taken {
    record Submitted(EventLog log, Appending.Judged.Good asked, EventLog.Submission submission)
        implements Taken {}

    record Decided(AppendResponse answer) implements Taken {}

    /** Nothing follows it. */
    record Ended(Optional<StatusRuntimeException> why) implements Taken {}
  }

  private record Queued(Taken taken, long bytes) {}

  private final ServerCallStreamObserver<AppendResponse> caller;
  private final Logs logs;
  private final Appending appending;
  private final ReentrantLock turn = new ReentrantLock();
  private final Condition changed = turn.newCondition();

  /** Guarded by the turn, as all below. */
  private final ArrayDeque<Queued> queue = new ArrayDeque<>();

  private int inFlight;
  private long inFlightBytes;

  /** Whether a request was asked for that has not come yet. */
  private boolean asking;

  /** Whether the end of the stream was said: it is the last in the queue, or was. */
  private boolean ended;

  /** Whether nobody looks at the queue any more. */
  private boolean finished;

  private boolean left;

  /** Only used where requests come in, one at a time. */
  private @Nullable EventLog log;

  private String name = "";

  private AppendStream(
      ServerCallStreamObserver<AppendResponse> caller, Logs logs, Appending appending) {
    this.caller = caller;
    this.logs = logs;
    this.appending = appending;
  }

  /** Begins to take requests in. To be called where the call begins. */
  static StreamObserver<AppendRequest> start(
      StreamObserver<AppendResponse> observer, Logs logs, Appending appending, OpenStreams open) {
    ServerCallStreamObserver<AppendResponse> caller =
        (ServerCallStreamObserver<AppendResponse>) observer;
    AppendStream stream = new AppendStream(caller, logs, appending);
    caller.disableAutoRequest();
    caller.setOnReadyHandler(stream::wake);
    caller.setOnCancelHandler(stream::left);
    try {
      open.run(stream, stream::answerAll);
      stream.askForMore();
    } catch (StatusRuntimeException e) {
      stream.awaitTheRest();
      caller.onError(e);
    }
    return stream;
  }

  // ---- requests come in ----

  @Override
  public void onNext(AppendRequest request) {
    if (hasEnded()) {
      return;
    }
    Taken taken;
    try {
      taken = take(request);
    } catch (RuntimeException e) {
      taken = new Taken.Ended(Optional.of(Problem.of(e)));
    }
    put(taken, request.getSerializedSize());
    askForMore();
  }

  private boolean hasEnded() {
    turn.lock();
    try {
      return ended;
    } finally {
      turn.unlock();
    }
  }

  private Taken take(AppendRequest request) {
    EventLog to = logOf(request);
    return switch (appending.judge(request)) {
      case Appending.Judged.Bad(AppendResponse answer) -> new Taken.Decided(answer);
      case Appending.Judged.Good good -> {
        Appending.requireInTime();
        yield new Taken.Submitted(to, good, to.submit(good.append()));
      }
    };
  }

  private EventLog logOf(AppendRequest request) {
    EventLog known = log;
    if (known == null) {
      name = request.getLog();
      known = logs.requireOpenToCallers(Role.APPEND, name).log();
      log = known;
    } else if (!request.getLog().isEmpty() && !request.getLog().equals(name)) {
      throw Fields.bad("log", "is that of the first request, '%s', or empty".formatted(name));
    }
    return known;
  }

  @Override
  public void onCompleted() {
    put(new Taken.Ended(Optional.empty()), 0);
  }

  /** The caller has left. */
  @Override
  public void onError(Throwable why) {
    left();
  }

  @Override
  public void closing() {
    put(
        new Taken.Ended(
            Optional.of(Problem.CLOSING.because("the server is closing; send the rest again"))),
        0);
  }

  private void put(Taken taken, long bytes) {
    turn.lock();
    try {
      asking = false;
      if (!finished) {
        enqueue(new Queued(taken, bytes));
        return;
      }
    } finally {
      turn.unlock();
    }
    await(taken);
  }

  /** Guarded by the turn. The end stays last, whatever was taken while it was said. */
  private void enqueue(Queued queued) {
    @Nullable Queued end = ended ? queue.pollLast() : null;
    if (end == null || !(queued.taken() instanceof Taken.Ended)) {
      queue.addLast(queued);
      inFlight++;
      inFlightBytes += queued.bytes();
    }
    if (end != null) {
      queue.addLast(end);
    }
    ended |= queued.taken() instanceof Taken.Ended;
    changed.signalAll();
  }

  private void askForMore() {
    boolean more;
    turn.lock();
    try {
      more =
          !asking
              && !ended
              && !left
              && inFlight < MAX_IN_FLIGHT
              && inFlightBytes < MAX_IN_FLIGHT_BYTES;
      asking |= more;
    } finally {
      turn.unlock();
    }
    if (more) {
      caller.request(1);
    }
  }

  // ---- answers go out ----

  private void answerAll() {
    try {
      while (true) {
        Queued next = next();
        switch (next.taken()) {
          case Taken.Submitted(EventLog to, var asked, var submission) ->
              send(Appending.answer(to, asked, submission.await()));
          case Taken.Decided(AppendResponse answer) -> send(answer);
          case Taken.Ended(Optional<StatusRuntimeException> why) -> {
            why.ifPresentOrElse(caller::onError, caller::onCompleted);
            return;
          }
        }
        done(next);
        askForMore();
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread; whoever would, ends the stream.
      Thread.currentThread().interrupt();
      caller.onError(Problem.CLOSING.because("the stream was ended"));
    } catch (RuntimeException e) {
      caller.onError(Problem.of(e));
    } finally {
      awaitTheRest();
    }
  }

  private Queued next() throws InterruptedException {
    turn.lock();
    try {
      while (queue.isEmpty()) {
        if (left) {
          return new Queued(
              new Taken.Ended(Optional.of(Problem.CANCELLED.because("the caller has left"))), 0);
        }
        changed.await();
      }
      return queue.removeFirst();
    } finally {
      turn.unlock();
    }
  }

  /** Waits until the caller takes answers: until then nothing more is asked for. */
  private void send(AppendResponse answer) throws InterruptedException {
    turn.lock();
    try {
      while (!left && !caller.isReady()) {
        changed.await();
      }
    } finally {
      turn.unlock();
    }
    caller.onNext(answer);
  }

  private void done(Queued queued) {
    turn.lock();
    try {
      inFlight--;
      inFlightBytes -= queued.bytes();
    } finally {
      turn.unlock();
    }
  }

  /** What was submitted behind a failure: there is nobody to tell, but nothing is left open. */
  private void awaitTheRest() {
    while (true) {
      Queued queued;
      turn.lock();
      try {
        ended = true;
        queued = queue.pollFirst();
        finished = queued == null;
      } finally {
        turn.unlock();
      }
      if (queued == null) {
        return;
      }
      await(queued.taken());
    }
  }

  private static void await(Taken taken) {
    if (taken instanceof Taken.Submitted(var _, var _, var submission)) {
      try {
        var _ = submission.await();
      } catch (StorageFailed | LogClosed e) {
        LOGGER.log(System.Logger.Level.DEBUG, "event=append-untold", e);
      }
    }
  }

  private void wake() {
    turn.lock();
    try {
      changed.signalAll();
    } finally {
      turn.unlock();
    }
  }

  private void left() {
    turn.lock();
    try {
      left = true;
      changed.signalAll();
    } finally {
      turn.unlock();
    }
  }
}
