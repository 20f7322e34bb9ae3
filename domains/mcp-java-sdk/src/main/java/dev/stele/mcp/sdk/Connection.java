package dev.stele.mcp.sdk;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP response that carries events, and how far it has come in its stream.
 *
 * <p>Its place is its own thread's; {@link #stop} may be called by any. An interrupt reaches the
 * thread only while it writes to the client: one that came while it reads the store could close a
 * file under everybody.
 */
final class Connection {
  /** Of a connection that knows the id that it is behind, but not which place that is. */
  static final long UNKNOWN = -1;

  private final boolean polls;
  private final Duration retry;

  private String eventId;
  private long sequence;
  private HttpAnswer.@Nullable Output out;

  /** Guarded by this. */
  private boolean stopped;

  /** Guarded by this; the thread that is at a write. */
  private @Nullable Thread writer;

  /**
   * Begins behind an event.
   *
   * @param polls whether the client knows streams whose connection the server ends
   * @param sequence the place of the event, or {@link #UNKNOWN}
   */
  Connection(boolean polls, Duration retry, String eventId, long sequence) {
    this.polls = polls;
    this.retry = retry;
    this.eventId = eventId;
    this.sequence = sequence;
  }

  boolean polls() {
    return polls;
  }

  String eventId() {
    return eventId;
  }

  long sequence() {
    return sequence;
  }

  void open(HttpAnswer.Output output) {
    out = output;
  }

  /** Names the place where it is, so that the client can come back to it before any message. */
  void prime() throws IOException {
    write(polls ? SseEvent.priming(eventId, retry) : SseEvent.HEARTBEAT);
  }

  /** Greets a client that came back; what it knows of the pause may be another process's. */
  void greet() throws IOException {
    write(polls ? SseEvent.retry(retry) : SseEvent.HEARTBEAT);
  }

  void sayRetry(Duration pause) throws IOException {
    write(SseEvent.retry(pause));
  }

  void beat() throws IOException {
    write(SseEvent.HEARTBEAT);
  }

  void send(Page.Message message) throws IOException {
    write(SseEvent.message(message.eventId(), message.json()));
    eventId = message.eventId();
  }

  /** Says which place everything up to has been sent. */
  void reached(long place) {
    sequence = place;
  }

  /** Ends it as soon as possible, also in the middle of a write to a client that does not read. */
  synchronized void stop() {
    stopped = true;
    if (writer != null) {
      writer.interrupt();
    }
  }

  synchronized boolean isStopped() {
    return stopped;
  }

  private void write(byte[] bytes) throws IOException {
    HttpAnswer.Output to = out;
    if (to == null) {
      throw new IllegalStateException("a connection is opened before it is written to");
    }
    synchronized (this) {
      if (stopped) {
        throw new InterruptedIOException("the connection was ended");
      }
      writer = Thread.currentThread();
    }
    try {
      to.write(bytes);
    } finally {
      synchronized (this) {
        writer = null;
        if (stopped) {
          // The interrupt was for the write alone.
          boolean _ = Thread.interrupted();
        }
      }
    }
  }
}
