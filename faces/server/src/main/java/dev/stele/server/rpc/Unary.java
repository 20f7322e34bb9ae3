package dev.stele.server.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Callable;

/** Answers calls that have one answer, on the thread of the call. */
final class Unary {
  private Unary() {}

  static <T> void answer(StreamObserver<T> caller, Callable<T> work) {
    // With a handler, an answer to a caller who has left is dropped and not thrown.
    ((ServerCallStreamObserver<T>) caller).setOnCancelHandler(() -> {});
    T answer;
    try {
      answer = work.call();
    } catch (Exception e) {
      // The top of the call's thread.
      caller.onError(Problem.of(e));
      return;
    }
    caller.onNext(answer);
    caller.onCompleted();
  }
}
