package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.testkit.Scale;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that many follow, a tenth of them badly, while others append to it. */
@Tag("engine")
class ManyFollowersTest {
  private static final int FOLLOWERS = 1_000;

  /** One in ten reads nothing, or a byte a second. */
  private static final int ONE_IN = 10;

  /** 3,000 events of 1 KiB: more than any socket's buffers take, for those who do not read. */
  private static final int HISTORY = 3_000;

  private static final int APPENDERS = 4;

  /** 20 events of each appender and more, five a second. */
  private static final int APPENDS = 15 + Scale.of(50);

  private static final Duration PACE = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Five times as long as without followers, on machines whose cores the followers share. */
  private static final int MAX_FACTOR = 5;

  /** 50 milliseconds more are no matter of followers: a scheduler does that by itself. */
  private static final Duration NOISE = Duration.ofMillis(50);

  /** 512 KiB a follower, of both sides of its connection. */
  private static final long MAX_BYTES_EACH = 512 * 1024;

  @TempDir Path folder;

  private record Latencies(Duration p50, Duration p99) {
    static Latencies of(long[] nanos) {
      Arrays.sort(nanos);
      return new Latencies(
          Duration.ofNanos(nanos[nanos.length / 2]),
          Duration.ofNanos(nanos[nanos.length * 99 / 100]));
    }

    @Override
    public String toString() {
      return "p50 %.1f ms, p99 %.1f ms".formatted(p50.toNanos() / 1e6, p99.toNanos() / 1e6);
    }
  }

  /** Appends at a fixed rate, whatever the answers take. */
  private static Latencies append(RunningServer server, ExecutorService threads) throws Exception {
    List<Future<long[]>> appenders = new ArrayList<>();
    for (int appender = 0; appender < APPENDERS; appender++) {
      long first = System.nanoTime() + appender * PACE.toNanos() / APPENDERS;
      appenders.add(
          threads.submit(
              () -> {
                long[] nanos = new long[APPENDS];
                for (int i = 0; i < APPENDS; i++) {
                  long due = first + i * PACE.toNanos();
                  while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                  }
                  assertThat(server.post("/v1/logs/main/events", "{\"type\":\"t\"}").status())
                      .isEqualTo(201);
                  // From when it was due: one that waits for the one before it waits as well.
                  nanos[i] = System.nanoTime() - due;
                }
                return nanos;
              }));
    }
    long[] all = new long[APPENDERS * APPENDS];
    for (int appender = 0; appender < APPENDERS; appender++) {
      System.arraycopy(appenders.get(appender).get(), 0, all, appender * APPENDS, APPENDS);
    }
    return Latencies.of(all);
  }

  private static void subscribe(Bare bare, long after) {
    bare.send(
        "GET /v1/logs/main/subscribe?after=%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
            .formatted(after));
  }

  /** Reads from behind a position to another one, and gives the positions it saw. */
  private static Callable<List<Long>> follower(
      Bare bare, long after, long last, CountDownLatch connected) {
    return () -> {
      List<Long> seen = new ArrayList<>();
      subscribe(bare, after);
      BufferedReader in =
          new BufferedReader(new InputStreamReader(bare.in(), StandardCharsets.UTF_8));
      long at = after;
      for (String line = in.readLine(); line != null && at < last; ) {
        if (line.startsWith("event: caught-up")) {
          connected.countDown();
        } else if (line.startsWith("id: ")) {
          at = Long.parseLong(line.substring(4));
          seen.add(at);
        }
        line = at < last ? in.readLine() : null;
      }
      return seen;
    };
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void takesAppendsAsFastAsOneThatNobodyFollows() throws Exception {
    int followers = Scale.of(FOLLOWERS);
    int bad = followers / ONE_IN;
    List<Bare> open = new ArrayList<>();
    try (RunningServer server = RunningServer.in(folder.resolve("data"));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        ScheduledExecutorService slowly = Executors.newSingleThreadScheduledExecutor()) {
      try {
        String one = "{\"type\":\"t\",\"payloadText\":\"" + "x".repeat(1024) + "\"}";
        for (int i = 0; i < HISTORY; i += 1_000) {
          server.post(
              "/v1/logs/main/events", "{\"events\":[" + (one + ",").repeat(999) + one + "]}");
        }
        Latencies _ = append(server, threads);
        Latencies alone = append(server, threads);
        long after = HISTORY + 2L * APPENDERS * APPENDS;
        long last = after + (long) APPENDERS * APPENDS;
        long before = used();
        for (int i = 0; i < bad; i++) {
          Bare bare = Bare.narrow(server.port(), 4096);
          open.add(bare);
          subscribe(bare, 0);
          if (i % 2 == 0) {
            var _ = slowly.scheduleAtFixedRate(() -> readOne(bare), 1, 1, TimeUnit.SECONDS);
          }
        }
        CountDownLatch connected = new CountDownLatch(followers - bad);
        List<Future<List<Long>>> good = new ArrayList<>();
        for (int i = bad; i < followers; i++) {
          Bare bare = Bare.to(server.port());
          open.add(bare);
          good.add(threads.submit(follower(bare, after, last, connected)));
        }
        assertThat(connected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        Latencies followed = append(server, threads);
        long[] wanted = java.util.stream.LongStream.rangeClosed(after + 1, last).toArray();
        for (Future<List<Long>> each : good) {
          assertThat(each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
              .containsExactly(Arrays.stream(wanted).boxed().toArray(Long[]::new));
        }
        long bytesEach = (used() - before) / followers;
        System.out.println(
            "%d followers, %d of them bad: %s; without: %s; %d KiB each"
                .formatted(followers, bad, followed, alone, bytesEach >> 10));
        assertThat(followed.p50()).isLessThan(alone.p50().multipliedBy(MAX_FACTOR).plus(NOISE));
        assertThat(followed.p99())
            .isLessThan(alone.p99().multipliedBy(MAX_FACTOR).plus(NOISE.multipliedBy(4)));
        assertThat(bytesEach).isLessThan(MAX_BYTES_EACH);
      } finally {
        for (Bare bare : open) {
          bare.close();
        }
      }
    }
  }

  private static void readOne(Bare bare) {
    try {
      if (bare.in().available() > 0) {
        int _ = bare.in().read();
      }
    } catch (java.io.IOException e) {
      // It was cut: nothing more is to be read slowly.
    }
  }
}
