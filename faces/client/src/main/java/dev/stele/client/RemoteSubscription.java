package dev.stele.client;

import dev.stele.core.log.Cursor;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Follows a log over the network: first what is there after the cursor, then what comes, each event
 * once and in order, through any number of lost connections.
 *
 * <p>Pull-based: what is not asked for waits in the log of the server, and holds up nobody. A
 * connection that ends or falls silent is made anew behind the last event that was given, after a
 * pause that grows with each failure; a server that is down for an hour is found again. Nothing is
 * verified: see {@link RemoteLog#subscribeVerified}.
 *
 * <p>One thread at a time; {@link #close} may come from any.
 */
public final class RemoteSubscription implements AutoCloseable {
  /** How many events one pull gives at most. */
  public static final int MAX_EVENTS = 1_000;

  /**
   * A connection on which nothing came for so long is dead: the server sends something every 15
   * seconds.
   */
  static final Duration SILENCE = Duration.ofSeconds(45);

  /** Much more than any problem that a server describes, in bytes. */
  private static final int MAX_REFUSAL_BYTES = 1 << 16;

  private static final Duration NO_TIME = Duration.ZERO;

  /** Where this subscription stands with its server. */
  private sealed interface State {
    /** Not connected; the next attempt is due at this reading of the clock. */
    record Apart(long dueNanos) implements State {}

    /** Waiting for the head of the answer, since then. */
    record Connecting(
        CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> response, long sinceNanos)
        implements State {}

    /** Reading. */
    record Connected(ArrivingBytes bytes, SseFrames frames) implements State {}
  }

  private final Requests requests;
  private final String path;
  private final String filter;
  private final CompletableFuture<Boolean> closed = new CompletableFuture<>();

  private volatile State state = new State.Apart(System.nanoTime());
  private volatile @Nullable String lastFailure;
  private long position;
  private int failures;
  private boolean caughtUp;

  RemoteSubscription(Requests requests, String path, String filter, Cursor from) {
    this.requests = requests;
    this.path = path;
    this.filter = filter;
    this.position = from.position();
  }

  /**
   * The next events, waiting for one at most so long.
   *
   * @return in order of position; empty when the time was up, and at once after {@link #close}
   * @throws RequestFailed.Refused if the server will not let this caller follow this log
   * @throws RequestFailed.Unintelligible if what comes are no events
   * @throws InterruptedException when interrupted while waiting; nothing is lost
   */
  public List<RemoteEvent> next(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (!closed.isDone()) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      switch (state) {
        case State.Apart(long due) -> {
          if (!awaitDue(due, left)) {
            return List.of();
          }
        }
        case State.Connecting connecting -> {
          if (!awaitHead(connecting, left)) {
            return List.of();
          }
        }
        case State.Connected(ArrivingBytes bytes, SseFrames frames) -> {
          List<RemoteEvent> events = drain(frames);
          if (!events.isEmpty()) {
            // What has arrived already comes with it.
            while (events.size() < MAX_EVENTS && read(bytes, frames, NO_TIME)) {
              drain(frames, events);
            }
            return events;
          }
          if (!read(bytes, frames, left)) {
            if (state instanceof State.Connected && left.isZero()) {
              return List.of();
            }
          }
        }
      }
    }
    release();
    return List.of();
  }

  /** Begins to connect when it is time; false if it is not time yet. */
  private boolean awaitDue(long due, Duration left) throws InterruptedException {
    long wait = due - System.nanoTime();
    if (wait > 0) {
      try {
        var _ = closed.get(Math.min(wait, left.toNanos()), TimeUnit.NANOSECONDS);
        return false;
      } catch (TimeoutException e) {
        if (due - System.nanoTime() > 0) {
          return false;
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("a subscription is closed or it is not", e);
      }
    }
    state =
        new State.Connecting(
            requests.stream(path + "?after=" + position + filter, position), System.nanoTime());
    return true;
  }

  /** False if the head of the answer has not come within the time that is left. */
  private boolean awaitHead(State.Connecting connecting, Duration left)
      throws InterruptedException {
    long patience =
        connecting.sinceNanos() + requests.options().timeout().toNanos() - System.nanoTime();
    try {
      connected(
          connecting
              .response()
              .get(Math.max(0, Math.min(left.toNanos(), patience)), TimeUnit.NANOSECONDS));
      return true;
    } catch (TimeoutException e) {
      if (patience > left.toNanos()) {
        return false;
      }
      var _ = connecting.response().cancel(true);
      failed("no answer within " + requests.options().timeout(), NO_TIME);
      return true;
    } catch (CancellationException e) {
      failed("stopped", NO_TIME);
      return true;
    } catch (ExecutionException e) {
      failed(Requests.describe(e), NO_TIME);
      return true;
    }
  }

  private static void stop(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    ArrivingBytes nobody = new ArrivingBytes();
    nobody.stop();
    response.body().subscribe(nobody);
  }

  private void connected(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response)
      throws InterruptedException {
    ArrivingBytes bytes = new ArrivingBytes();
    response.body().subscribe(bytes);
    if (response.statusCode() == 200) {
      state = new State.Connected(bytes, new SseFrames());
      if (closed.isDone()) {
        bytes.stop();
      }
      return;
    }
    Problem problem = Problem.of(response.statusCode(), JsonObject.parseOrEmpty(rest(bytes)));
    if (!Requests.isPassing(response.statusCode(), problem)) {
      state = new State.Apart(System.nanoTime());
      throw new RequestFailed.Refused("to follow " + path, problem);
    }
    failed(problem.toString(), Requests.retryAfter(response.headers()));
  }

  /** What a refusal says, as far as it comes at once and is short. */
  private byte[] rest(ArrivingBytes bytes) throws InterruptedException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      while (all.size() < MAX_REFUSAL_BYTES
          && bytes.take(requests.options().timeout())
              instanceof ArrivingBytes.Taken.Bytes(ByteBuffer next)) {
        byte[] chunk = new byte[next.remaining()];
        next.get(chunk);
        all.writeBytes(chunk);
      }
    } finally {
      bytes.stop();
    }
    return all.toByteArray();
  }

  /** Takes in what arrives; false if nothing did. */
  private boolean read(ArrivingBytes bytes, SseFrames frames, Duration left)
      throws InterruptedException {
    long untilDead = Math.max(0, SILENCE.toNanos() - bytes.silence().toNanos());
    switch (bytes.take(Duration.ofNanos(Math.min(left.toNanos(), untilDead)))) {
      case ArrivingBytes.Taken.Bytes(ByteBuffer chunk) -> {
        try {
          frames.add(chunk);
        } catch (SseFrames.TooLong e) {
          throw unintelligible("a frame of more than " + Requests.MAX_ANSWER_BYTES + " bytes");
        }
        return true;
      }
      case ArrivingBytes.Taken.NothingYet() -> {
        if (bytes.silence().compareTo(SILENCE) >= 0) {
          bytes.stop();
          failed("nothing was heard for " + SILENCE, NO_TIME);
        }
        return false;
      }
      case ArrivingBytes.Taken.Ended(String reason) -> {
        failed(reason, NO_TIME);
        return false;
      }
    }
  }

  private void failed(String reason, Duration asked) {
    failures++;
    lastFailure = reason;
    Duration pause = requests.options().retry().pause(failures, requests.options().random());
    Duration longer = asked.compareTo(pause) > 0 ? asked : pause;
    state = new State.Apart(System.nanoTime() + longer.toNanos());
  }

  private List<RemoteEvent> drain(SseFrames frames) {
    List<RemoteEvent> events = new ArrayList<>();
    drain(frames, events);
    return events;
  }

  private void drain(SseFrames frames, List<RemoteEvent> events) {
    while (events.size() < MAX_EVENTS) {
      Optional<SseFrames.Frame> frame = frames.next();
      if (frame.isEmpty()) {
        return;
      }
      take(frame.get(), events);
    }
  }

  private void take(SseFrames.Frame frame, List<RemoteEvent> events) {
    try {
      if (frame.event().equals("caught-up")) {
        caughtUp = true;
      } else if (frame.event().equals("message")) {
        RemoteEvent event = RemoteEvent.of(JsonObject.parse(frame.data()));
        // A server that repeats what was given is not followed back.
        if (event.position() > position) {
          position = event.position();
          events.add(event);
        }
      }
      failures = 0;
      lastFailure = null;
    } catch (JsonObject.Unfit e) {
      throw unintelligible(
          "%s: %.80s".formatted(e.reason(), new String(frame.data(), StandardCharsets.UTF_8)));
    }
  }

  private RequestFailed.Unintelligible unintelligible(String what) {
    if (state instanceof State.Connected(ArrivingBytes bytes, SseFrames _)) {
      bytes.stop();
    }
    failed(what, NO_TIME);
    return new RequestFailed.Unintelligible(
        "what follows position %d of %s cannot be read: %s".formatted(position, path, what));
  }

  /** How far this subscription has read; a new one from here goes on without gap or repetition. */
  public Cursor cursor() {
    return new Cursor(position);
  }

  /** Tells whether the server has said that everything there was has been sent. */
  public boolean caughtUp() {
    return caughtUp;
  }

  /** Why there is no connection right now; empty while nothing is wrong. */
  public Optional<String> lastFailure() {
    return Optional.ofNullable(lastFailure);
  }

  /** Tells whether it was closed. */
  public boolean closed() {
    return closed.isDone();
  }

  /** Ends the connection, and a call of {@link #next} that waits. */
  @Override
  public void close() {
    var _ = closed.complete(true);
    release();
  }

  private void release() {
    switch (state) {
      case State.Apart _ -> {}
      case State.Connecting(var response, long _) -> {
        if (!response.cancel(true)) {
          // An answer that has begun keeps its connection until somebody takes it and stops.
          var _ = response.thenAccept(RemoteSubscription::stop);
        }
      }
      case State.Connected(ArrivingBytes bytes, SseFrames _) -> bytes.stop();
    }
  }
}
