package dev.stele.mcp.sdk;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client that reads the events of an answer, as fast as it is let, until it goes. */
final class Events implements HttpAnswer.Output {
  /** Half a minute: what takes so long does not come. */
  private static final long PATIENCE_SECONDS = 30;

  /** What a client makes of a block of lines; comments are heartbeats. */
  record Event(String id, String retry, @Nullable String data) {
    boolean isMessage() {
      return data != null && !data.isEmpty();
    }

    String json() {
      return String.valueOf(data);
    }
  }

  private final LinkedBlockingQueue<Event> queue = new LinkedBlockingQueue<>();
  private final List<Event> taken = new ArrayList<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Semaphore reads;
  private final Thread thread;
  private volatile boolean gone;

  private Events(HttpAnswer.Events answer, int reads) {
    this.reads = new Semaphore(reads);
    this.thread =
        Thread.startVirtualThread(
            () -> {
              try {
                answer.body().writeTo(this);
              } catch (IOException expected) {
                // The client is gone.
              } finally {
                ended.countDown();
              }
            });
  }

  static Events of(HttpAnswer answer) {
    if (answer instanceof HttpAnswer.Events events) {
      return new Events(events, Integer.MAX_VALUE);
    }
    throw new AssertionError(Caller.status(answer) + ": " + Caller.text(answer));
  }

  /** A client that reads so many writes and then none, until it is told to. */
  static Events slow(HttpAnswer answer, int reads) {
    return new Events((HttpAnswer.Events) answer, reads);
  }

  void readOn() {
    reads.release(1_000_000);
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    try {
      reads.acquire();
    } catch (InterruptedException e) {
      throw new InterruptedIOException("cut while it was written to");
    }
    if (gone) {
      throw new IOException("the client is gone");
    }
    String id = "";
    String retry = "";
    String data = null;
    for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("retry: ")) {
        retry = line.substring(7);
      } else if (line.startsWith("data: ")) {
        data = line.substring(6);
      }
    }
    queue.add(new Event(id, retry, data));
  }

  /** Is gone: what is written to it from now on fails. */
  Events leave() {
    gone = true;
    return this;
  }

  /** The next event. */
  Event next() {
    try {
      Event event = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (event == null) {
        throw new AssertionError("no event came after " + taken);
      }
      taken.add(event);
      return event;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The next message. */
  Event message() {
    return find(Event::isMessage);
  }

  Event find(Predicate<Event> wanted) {
    while (true) {
      Event event = next();
      if (wanted.test(event)) {
        return event;
      }
    }
  }

  /** Every message until the stream ends. */
  List<Event> toEnd() {
    awaitEnd();
    List<Event> left = new ArrayList<>();
    queue.drainTo(left);
    taken.addAll(left);
    return left.stream().filter(Event::isMessage).toList();
  }

  void awaitEnd() {
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the stream did not end, after " + taken);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  boolean hasEnded() {
    return ended.getCount() == 0;
  }

  Thread thread() {
    return thread;
  }
}
