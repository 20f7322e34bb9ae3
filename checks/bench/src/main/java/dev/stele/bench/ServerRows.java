package dev.stele.bench;

import com.google.protobuf.ByteString;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.server.Server;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Appends and followers over HTTP and gRPC, beside the same log in the same process without a
 * network. The clients run in this process too, and take their share of the processors.
 */
final class ServerRows {
  private static final int CONNECTIONS = 64;
  private static final int FOLLOWERS = 100;

  /** One append of 100 events is told to every follower before the next. */
  private static final int TOLD_AT_ONCE = 100;

  private ServerRows() {}

  static List<Row> rows(Plan plan) {
    List<Row> rows = new ArrayList<>();
    for (int connections : List.of(1, CONNECTIONS)) {
      rows.add(
          append(
              "HTTP append, " + connections(connections),
              "POST /v1/logs/main/events",
              connections,
              scene -> http(scene, connections)));
      rows.add(
          append(
              "gRPC append, " + connections(connections),
              "stele.v1.Log/Append",
              connections,
              scene -> grpc(scene, connections)));
    }
    rows.add(
        new Row(
            "subscribe, %d followers".formatted(FOLLOWERS),
            "GET /v1/logs/main/subscribe",
            "durable",
            TOLD_AT_ONCE,
            Workload.PAYLOAD_BYTES,
            FOLLOWERS,
            ServerRows::fanOut));
    return rows;
  }

  private static String connections(int count) {
    return count == 1 ? "1 connection" : count + " connections";
  }

  private static Row append(String name, String api, int threads, Scene.Builder scene) {
    return new Row(name, api, "durable", 1, Workload.PAYLOAD_BYTES, threads, scene);
  }

  private static Server serve(Scene scene) throws Exception {
    return serve(scene, "data");
  }

  private static Server serve(Scene scene, String name) throws Exception {
    ServerConfig config =
        ServerConfig.defaults()
            .with(Setting.DATA, scene.workplace().folder().resolve(name).toString())
            .with(Setting.ANCHORS, scene.workplace().folder().resolve(name + ".anchors").toString())
            .with(Setting.HTTP_PORT, "0")
            .with(Setting.GRPC_PORT, "0");
    return scene.keep(Server.start(config, InstantSource.system(), new SecureRandom()));
  }

  private static EventLog main(Server server) {
    return server.host().find("main").orElseThrow().log();
  }

  private static void against(Scene scene, EventLog log, Workload workload, int callers)
      throws Exception {
    scene.against(
        Side.callers(
            "embedded", callers, _ -> () -> Workload.appended(log.append(workload.unsigned()))));
    scene.against(Bare.writeAndSync(scene));
  }

  private static void http(Scene scene, int connections) throws Exception {
    Workload workload = new Workload();
    Server server = serve(scene);
    List<Connection> open = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      open.add(scene.keep(new Connection(server.httpPort())));
    }
    scene.ours(
        Side.callers(
            "ours",
            connections,
            number -> {
              Connection connection = open.get(number);
              return () -> {
                connection.append(workload);
                return 1;
              };
            }));
    against(scene, main(server), workload, connections);
  }

  private static void grpc(Scene scene, int connections) throws Exception {
    Workload workload = new Workload();
    Server server = serve(scene);
    List<LogGrpc.LogBlockingStub> stubs = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort().getAsInt())
              .usePlaintext()
              .build();
      scene.keep(
          (AutoCloseable)
              () -> {
                channel.shutdownNow();
                channel.awaitTermination(5, TimeUnit.SECONDS);
              });
      stubs.add(LogGrpc.newBlockingStub(channel));
    }
    scene.ours(
        Side.callers(
            "ours",
            connections,
            number -> {
              LogGrpc.LogBlockingStub stub = stubs.get(number);
              return () -> {
                long event = workload.nextNumber();
                AppendResponse response =
                    stub.append(
                        AppendRequest.newBuilder()
                            .setLog("main")
                            .setStream("bench")
                            .addEvents(
                                EventDraft.newBuilder()
                                    .setType("event")
                                    .setId(Workload.id(event))
                                    .setPayload(ByteString.copyFrom(workload.payload(event))))
                            .build());
                if (!response.hasAppended()) {
                  throw new IllegalStateException("an append of the workload came to " + response);
                }
                return 1;
              };
            }));
    against(scene, main(server), workload, connections);
  }

  /** What a hundred are told in the time in which one is. */
  private static void fanOut(Scene scene) throws Exception {
    Workload workload = new Workload();
    Server server = serve(scene);
    EventLog log = main(server);
    scene.ours(told("ours", scene, server.httpPort(), log, workload, FOLLOWERS));
    Server alone = serve(scene, "alone");
    scene.against(told("1 follower", scene, alone.httpPort(), main(alone), workload, 1));
  }

  private static Side told(
      String name, Scene scene, int port, EventLog log, Workload workload, int count)
      throws Exception {
    List<Follower> followers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      followers.add(scene.keep(new Follower(port)));
    }
    return Side.alone(
        name,
        () -> {
          List<Append> batch = new ArrayList<>();
          for (int i = 0; i < TOLD_AT_ONCE; i++) {
            batch.add(workload.unsigned());
          }
          long last = 0;
          for (AppendResult result : log.appendAll(batch)) {
            last += Workload.appended(result);
          }
          long end = log.head().size();
          for (Follower follower : followers) {
            follower.awaitPosition(end);
          }
          return last * count;
        });
  }

  /** One connection that sends a request and reads its answer, again and again. */
  private static final class Connection implements AutoCloseable {
    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;
    private final byte[] answer = new byte[4_096];

    Connection(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      out = socket.getOutputStream();
      in = socket.getInputStream();
    }

    void append(Workload workload) throws IOException {
      long event = workload.nextNumber();
      String body =
          "{\"stream\":\"bench\",\"type\":\"event\",\"id\":\"%s\",\"payload\":\"%s\"}"
              .formatted(
                  Workload.id(event), Base64.getEncoder().encodeToString(workload.payload(event)));
      out.write(
          ("POST /v1/logs/main/events HTTP/1.1\r\nHost: localhost\r\n"
                  + "Content-Type: application/json\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body)
              .getBytes(StandardCharsets.US_ASCII));
      String said = read();
      if (!said.startsWith("HTTP/1.1 201 ")) {
        throw new IOException("an append of the workload came to " + said);
      }
    }

    private String read() throws IOException {
      int length = 0;
      while (true) {
        int read = in.read(answer, length, answer.length - length);
        if (read < 0) {
          throw new IOException("the server has closed the connection");
        }
        length += read;
        String said = new String(answer, 0, length, StandardCharsets.ISO_8859_1);
        int end = said.indexOf("\r\n\r\n");
        if (end >= 0 && length - end - 4 >= contentLength(said)) {
          return said;
        }
      }
    }

    private static int contentLength(String said) {
      int at = said.indexOf("Content-Length: ");
      return Integer.parseInt(said.substring(at + 16, said.indexOf('\r', at)));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** One who follows, and counts. */
  private static final class Follower implements AutoCloseable {
    private final Socket socket;
    private final AtomicLong told = new AtomicLong();
    private volatile boolean ended;

    Follower(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket
          .getOutputStream()
          .write(
              "GET /v1/logs/main/subscribe HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      Thread.ofVirtual().start(this::read);
    }

    /** Counts the lines that begin an event: each position comes once. */
    private void read() {
      byte[] wanted = "\nid: ".getBytes(StandardCharsets.US_ASCII);
      int matched = 0;
      byte[] buffer = new byte[64 * 1024];
      try (InputStream in = socket.getInputStream()) {
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
          int found = 0;
          for (int i = 0; i < length; i++) {
            matched = buffer[i] == wanted[matched] ? matched + 1 : buffer[i] == '\n' ? 1 : 0;
            if (matched == wanted.length) {
              found++;
              matched = 0;
            }
          }
          told.addAndGet(found);
        }
      } catch (IOException e) {
        ended = true;
      }
    }

    void awaitPosition(long position) throws IOException {
      while (told.get() < position) {
        if (ended) {
          throw new IOException("a follower was let go at " + told);
        }
        LockSupport.parkNanos(20_000);
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
