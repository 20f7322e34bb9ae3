package dev.stele.server.rpc;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * The streams that are open, each on a thread of its own, so that they can be ended when the server
 * closes. Thread-safe.
 */
final class OpenStreams {
  /** A stream that would not end by itself. */
  interface Stream {
    /** Ends it as {@link Problem#CLOSING}, as soon as what it owes was said. Returns at once. */
    void closing();
  }

  private final Set<Stream> open = ConcurrentHashMap.newKeySet();
  private final Executor threads;
  private final Semaphore places;
  private volatile boolean closing;

  OpenStreams(Executor threads, int most) {
    this.threads = threads;
    this.places = new Semaphore(most);
  }

  /**
   * Runs a stream until its work returns; the context of the call goes with it.
   *
   * @throws StatusRuntimeException when as many are open as there may be
   */
  void run(Stream stream, Runnable work) {
    if (!places.tryAcquire()) {
      throw Problem.OVERLOADED.because("as many streams are open here as there may be");
    }
    add(stream);
    threads.execute(
        Context.current()
            .wrap(
                () -> {
                  try {
                    work.run();
                  } finally {
                    places.release();
                    open.remove(stream);
                  }
                }));
  }

  private void add(Stream stream) {
    open.add(stream);
    // Looked at after it was added, so that one of the two ends it.
    if (closing) {
      stream.closing();
    }
  }

  int size() {
    return open.size();
  }

  void endAll() {
    closing = true;
    open.forEach(Stream::closing);
  }
}
