package dev.stele.client;

import dev.stele.core.log.Cursor;
import dev.stele.core.proof.SignedCheckpoint;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Follows a log and gives only what was proven, each event once, in order and without a gap.
 *
 * <pre>
 *   head covers more than was given? ──yes──► readVerified ──► events
 *        ▲             │ no
 *        │             ▼
 *   verifiedHead ◄── a RemoteSubscription says that something came
 * </pre>
 *
 * <p>Events come when a checkpoint covers them. Asking for them makes the log sign for them, at
 * most every tenth of a second, so that they lag behind their commit by about as much; where
 * witnesses must have signed too, by as much as they take. What is read is what {@link
 * RemoteLog#readVerified} reads; the subscription beside it only wakes.
 *
 * <p>One thread at a time; {@link #close} may come from any.
 */
public final class VerifiedSubscription implements AutoCloseable {
  private final RemoteLog log;
  private final Pauses pauses;
  private long position;

  /** The last position that is known to exist, proven or not. */
  private long heard;

  private volatile @Nullable RemoteSubscription wake;
  private volatile boolean closed;

  VerifiedSubscription(RemoteLog log, Pauses pauses, Cursor from) {
    this.log = log;
    this.pauses = pauses;
    this.position = from.position();
    this.heard = from.position();
  }

  /**
   * The next events, waiting for one at most so long.
   *
   * @return verified, and empty when the time was up or this was closed; or trimmed, and the next
   *     call goes on behind it; or distrusted, and then the cursor stands where it stood, and the
   *     next call asks again
   * @throws RequestFailed when the server cannot be asked; nothing is lost, and the next call asks
   *     again
   * @throws InterruptedException when interrupted while waiting; nothing is lost
   */
  public RunCheck next(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      RunCheck check = log.readVerified(position, ReadQuery.MAX_LIMIT);
      switch (check) {
        case RunCheck.Distrusted _ -> {
          return check;
        }
        case RunCheck.Trimmed(long upTo) -> {
          position = Math.max(position, upTo);
          heard = Math.max(heard, upTo);
          return check;
        }
        case RunCheck.Verified(var events, SignedCheckpoint against) -> {
          long left = end - System.nanoTime();
          if (!events.isEmpty()) {
            position = events.getLast().position();
            heard = Math.max(heard, position);
            return check;
          }
          if (closed || left <= 0) {
            return new RunCheck.Verified(List.of(), against);
          }
          await(Duration.ofNanos(left));
        }
      }
    }
  }

  /** Returns when there may be more, or the time is up. */
  private void await(Duration left) throws InterruptedException {
    if (heard > position) {
      // Something came that is not signed for yet.
      pauses.pause(
          left.compareTo(RemoteLog.CHECKPOINT_PAUSE) < 0 ? left : RemoteLog.CHECKPOINT_PAUSE);
      return;
    }
    RemoteSubscription waiting = wake;
    // One that was left far behind would tell at length what is known.
    if (waiting == null || waiting.cursor().position() < position - RemoteSubscription.MAX_EVENTS) {
      if (waiting != null) {
        waiting.close();
      }
      waiting = log.subscribe(new Cursor(position));
      wake = waiting;
      if (closed) {
        waiting.close();
      }
    }
    long end = System.nanoTime() + left.toNanos();
    List<RemoteEvent> came = waiting.next(left);
    while (!came.isEmpty() && came.getLast().position() <= position) {
      came = waiting.next(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }
    if (!came.isEmpty()) {
      heard = came.getLast().position();
    }
  }

  /** How far this subscription has given events. */
  public Cursor cursor() {
    return new Cursor(position);
  }

  /** Tells whether it was closed. */
  public boolean closed() {
    return closed;
  }

  /** Ends the connection, and a call of {@link #next} that waits. */
  @Override
  public void close() {
    closed = true;
    RemoteSubscription waiting = wake;
    if (waiting != null) {
      waiting.close();
    }
  }
}
