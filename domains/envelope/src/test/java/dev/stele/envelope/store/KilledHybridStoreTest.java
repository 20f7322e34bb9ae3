package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Verdict;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.ViewStore;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.view.BlobView;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.LogManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that saves from four threads into PostgreSQL with LMDB beside it, killed over and over.
 *
 * <pre>
 *   even rounds   the copy follows, and the kill comes at any moment
 *   odd rounds    the parent holds the copy's writer lock: every ack of the process lies between
 *                 its commit in PostgreSQL and the write in LMDB that never came
 * </pre>
 *
 * <p>Parent and child make the same envelopes of the same seeds, so the parent also knows the one
 * that each thread had sent and not been told of. Many have equal payloads: one must never answer
 * for another.
 */
@Tag("engine")
@Tag("crash")
class KilledHybridStoreTest {
  private static final int CALLERS = 4;
  private static final long SEED = 90_211;

  /** 5 rounds on one store, then a new one: everything in it is looked at in each round. */
  private static final int ROUNDS_PER_STORE = 5;

  /** 1 to 150 acks until the kill: what four threads are told in less than a tenth of a second. */
  private static final int MOST_ACKS = 150;

  /** Up to 3 milliseconds between the last ack and the kill: a few commits. */
  private static final int MOST_NANOS_MORE = 3_000_000;

  /** 20 seconds for the server to notice that its client has died; it takes milliseconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  /** Makes what one thread of one round saves, in its order, here and in the other process. */
  private static final class Sender {
    private final Envelopes envelopes;
    private int made;

    Sender(int round, int caller) {
      envelopes = new Envelopes(SEED + (long) round * CALLERS + caller);
    }

    SignedEnvelope next() {
      int number = made++;
      return number % 8 == 5
          ? envelopes.make(Map.of("text", "north by northwest ".repeat(500)))
          : envelopes.make(Map.of("beat", number % 3));
    }
  }

  /** The process that is killed: saves until it is, and prints what it was told. */
  static final class Saver {
    private Saver() {}

    public static void main(String[] arguments) {
      // That the copy is degraded is what odd rounds are about.
      LogManager.getLogManager().reset();
      int round = Integer.parseInt(arguments[2]);
      EnvelopeStore store =
          EnvelopeStore.open(arguments[0], options(Path.of(arguments[1]), 1_000 + round));
      PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
      for (int caller = 0; caller < CALLERS; caller++) {
        int number = caller;
        var _ =
            Thread.ofPlatform().start(() -> save(store, new Sender(round, number), number, out));
      }
    }

    private static void save(EnvelopeStore store, Sender sender, int caller, PrintStream out) {
      while (true) {
        SignedEnvelope envelope = sender.next();
        SaveResult result = store.save(envelope);
        String line =
            result instanceof SaveResult.Inserted(long position, var _)
                ? "%d %d %s acked".formatted(caller, position, hash(envelope.wire()))
                : "refused " + result;
        synchronized (out) {
          out.println(line);
          out.flush();
        }
      }
    }
  }

  private static EnvelopeStoreOptions options(Path anchors, int number) {
    return EnvelopeStoreOptions.DEFAULT
        .with(() -> Envelopes.START, new Random(SEED - number))
        .anchoredIn(anchors);
  }

  private static String hash(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.hash(bytes));
  }

  /** One store, and what is to be in it. */
  private record Place(
      String database, String uri, Path anchors, Map<String, SignedEnvelope> saved) {
    EnvelopeStore open(int round) {
      return EnvelopeStore.open(uri, options(anchors, round));
    }

    /** The copy's file, with its writer lock. */
    ViewStore holdCopy() {
      return Storages.openViews(BlobsParameter.of(uri).orElseThrow());
    }
  }

  private Place place(int number) {
    Path home = folder.resolve("store-" + number);
    String database = PostgresServer.shared().freshDatabase();
    String uri =
        "%s?home=%s&blobs=%s"
            .formatted(database, encoded(home.resolve("home")), encoded(home.resolve("blobs")));
    Place place = new Place(database, uri, home.resolve("anchors"), new LinkedHashMap<>());
    try (EnvelopeStore store = place.open(-1 - number)) {
      assertThat(store.register("sensor-A", Envelopes.SENSOR.publicKey()))
          .isInstanceOf(KeyActResult.Recorded.class);
    }
    return place;
  }

  private static String encoded(Path path) {
    return URLEncoder.encode(path.toString(), StandardCharsets.UTF_8);
  }

  /** What a killed process had said: the positions of what each of its threads saved, in order. */
  private record Told(int round, List<List<Long>> positions, List<Sender> senders) {
    Told(int round) {
      List<List<Long>> positions = new ArrayList<>();
      List<Sender> senders = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        positions.add(new ArrayList<>());
        senders.add(new Sender(round, caller));
      }
      this(round, positions, senders);
    }
  }

  @Test
  void keeps_what_it_acked_and_nothing_by_halves_and_the_copy_heals() throws Exception {
    Random random = new Random(SEED);
    int rounds = Scale.of(200);
    Place place = place(0);
    for (int round = 0; round < rounds; round++) {
      if (round > 0 && round % ROUNDS_PER_STORE == 0) {
        place = place(round / ROUNDS_PER_STORE);
      }
      Map<SignedEnvelope, Long> acked = new LinkedHashMap<>();
      Told told = new Told(round);
      if (round % 2 == 0) {
        killed(place, told, acked, random);
      } else {
        try (ViewStore held = place.holdCopy()) {
          killed(place, told, acked, random);
          long copied = held.find(BlobView.NAME, ViewStore.Slot.LIVE).orElseThrow().position();
          assertThat(acked.values())
              .as("round %d: acked in PostgreSQL, not written in LMDB", round)
              .allMatch(position -> position > copied);
        }
      }
      awaitNobodyElse(place.database());
      assertSurvived(place, told, acked);
    }
  }

  /** Lets a process save for a while, and kills it with SIGKILL. */
  private static void killed(Place place, Told told, Map<SignedEnvelope, Long> acked, Random random)
      throws Exception {
    int enough = 1 + random.nextInt(MOST_ACKS);
    int more = random.nextInt(MOST_NANOS_MORE);
    Process saver =
        ChildJvm.start(
            Saver.class,
            List.of(place.uri(), place.anchors().toString(), String.valueOf(told.round())));
    boolean killed = false;
    try (BufferedReader out = saver.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        assertThat(line).as("round %d of seed %d", told.round(), SEED).doesNotStartWith("refused");
        // The last line may be cut by the kill; what was printed whole was acked.
        if (line.endsWith(" acked")) {
          String[] words = line.split(" ", 4);
          int caller = Integer.parseInt(words[0]);
          SignedEnvelope envelope = told.senders().get(caller).next();
          assertThat(hash(envelope.wire())).as("what was saved").isEqualTo(words[2]);
          acked.put(envelope, Long.valueOf(words[1]));
        }
        if (!killed && acked.size() >= enough) {
          LockSupport.parkNanos(more);
          // By its handle: the process would close what is still to be read from it.
          killed = saver.toHandle().destroyForcibly();
        }
      }
    } finally {
      saver.destroyForcibly();
      saver.waitFor();
    }
    assertThat(killed).as("the process of round %d did not die by itself", told.round()).isTrue();
  }

  /** Waits until the server has ended, or finished, what the killed process had begun. */
  private static void awaitNobodyElse(String database) throws SQLException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement()) {
      while (true) {
        try (ResultSet others =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND pid <> pg_backend_pid()")) {
          others.next();
          if (others.getLong(1) == 0) {
            return;
          }
        }
        assertThat(System.nanoTime()).as("the server knows its client is dead").isLessThan(end);
      }
    }
  }

  private static void assertSurvived(Place place, Told told, Map<SignedEnvelope, Long> acked)
      throws Exception {
    String at = "round %d of seed %d".formatted(told.round(), SEED);
    try (EnvelopeStore store = place.open(told.round())) {
      acked.forEach((envelope, position) -> assertWhole(store, envelope, position));
      assertThat(store.saveAll(acked.keySet().stream().map(SignedEnvelope::wire).toList()))
          .as(at)
          .isEqualTo(
              acked.values().stream().<SaveResult>map(SaveResult.AlreadyPresent::new).toList());
      acked.keySet().forEach(each -> place.saved().put(each.header().id(), each));

      for (Sender sender : told.senders()) {
        // Sent and not told of, if it was sent; and one that cannot have been sent.
        for (SignedEnvelope envelope : List.of(sender.next(), sender.next())) {
          assertWholeOrAbsent(store, envelope, at);
          place.saved().put(envelope.header().id(), envelope);
        }
      }
      assertThat(store.verify(_ -> {})).as(at).isInstanceOf(Verdict.Intact.class);
      assertRowsOfEach(place, at);

      assertThat(store.awaitBlobs()).as(at).isTrue();
      assertHealed(store, place.saved(), at);
    }
  }

  private static void assertWhole(EnvelopeStore store, SignedEnvelope envelope, long position) {
    String id = envelope.header().id();
    StoredEnvelope found = store.get(id).orElseThrow();
    assertThat(found.wire()).isEqualTo(envelope.wire());
    assertThat(found.position()).isEqualTo(position);
  }

  private static void assertWholeOrAbsent(EnvelopeStore store, SignedEnvelope envelope, String at) {
    String id = envelope.header().id();
    if (store.exists(id)) {
      EnvelopeMetadata known = store.getMetadata(id).orElseThrow();
      assertWhole(store, envelope, known.position());
      EnvelopeMetadata.Details details = known.details().orElseThrow();
      assertThat(details.nonce()).isEqualTo(envelope.header().nonce());
      assertThat(details.contentHash()).isEqualTo(envelope.header().payloadHash());
      assertThat(store.save(envelope))
          .as(at)
          .isEqualTo(new SaveResult.AlreadyPresent(known.position()));
    } else {
      assertThat(store.get(id)).as(at).isEmpty();
      assertThat(store.getMetadata(id)).as(at).isEmpty();
      assertThat(store.save(envelope)).as(at).isInstanceOf(SaveResult.Inserted.class);
    }
  }

  /** The rows that retell the log, and no more: none is half there. */
  private static void assertRowsOfEach(Place place, String at) throws SQLException {
    long expected = place.saved().size();
    for (String rows :
        List.of(
            "stele.envelope_facts",
            "stele.envelope_details",
            "stele.replay_guard",
            "stele.events WHERE envelope IS NOT NULL")) {
      try (Connection connection = PostgresServer.shared().connect(place.database());
          Statement statement = connection.createStatement();
          ResultSet count = statement.executeQuery("SELECT count(*) FROM " + rows)) {
        count.next();
        assertThat(count.getLong(1)).as("%s: %s", at, rows).isEqualTo(expected);
      }
    }
  }

  /** Every envelope of the log is what was saved, and the copy answers with the same bytes. */
  private static void assertHealed(
      EnvelopeStore store, Map<String, SignedEnvelope> saved, String at) {
    Map<String, byte[]> log = new HashMap<>();
    Optional<EnvelopeCursor> cursor = Optional.empty();
    do {
      EnvelopePage page = store.iterate(EnvelopeQuery.all(), cursor, EnvelopeStore.MAX_PAGE);
      page.envelopes().forEach(each -> log.put(each.envelope().header().id(), each.wire()));
      cursor = page.next();
    } while (cursor.isPresent());
    assertThat(log.keySet()).as(at).isEqualTo(saved.keySet());

    BlobHealth before = store.stats().blobs().orElseThrow();
    saved.forEach(
        (id, envelope) -> {
          assertThat(log.get(id)).as(at).isEqualTo(envelope.wire());
          assertThat(store.get(id).orElseThrow().wire()).as(at).isEqualTo(envelope.wire());
        });
    BlobHealth after = store.stats().blobs().orElseThrow();
    assertThat(after.hits() - before.hits())
        .as("%s: answered by the copy", at)
        .isEqualTo(saved.size());
    assertThat(after.degraded()).as(at).isEmpty();
    assertThat(after.rebuilds()).as("%s: it goes on, and is not built again", at).isZero();
  }
}
