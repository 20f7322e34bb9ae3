package dev.stele.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stele.crypto.Schnorr;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;
import dev.stele.nostr.store.History;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.StoreOutcome;
import dev.stele.server.Server;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Nostr events in SQLite: history that is imported beside bare signature checks, what a relay is
 * sent on its sockets beside batches that are written and synced, and what it is asked beside the
 * same question without a socket.
 */
final class NostrRows {
  private static final int CONNECTIONS = 4;
  private static final int IN_FLIGHT = 50;

  /** More than any side has managed here in a second. */
  private static final int ENOUGH_FOR_A_SECOND = 12_000;

  private static final int PAGE = 100;

  private NostrRows() {}

  static List<Row> rows(Plan plan) {
    String size = "%,d".formatted(plan.readEvents());
    List<Row> rows = new ArrayList<>();
    rows.add(
        new Row(
            "nostr import, %,d, in the log".formatted(plan.signedEvents()),
            "History.append",
            "durable",
            plan.signedEvents(),
            NostrEvents.WIRE_BYTES,
            Runtime.getRuntime().availableProcessors(),
            scene -> history(scene, false)));
    rows.add(
        new Row(
            "nostr import, %,d, in the log and every table".formatted(plan.signedEvents()),
            "NostrStore.importAll",
            "durable",
            plan.signedEvents(),
            NostrEvents.WIRE_BYTES,
            Runtime.getRuntime().availableProcessors(),
            scene -> history(scene, true)));
    rows.add(
        new Row(
            "nostr publish, 4 connections x 50 in flight",
            "EVENT",
            "durable",
            IN_FLIGHT,
            NostrEvents.WIRE_BYTES,
            CONNECTIONS,
            NostrRows::publish));
    for (Shape shape : Shape.values()) {
      rows.add(
          new Row(
              "nostr REQ " + shape.text + ", " + size,
              "REQ to EOSE",
              "-",
              1,
              NostrEvents.WIRE_BYTES,
              1,
              scene -> ask(scene, shape)));
    }
    rows.add(
        new Row(
            "nostr page of 100, the deepest of " + size,
            "NostrStore.query",
            "-",
            1,
            NostrEvents.WIRE_BYTES,
            1,
            NostrRows::page));
    return rows;
  }

  /** What clients of relays ask most. */
  private enum Shape {
    BY_ID("by id"),
    AUTHOR_AND_KIND("author and kind, 20"),
    BY_EVENT_TAG("#e"),
    FEED("feed of 50 authors, 50"),
    NEWEST("the newest 100");

    final String text;

    Shape(String text) {
      this.text = text;
    }

    String filter(NostrEvents events, List<String> ids, Random random) {
      return switch (this) {
        case BY_ID -> "{\"ids\":[\"%s\"]}".formatted(ids.get(random.nextInt(ids.size())));
        case AUTHOR_AND_KIND ->
            "{\"authors\":[\"%s\"],\"kinds\":[1],\"limit\":20}"
                .formatted(events.author(random.nextInt(NostrEvents.AUTHORS)).pubkey());
        case BY_EVENT_TAG -> "{\"#e\":[\"%064x\"]}".formatted(random.nextInt(5_000));
        case FEED ->
            "{\"authors\":[%s],\"kinds\":[1],\"limit\":50}"
                .formatted(
                    IntStream.range(0, 50)
                        .mapToObj(
                            i -> '"' + events.author((4 * i + random.nextInt(4))).pubkey() + '"')
                        .collect(Collectors.joining(",")));
        case NEWEST -> "{\"limit\":100}";
      };
    }
  }

  // ---- history ----

  /** Checked and durable, with the tables in the time that is measured or after it. */
  private static void history(Scene scene, boolean untilInTables) throws Exception {
    NostrEvents events = NostrEvents.ofThePast();
    int count = scene.workplace().plan().signedEvents();
    NostrStore store = open(scene);
    scene.ours(
        new Side(
            "ours",
            _ -> {
              events.fill(count);
              List<NostrEvent> batch = events.takeAll(count);
              long start = System.nanoTime();
              History history = store.history();
              List<History.Taken> taken;
              long logged;
              try (history) {
                taken = history.append(batch);
                logged = System.nanoTime();
              }
              long stored = history.outcomes(taken).stream().filter(NostrRows::isStored).count();
              return Round.ofRate(
                  stored * 1e9 / ((untilInTables ? System.nanoTime() : logged) - start));
            }));
    events.fill(4_096);
    List<NostrEvent> signed = events.takeAll(4_096);
    scene.against(
        Side.onAllCores(
            "bare Schnorr verify x cores",
            number -> {
              int[] at = {number};
              return () -> {
                NostrEvent event = signed.get(at[0]++ % signed.size());
                HexFormat hex = HexFormat.of();
                if (!Schnorr.verify(
                    hex.parseHex(event.pubkey()),
                    hex.parseHex(event.id()),
                    hex.parseHex(event.sig()))) {
                  throw new IllegalStateException("a signature of the workload does not verify");
                }
                return 1;
              };
            }));
  }

  private static boolean isStored(StoreOutcome outcome) {
    if (outcome instanceof StoreOutcome.Stored) {
      return true;
    }
    throw new IllegalStateException("an event of the workload came to " + outcome);
  }

  private static NostrStore open(Scene scene) {
    Path folder = scene.workplace().folder();
    return scene.keep(
        NostrStores.open(
            "sqlite:" + folder.resolve("store"),
            NostrStoreOptions.DEFAULT.anchoredIn(folder.resolve("anchor"))));
  }

  // ---- a relay ----

  private static Server serve(Path folder) throws Exception {
    ServerConfig config =
        ServerConfig.defaults()
            .with(Setting.DATA, folder.resolve("data").toString())
            .with(Setting.ANCHORS, folder.resolve("anchors").toString())
            .with(Setting.HTTP_PORT, "0")
            .with(Setting.GRPC_PORT, "0")
            .with(Setting.RELAY_LOG, "relay");
    return Server.start(config, InstantSource.system(), new SecureRandom());
  }

  private static NostrStore store(Server server) {
    return server.host().find("relay").orElseThrow().nostr().orElseThrow().store();
  }

  private static void publish(Scene scene) throws Exception {
    NostrEvents events = NostrEvents.ofThePresent();
    Server server = scene.keep(serve(scene.workplace().folder()));
    List<RelayConnection> open = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      open.add(scene.keep(new RelayConnection(server.httpPort())));
    }
    Side side =
        Side.callers(
            "ours",
            CONNECTIONS,
            number -> {
              RelayConnection connection = open.get(number);
              return () -> {
                for (int i = 0; i < IN_FLIGHT; i++) {
                  connection.send(
                      "[\"EVENT\"," + new String(EventJson.write(events.take()), UTF_8) + "]");
                }
                for (int i = 0; i < IN_FLIGHT; i++) {
                  String ok = connection.await("[\"OK\"");
                  if (!ok.contains(",true,")) {
                    throw new IllegalStateException("an event of the workload came to " + ok);
                  }
                }
                return IN_FLIGHT;
              };
            });
    scene.ours(
        new Side(
            "ours",
            length -> {
              events.fill(
                  Math.toIntExact(Math.max(512, length.toMillis() * ENOUGH_FOR_A_SECOND / 1_000)));
              return side.work().round(length);
            }));
    FileChannel channel =
        scene.keep(
            FileChannel.open(
                scene.workplace().folder().resolve("bare.dat"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE));
    ByteBuffer batch = ByteBuffer.allocateDirect(IN_FLIGHT * NostrEvents.WIRE_BYTES);
    scene.against(
        Side.alone(
            "bare write + sync of 50",
            () -> {
              channel.write(batch.clear());
              channel.force(false);
              return IN_FLIGHT;
            }));
  }

  private static void ask(Scene scene, Shape shape) throws Exception {
    Filled filled = Filled.of(scene.workplace().plan());
    RelayConnection connection = scene.keep(new RelayConnection(filled.server.httpPort()));
    Random random = new Random(1);
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              connection.send(
                  "[\"REQ\",\"q\"," + shape.filter(filled.events, filled.ids, random) + "]");
              var _ = connection.count("[\"EVENT\"", "[\"EOSE\"");
              connection.send("[\"CLOSE\",\"q\"]");
              return 1;
            }));
    Random same = new Random(1);
    NostrStore store = store(filled.server);
    scene.against(
        Side.alone(
            "the same without a socket",
            () -> query(store, shape.filter(filled.events, filled.ids, same)) >= 0 ? 1 : 0));
  }

  /** A relay with events in it, filled with the first row that asks, and gone with the process. */
  private static final class Filled {
    private static @Nullable Filled only;

    final NostrEvents events = NostrEvents.ofThePast();
    final Server server;
    final List<String> ids;

    private Filled(Plan plan) throws Exception {
      Path folder = Files.createTempDirectory("stele-bench-relay");
      server = serve(folder);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    server.close();
                    try {
                      Harness.delete(folder);
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }));
      events.fill(plan.readEvents());
      List<NostrEvent> all = events.takeAll(plan.readEvents());
      store(server).importAll(all).forEach(NostrRows::isStored);
      ids = all.stream().map(NostrEvent::id).toList();
    }

    static synchronized Filled of(Plan plan) throws Exception {
      Filled there = only;
      if (there == null) {
        there = new Filled(plan);
        only = there;
      }
      return there;
    }
  }

  private static long query(NostrStore store, String json) {
    NostrFilter filter = ((ParsedFilter.Wellformed) FilterJson.parse(json)).filter();
    long[] found = {0};
    var _ =
        store.query(
            List.of(filter),
            event -> {
              found[0] += event.json().isEmpty() ? 0 : 1;
              return true;
            });
    return found[0];
  }

  /** A page far behind costs what the first costs: a cursor is a place in the order. */
  private static void page(Scene scene) throws Exception {
    NostrStore store = store(Filled.of(scene.workplace().plan()).server);
    // Some two hundred events are older than this, whose times are spread evenly.
    long deep =
        NostrEvents.FIRST_AT + 200L * NostrEvents.SECONDS / scene.workplace().plan().readEvents();
    String oldest = "{\"until\":%d,\"limit\":%d}".formatted(deep, PAGE);
    String newest = "{\"limit\":%d}".formatted(PAGE);
    scene.ours(Side.alone("ours", () -> full(query(store, oldest))));
    scene.against(Side.alone("the first page", () -> full(query(store, newest))));
  }

  private static long full(long found) {
    if (found != PAGE) {
      throw new IllegalStateException("a page of the workload has %d events".formatted(found));
    }
    return 1;
  }
}
