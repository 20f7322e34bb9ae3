package dev.stele.bench;

import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.EventLedger;
import dev.stele.ledger.LedgerAppend;
import dev.stele.ledger.LedgerOptions;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** The ledger for embedders: signed by its own node, or beforehand by a caller. */
final class LedgerRows {
  private static final int SOME_CALLERS = 64;

  private LedgerRows() {}

  static List<Row> rows(Plan plan) {
    return List.of(
        row("ledger, signed by us, 1 caller", 1, scene -> own(scene, 1)),
        row("ledger, signed by us, 64 callers", SOME_CALLERS, scene -> own(scene, SOME_CALLERS)),
        row("ledger, chain signed before, 1 caller", 1, LedgerRows::signedBefore));
  }

  private static Row row(String name, int callers, Scene.Builder scene) {
    return new Row(
        name, "EventLedger.append", "durable", 1, Workload.PAYLOAD_BYTES, callers, scene);
  }

  private static void own(Scene scene, int callers) throws Exception {
    Workload workload = new Workload();
    EventLedger ledger = open(scene);
    Side.Call call =
        () -> appended(ledger.append("bench", workload.payload(workload.nextNumber())));
    scene.ours(
        callers == 1 ? Side.alone("ours", call) : Side.callers("ours", callers, number -> call));
    against(scene);
  }

  private static void signedBefore(Scene scene) throws Exception {
    Workload workload = new Workload();
    EventLedger ledger = open(scene);
    Ed25519Key key = Ed25519Key.generate(new Random(2));
    ledger.registerKey(key.publicKey(), "source");
    EventSigner signer = new EventSigner(key, InstantSource.system(), new Random(3));
    // Signing is the source's work, on its own machine: it is left out of the time.
    SignedChain chain = new SignedChain(workload, signer, ledger.chainHead());
    scene.ours(
        new Side(
            "ours",
            length -> {
              chain.fill(Math.toIntExact(Math.max(64, length.toMillis() * 8)));
              return Side.alone(
                      "", () -> chain.isEmpty() ? 0 : appended(ledger.append(chain.take())))
                  .work()
                  .round(length);
            }));
    against(scene);
  }

  /** Events signed each onto the one before, and not appended yet. One thread. */
  private static final class SignedChain {
    private final Workload workload;
    private final EventSigner signer;
    private final java.util.ArrayDeque<SignedEvent> events = new java.util.ArrayDeque<>();
    private byte[] head;

    SignedChain(Workload workload, EventSigner signer, byte[] head) {
      this.workload = workload;
      this.signer = signer;
      this.head = head;
    }

    void fill(int count) {
      while (events.size() < count) {
        long number = workload.nextNumber();
        CanonicalEvent event =
            new CanonicalEvent(
                Workload.id(number),
                "bench",
                InstantSource.system().millis(),
                "source",
                number + 1,
                workload.payload(number),
                Optional.empty());
        switch (signer.sign(event, head)) {
          case EventSigner.Signing.Signed(SignedEvent signed) -> {
            events.add(signed);
            head = signed.eventHash();
          }
          case EventSigner.Signing.Refused refused ->
              throw new IllegalStateException("the workload was refused: " + refused);
        }
      }
    }

    boolean isEmpty() {
      return events.isEmpty();
    }

    SignedEvent take() {
      return events.remove();
    }
  }

  private static void against(Scene scene) throws Exception {
    scene.against(Bare.writeAndSync(scene));
    scene
        .workplace()
        .peer()
        .ifPresent(peer -> scene.against(peer.append(scene.workplace(), PeerProgram.Sync.FULL)));
  }

  private static EventLedger open(Scene scene) throws IOException {
    Path folder = scene.workplace().folder();
    Path anchors = Files.createDirectories(folder.resolve("anchors"));
    return scene.keep(
        EventLedger.open(
            folder.resolve("ledger.db"), "bench", LedgerOptions.defaults().anchoredIn(anchors)));
  }

  private static long appended(LedgerAppend result) {
    if (result instanceof LedgerAppend.Appended appended) {
      return appended.count();
    }
    throw new IllegalStateException("an append of the workload came to " + result);
  }
}
