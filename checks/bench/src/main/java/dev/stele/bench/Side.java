package dev.stele.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One way to do a row's work: ours, or a bare one. */
record Side(String name, Work work) {
  /** Does a round. */
  interface Work {
    Round round(Duration length) throws Exception;
  }

  /** One call of what is measured; one is made for each caller. */
  interface Call {
    /** Does it once more and tells how many events that was. */
    long run() throws Exception;
  }

  /** Makes the call of one caller. */
  interface Caller {
    Call begin(int number) throws Exception;
  }

  /** A side that calls from one thread, again and again. */
  static Side alone(String name, Call call) {
    return new Side(name, length -> measure(length, 1, false, number -> call));
  }

  /** A side with so many virtual threads, each with one call in flight. */
  static Side callers(String name, int count, Caller caller) {
    return new Side(name, length -> measure(length, count, true, caller));
  }

  /** A side with a platform thread for each processor. */
  static Side onAllCores(String name, Caller caller) {
    int cores = Runtime.getRuntime().availableProcessors();
    return new Side(name, length -> measure(length, cores, false, caller));
  }

  /** The one loop that all figures come from. */
  private static Round measure(Duration length, int threads, boolean virtual, Caller caller)
      throws Exception {
    CountDownLatch ready = new CountDownLatch(threads);
    CountDownLatch go = new CountDownLatch(1);
    long[] deadline = new long[1];
    List<Future<Long>> running = new ArrayList<>(threads);
    List<Latencies> latencies = new ArrayList<>(threads);
    try (ExecutorService executor =
        virtual
            ? Executors.newVirtualThreadPerTaskExecutor()
            : Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        Call call = caller.begin(i);
        Latencies own = new Latencies();
        latencies.add(own);
        running.add(
            executor.submit(
                () -> {
                  ready.countDown();
                  go.await();
                  return repeat(call, deadline[0], own);
                }));
      }
      ready.await();
      long allocatedBefore = allocated();
      long start = System.nanoTime();
      deadline[0] = start + length.toNanos();
      go.countDown();
      long events = 0;
      for (Future<Long> thread : running) {
        events += join(thread);
      }
      long nanos = System.nanoTime() - start;
      long allocated = allocated() - allocatedBefore;
      Latencies all = new Latencies();
      latencies.forEach(all::addAll);
      return new Round(
          events * 1e9 / nanos, all, (double) Math.max(allocated, 0) / Math.max(events, 1));
    }
  }

  private static long repeat(Call call, long deadline, Latencies latencies) throws Exception {
    long events = 0;
    long before = System.nanoTime();
    do {
      events += call.run();
      long after = System.nanoTime();
      latencies.add(after - before);
      before = after;
    } while (before < deadline);
    return events;
  }

  private static long join(Future<Long> thread) throws Exception {
    try {
      return thread.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception known ? known : e;
    }
  }

  /** What all threads have allocated; virtual threads count where they were carried. */
  private static long allocated() {
    return ManagementFactory.getThreadMXBean() instanceof ThreadMXBean bean
        ? bean.getTotalThreadAllocatedBytes()
        : 0;
  }
}
