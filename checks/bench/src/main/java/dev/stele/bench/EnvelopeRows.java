package dev.stele.bench;

import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.store.EnvelopeStore;
import dev.stele.envelope.store.EnvelopeStoreOptions;
import dev.stele.envelope.store.SaveResult;
import dev.stele.postgresserver.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Envelopes on PostgreSQL, on one server whose commits wait for the disk, beside what a store does
 * that writes a guard row and an event row in a transaction of their own for each envelope: without
 * a look at what it is given, and with the look that it expects of its caller.
 */
final class EnvelopeRows {
  private static final int SOME_CALLERS = 32;

  /** A batch is judged in parallel, and committed a thousand at a time. */
  private static final int SAMPLE = 4_096;

  /** More than any side has managed here in a second. */
  private static final int ENOUGH_FOR_A_SECOND = 30_000;

  private EnvelopeRows() {}

  static List<Row> rows(Plan plan) {
    return List.of(
        save("envelope save, 1 caller, PostgreSQL", 1, ""),
        save("envelope save, 32 callers, PostgreSQL", SOME_CALLERS, ""),
        save("envelope save, 32 callers, hybrid", SOME_CALLERS, "&blobs="),
        new Row(
            "envelope get by id, hybrid",
            "EnvelopeStore.get",
            "-",
            1,
            Envelopes.WIRE_BYTES,
            1,
            EnvelopeRows::get),
        new Row(
            "envelope import, %,d at once, PostgreSQL".formatted(plan.readEvents()),
            "EnvelopeStore.saveAll",
            "durable",
            plan.readEvents(),
            Envelopes.WIRE_BYTES,
            Runtime.getRuntime().availableProcessors(),
            EnvelopeRows::batch));
  }

  private static Row save(String name, int callers, String blobs) {
    return new Row(
        name,
        "EnvelopeStore.save",
        "durable",
        1,
        Envelopes.WIRE_BYTES,
        callers,
        scene -> save(scene, callers, blobs));
  }

  private static void save(Scene scene, int callers, String blobs) throws Exception {
    Envelopes envelopes = new Envelopes();
    EnvelopeStore store = open(scene, blobs);
    scene.ours(
        supplied(
            "ours",
            envelopes,
            callers,
            _ ->
                () -> {
                  SaveResult saved = store.save(envelopes.take().wire());
                  return inserted(saved);
                }));
    PlainEnvelopes plain = scene.keep(new PlainEnvelopes(server(), callers));
    scene.against(
        supplied(
            "plain JDBC, 1 connection, unchecked",
            envelopes,
            callers,
            _ -> () -> plain.saveOnOneConnection(envelopes.take())));
    if (callers > 1) {
      scene.against(
          supplied(
              "plain JDBC, %d connections, unchecked".formatted(callers),
              envelopes,
              callers,
              number -> () -> plain.save(number, envelopes.take())));
    }
    scene.against(
        supplied(
            "plain JDBC, %d connections, checked".formatted(callers),
            envelopes,
            callers,
            number -> () -> plain.save(number, checked(envelopes.take()))));
    scene.against(Bare.writeAndSync(scene));
  }

  /** A side whose envelopes are signed before each round: that is their source's work. */
  private static Side supplied(String name, Envelopes envelopes, int callers, Side.Caller caller) {
    Side side =
        callers == 1
            ? new Side(name, length -> Side.alone("", caller.begin(0)).work().round(length))
            : Side.callers(name, callers, caller);
    return new Side(
        name,
        length -> {
          envelopes.fill(
              Math.toIntExact(Math.max(512, length.toMillis() * ENOUGH_FOR_A_SECOND / 1_000)));
          return side.work().round(length);
        });
  }

  private static void get(Scene scene) throws Exception {
    Envelopes envelopes = new Envelopes();
    EnvelopeStore store = open(scene, "&blobs=");
    int count = Math.min(20_000, scene.workplace().plan().readEvents());
    envelopes.fill(count);
    PlainEnvelopes plain = scene.keep(new PlainEnvelopes(server(), 1));
    String[] ids = new String[count];
    List<SignedEnvelope> all = envelopes.takeAll(count);
    store.saveAll(all.stream().map(SignedEnvelope::wire).toList()).forEach(EnvelopeRows::inserted);
    for (int i = 0; i < count; i++) {
      ids[i] = all.get(i).header().id();
      plain.saveOnOneConnection(all.get(i));
    }
    Random random = new Random(1);
    scene.ours(
        Side.alone(
            "ours",
            () -> store.get(ids[random.nextInt(count)]).orElseThrow().wire().length > 0 ? 1 : 0));
    scene.against(
        Side.alone(
            "plain JDBC metadata + map of blobs",
            () -> plain.get(ids[random.nextInt(count)]).length > 0 ? 1 : 0));
  }

  private static void batch(Scene scene) throws Exception {
    Envelopes envelopes = new Envelopes();
    EnvelopeStore store = open(scene, "");
    int count = scene.workplace().plan().readEvents();
    scene.ours(
        new Side(
            "ours",
            _ -> {
              envelopes.fill(count);
              List<byte[]> wires =
                  envelopes.takeAll(count).stream().map(SignedEnvelope::wire).toList();
              long start = System.nanoTime();
              long saved = store.saveAll(wires).stream().mapToLong(EnvelopeRows::inserted).sum();
              return Round.ofRate(saved * 1e9 / (System.nanoTime() - start));
            }));
    envelopes.fill(SAMPLE);
    List<Signed> signed =
        envelopes.takeAll(SAMPLE).stream()
            .map(each -> new Signed(each.publicKey(), each.canonicalHeader(), each.signature()))
            .toList();
    scene.against(
        Side.onAllCores(
            "bare Ed25519 verify x cores",
            number -> {
              int[] at = {number};
              return () -> {
                Signed next = signed.get(at[0]++ % SAMPLE);
                if (!Ed25519.verify(next.key, next.text, next.signature)) {
                  throw new IllegalStateException("a signature of the workload does not verify");
                }
                return 1;
              };
            }));
  }

  /** The least that a caller would check who was told to check before saving. */
  private static SignedEnvelope checked(SignedEnvelope envelope) {
    byte[] hash = Sha256.hash(envelope.canonicalPayload());
    if (!HexFormat.of().formatHex(hash).equals(envelope.header().payloadHash())
        || !Ed25519.verify(
            envelope.publicKey(), envelope.canonicalHeader(), envelope.signature())) {
      throw new IllegalStateException("an envelope of the workload does not verify");
    }
    return envelope;
  }

  /** What is verified of an envelope. */
  private record Signed(byte[] key, byte[] text, byte[] signature) {}

  private static long inserted(SaveResult result) {
    if (result instanceof SaveResult.Inserted) {
      return 1;
    }
    throw new IllegalStateException("a save of the workload came to " + result);
  }

  private static EnvelopeStore open(Scene scene, String blobs) {
    Path folder = scene.workplace().folder();
    String uri =
        server().freshDatabase()
            + "?home="
            + encoded(folder.resolve("home"))
            + (blobs.isEmpty() ? "" : blobs + encoded(folder.resolve("blobs")));
    EnvelopeStore store =
        scene.keep(
            EnvelopeStore.open(
                uri, EnvelopeStoreOptions.DEFAULT.anchoredIn(folder.resolve("anchors"))));
    store.register(Envelopes.KEY.keyId(), Envelopes.KEY.publicKey());
    return store;
  }

  private static String encoded(Path path) {
    return URLEncoder.encode(path.toString(), StandardCharsets.UTF_8);
  }

  /** One server for all rows: started with the first, stopped with the process. */
  private static PostgresServer server() {
    return Started.SERVER;
  }

  private static final class Started {
    static final PostgresServer SERVER =
        PostgresServer.start(PostgresServer.Sync.ON, Map.of("max_wal_size", "4GB"));
  }
}
