package dev.stele.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A caller of a stream, who takes what it asks for and no more.
 *
 * @param <Q> the requests
 * @param <A> the answers
 */
final class Told<Q, A> implements ClientResponseObserver<Q, A> {
  private final int first;
  private final BlockingQueue<A> answers = new LinkedBlockingQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicReference<@Nullable ClientCallStreamObserver<Q>> call =
      new AtomicReference<>();

  /** Takes so many answers before it is asked for more. */
  Told(int first) {
    this.first = first;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> stream) {
    call.set(stream);
    stream.disableAutoRequestWithInitial(first);
  }

  ClientCallStreamObserver<Q> call() {
    ClientCallStreamObserver<Q> known = call.get();
    assertThat(known).isNotNull();
    return java.util.Objects.requireNonNull(known);
  }

  void takeMore(int count) {
    call().request(count);
  }

  /** The next answers, in their order. */
  List<A> next(int count) throws InterruptedException {
    List<A> next = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      A answer = answers.poll(Served.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(answer).as("answer %d of %d, after %s", i + 1, count, failure).isNotNull();
      next.add(answer);
    }
    return next;
  }

  /** How many were told and not looked at. */
  int waiting() {
    return answers.size();
  }

  /** How it ended; null where it was completed. */
  @Nullable Throwable end() throws InterruptedException {
    assertThat(ended.await(Served.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return failure.get();
  }

  Throwable failure() throws InterruptedException {
    Throwable end = end();
    assertThat(end).as("a stream that must fail").isNotNull();
    return java.util.Objects.requireNonNull(end);
  }

  @Override
  public void onNext(A answer) {
    answers.add(answer);
  }

  @Override
  public void onError(Throwable why) {
    failure.set(why);
    ended.countDown();
  }

  @Override
  public void onCompleted() {
    ended.countDown();
  }
}
