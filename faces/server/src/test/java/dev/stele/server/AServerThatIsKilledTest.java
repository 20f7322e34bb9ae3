package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stele.client.AppendAnswer;
import dev.stele.client.ClientOptions;
import dev.stele.client.NewEvent;
import dev.stele.client.ReadQuery;
import dev.stele.client.RemoteEvent;
import dev.stele.client.RemoteLog;
import dev.stele.client.RemoteSubscription;
import dev.stele.client.RetryPolicy;
import dev.stele.client.RunCheck;
import dev.stele.client.SteleClient;
import dev.stele.client.TrustPolicy;
import dev.stele.client.TrustStore;
import dev.stele.client.VerifiedSubscription;
import dev.stele.core.log.Cursor;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that dies and comes back, under clients that append by HTTP and gRPC, and follow. */
@Tag("crash")
class AServerThatIsKilledTest {
  /** Eight of each face, so that commits have events of both. */
  private static final int WRITERS = 8;

  /** A minute: ten times as long as a server takes to come back on a busy machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Ten minutes for a call that a hundred restarts, one a second, may refuse again and again. */
  private static final Duration LONG_PATIENCE = Duration.ofMinutes(10);

  private static final Duration AGAIN = Duration.ofMillis(20);
  private static final Duration PULL = Duration.ofMillis(200);

  @TempDir Path folder;

  /** A server in a process of its own: folder, port of HTTP, port of gRPC. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      ServerConfig config =
          ServerConfig.defaults()
              .with(Setting.DATA, arguments[0])
              .with(Setting.ANCHORS, arguments[0] + "-anchors")
              .with(Setting.HTTP_PORT, arguments[1])
              .with(Setting.GRPC_PORT, arguments[2]);
      var _ = Server.start(config, InstantSource.system(), new SecureRandom());
      System.out.println("listening");
      new CountDownLatch(1).await();
    }
  }

  private Process start(int port, int grpcPort) throws Exception {
    Process child =
        ChildJvm.start(
            Child.class,
            List.of(
                folder.resolve("data").toString(), String.valueOf(port), String.valueOf(grpcPort)));
    BufferedReader out = child.inputReader(StandardCharsets.UTF_8);
    assertThat(out.readLine()).isEqualTo("listening");
    return child;
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Test
  void has_each_acked_event_once_and_gives_each_to_its_followers_once() throws Exception {
    int kills = Scale.of(100);
    int port = freePort();
    int grpcPort = freePort();
    RetryPolicy patient =
        new RetryPolicy(100, Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofMinutes(1));
    ClientOptions options =
        ClientOptions.trusting(TrustStore.inFolder(folder.resolve("trust"))).retry(patient);
    Map<String, Long> acked = new ConcurrentSkipListMap<>();
    Semaphore acks = new Semaphore(0);
    AtomicBoolean stop = new AtomicBoolean();
    Process server = start(port, grpcPort);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
    try (SteleClient client = SteleClient.connect(URI.create("http://127.0.0.1:" + port), options);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      RemoteLog log = client.log("main", TrustPolicy.onFirstUse());
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        String name = "writer-" + writer;
        writers.add(
            threads.submit(
                () -> {
                  for (int number = 1; !stop.get(); number++) {
                    String payload = name + "-" + number;
                    acked.put(payload, position(log.append(NewEvent.of(name, "t", payload))));
                    acks.release();
                  }
                }));
        String caller = "caller-" + writer;
        writers.add(
            threads.submit(
                () -> {
                  for (int number = 1; !stop.get(); number++) {
                    String payload = caller + "-" + number;
                    acked.put(payload, appendByGrpc(channel, caller, payload));
                    acks.release();
                  }
                }));
      }
      AtomicLong last = new AtomicLong(Long.MAX_VALUE);
      Future<List<Long>> follower = threads.submit(() -> follow(log, last));
      Future<List<Long>> verified = threads.submit(() -> followVerified(log, last));
      try {
        for (int kill = 0; kill < kills; kill++) {
          acks.drainPermits();
          acks.acquire(100);
          server.destroyForcibly().waitFor();
          server = start(port, grpcPort);
        }
        stop.set(true);
        for (Future<?> writer : writers) {
          writer.get();
        }
        Map<Long, String> stored = readAll(log);
        last.set(stored.size());
        assertThat(stored.values()).doesNotHaveDuplicates();
        acked.forEach((payload, at) -> assertThat(stored.get(at)).isEqualTo(payload));
        List<Long> all = LongStream.rangeClosed(1, stored.size()).boxed().toList();
        assertThat(follower.get()).isEqualTo(all);
        assertThat(verified.get()).isEqualTo(all);
        System.out.println(
            "%d kills, %d events acked, %d stored".formatted(kills, acked.size(), stored.size()));
      } finally {
        // Whatever has failed, nobody is waited for who waits for more.
        stop.set(true);
        last.compareAndSet(Long.MAX_VALUE, 0);
      }
    } finally {
      channel.shutdownNow();
      server.destroyForcibly().waitFor();
    }
  }

  /** Appends under an id, and again for as long as nobody says what became of it. */
  private static long appendByGrpc(ManagedChannel channel, String stream, String payload) {
    AppendRequest request =
        AppendRequest.newBuilder()
            .setLog("main")
            .setStream(stream)
            .addEvents(
                EventDraft.newBuilder()
                    .setType("t")
                    .setId(payload)
                    .setPayload(ByteString.copyFromUtf8(payload)))
            .build();
    long end = System.nanoTime() + LONG_PATIENCE.toNanos();
    while (true) {
      try {
        AppendResponse answer =
            LogGrpc.newBlockingStub(channel)
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .append(request);
        return switch (answer.getResultCase()) {
          case APPENDED -> answer.getAppended().getPosition();
          case ALREADY_PRESENT -> answer.getAlreadyPresent().getPosition();
          case CONFLICT, REFUSED, REJECTED, READ_ONLY, RESULT_NOT_SET ->
              throw new AssertionError(answer.toString());
        };
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || System.nanoTime() > end) {
          throw e;
        }
        // A channel waits longer after each failure; this server is back at once.
        channel.resetConnectBackoff();
        LockSupport.parkNanos(AGAIN.toNanos());
      }
    }
  }

  private static long position(AppendAnswer answer) {
    return switch (answer) {
      case AppendAnswer.Appended appended -> appended.first();
      case AppendAnswer.AlreadyPresent already -> already.at();
      case AppendAnswer.Conflict _,
          AppendAnswer.ClaimTaken _,
          AppendAnswer.NotAdmitted _,
          AppendAnswer.KeyReused _,
          AppendAnswer.ReadOnly _,
          AppendAnswer.Unknown _,
          AppendAnswer.Unproven _ ->
          throw new AssertionError(answer.toString());
    };
  }

  private static List<Long> follow(RemoteLog log, AtomicLong last) throws InterruptedException {
    List<Long> seen = new ArrayList<>();
    try (RemoteSubscription subscription = log.subscribe(Cursor.BEGINNING)) {
      while (subscription.cursor().position() < last.get()) {
        subscription.next(PULL).forEach(event -> seen.add(event.position()));
      }
    }
    return seen;
  }

  private static List<Long> followVerified(RemoteLog log, AtomicLong last)
      throws InterruptedException {
    List<Long> seen = new ArrayList<>();
    try (VerifiedSubscription subscription = log.subscribeVerified(Cursor.BEGINNING)) {
      while (subscription.cursor().position() < last.get()) {
        switch (subscription.next(PULL)) {
          case RunCheck.Verified(var events, var _) ->
              events.forEach(event -> seen.add(event.position()));
          case RunCheck.Trimmed trimmed -> throw new AssertionError(trimmed.toString());
          case RunCheck.Distrusted(var why) ->
              throw new AssertionError(why.code() + ": " + why.detail());
        }
      }
    }
    return seen;
  }

  private static Map<Long, String> readAll(RemoteLog log) {
    Map<Long, String> stored = new TreeMap<>();
    long after = 0;
    boolean more = true;
    while (more) {
      var page = log.read(ReadQuery.after(after).limit(ReadQuery.MAX_LIMIT));
      for (RemoteEvent event : page.events()) {
        stored.put(
            event.position(), new String(event.payload().orElseThrow(), StandardCharsets.UTF_8));
      }
      after = page.after();
      more = page.more();
    }
    return stored;
  }
}
