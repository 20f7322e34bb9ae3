package dev.stele.server.rpc;

import dev.stele.core.proof.Verdict;
import dev.stele.server.host.HostedLog;
import dev.stele.wire.v1.ScrubResponse;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * Re-computes logs for callers who watch: one pass of a log at a time. Thread-safe.
 *
 * <p>Each has a platform thread: to re-compute is work, and would keep a virtual thread's carrier
 * from everybody else.
 */
final class Scrubs {
  private final ConcurrentMap<String, Thread> underWay = new ConcurrentHashMap<>();
  private volatile boolean closing;

  void start(Supplier<HostedLog> which, StreamObserver<ScrubResponse> observer) {
    ServerCallStreamObserver<ScrubResponse> caller =
        (ServerCallStreamObserver<ScrubResponse>) observer;
    caller.setOnCancelHandler(() -> {});
    HostedLog hosted;
    Thread thread;
    try {
      hosted = which.get();
      thread =
          Thread.ofPlatform()
              .name("stele-rpc-scrub")
              .daemon()
              .unstarted(Context.current().wrap(() -> scrub(hosted, caller)));
      if (underWay.putIfAbsent(hosted.name(), thread) != null) {
        throw Problem.SCRUB_UNDER_WAY.because(
            "a scrub of %s is under way already".formatted(hosted.name()));
      }
    } catch (RuntimeException e) {
      caller.onError(Problem.of(e));
      return;
    }
    thread.start();
  }

  private void scrub(HostedLog hosted, ServerCallStreamObserver<ScrubResponse> caller) {
    try {
      Verdict verdict =
          hosted
              .log()
              .scrub(
                  List::of,
                  position -> {
                    requireWatched();
                    // Told when there is room: nobody needs to know of each step.
                    if (caller.isReady()) {
                      caller.onNext(ScrubResponse.newBuilder().setPosition(position).build());
                    }
                  });
      underWay.remove(hosted.name());
      caller.onNext(ScrubResponse.newBuilder().setVerdict(Messages.verdict(verdict)).build());
      caller.onCompleted();
    } catch (RuntimeException e) {
      underWay.remove(hosted.name());
      caller.onError(Problem.of(e));
    }
  }

  private void requireWatched() {
    if (Context.current().isCancelled()) {
      throw Problem.CANCELLED.because("the caller has left");
    }
    if (closing) {
      throw Problem.CLOSING.because("the server is closing");
    }
  }

  /** Stops what is under way; on return nothing of it reads a log any more. */
  void close() throws InterruptedException {
    closing = true;
    for (Thread thread : underWay.values()) {
      thread.join();
    }
  }
}
