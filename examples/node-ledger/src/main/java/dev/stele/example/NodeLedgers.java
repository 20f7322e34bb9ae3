package dev.stele.example;

import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.EventLedger;
import dev.stele.ledger.LedgerAppend;
import dev.stele.ledger.LedgerLookup;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Three nodes keep the same events, each in a ledger of its own, and compare chain heads.
 *
 * <p>A source signs every event onto the one before. The event hash covers the previous hash, so
 * nodes whose heads are equal hold the same history, whatever their files look like; and the first
 * event in which two nodes differ is found by halving.
 */
public final class NodeLedgers {
  private NodeLedgers() {}

  /** Runs the example in the folder given, or in a temporary one. */
  public static void main(String[] arguments) throws IOException {
    Path folder =
        arguments.length > 0
            ? Path.of(arguments[0])
            : Files.createTempDirectory("stele-node-ledger");
    run(folder, new SecureRandom(), System.out);
  }

  /**
   * Lets three nodes take twenty events, one of them only the first twelve, and says what comparing
   * their heads shows.
   *
   * @return the number of the first event that the third node lacks
   */
  static long run(Path folder, RandomGenerator random, PrintStream out) throws IOException {
    Files.createDirectories(folder);
    EventSigner source =
        new EventSigner(Ed25519Key.generate(random), InstantSource.system(), random);
    try (EventLedger first = EventLedger.open(folder.resolve("node-1.db"), "node-1");
        EventLedger second = EventLedger.open(folder.resolve("node-2.db"), "node-2");
        EventLedger third = EventLedger.open(folder.resolve("node-3.db"), "node-3")) {
      List<SignedEvent> events = sign(source, 20);
      for (EventLedger node : List.of(first, second, third)) {
        node.registerKey(source.publicKey(), "source");
      }
      append(first, events);
      append(second, events);
      append(third, events.subList(0, 12));
      for (EventLedger node : List.of(first, second, third)) {
        out.printf(
            "%-7s %s  head %s%n",
            node.health().nodeId(),
            node.health().isOk() ? "ok" : "corrupted",
            HexFormat.of().formatHex(node.chainHead(), 0, 8));
      }
      out.println("node-1 and node-2 agree: " + agree(first, second));
      long differ = firstDifference(first, third);
      out.println("node-1 and node-3 differ from event " + differ + " on");
      return differ;
    }
  }

  private static List<SignedEvent> sign(EventSigner source, int count) {
    List<SignedEvent> chain = new ArrayList<>();
    byte[] head = SignedEvent.genesisHash();
    for (int number = 1; number <= count; number++) {
      CanonicalEvent event =
          new CanonicalEvent(
              "measured-" + number,
              "level.measured",
              System.currentTimeMillis(),
              "gauge-7",
              number,
              ("{\"millimetres\":" + (400 + number) + "}").getBytes(StandardCharsets.UTF_8),
              Optional.empty());
      switch (source.sign(event, head)) {
        case EventSigner.Signing.Signed(SignedEvent signed) -> {
          chain.add(signed);
          head = signed.eventHash();
        }
        case EventSigner.Signing.Refused(String code, String reason) ->
            throw new IllegalArgumentException(code + ": " + reason);
      }
    }
    return chain;
  }

  private static void append(EventLedger node, List<SignedEvent> events) {
    LedgerAppend result = node.appendAll(events);
    if (!(result instanceof LedgerAppend.Appended)) {
      throw new IllegalStateException("the events were not appended: " + result);
    }
  }

  private static boolean agree(EventLedger one, EventLedger other) {
    return Arrays.equals(one.chainHead(), other.chainHead());
  }

  /** The first number at which two ledgers differ or one ends, found by halving. */
  private static long firstDifference(EventLedger one, EventLedger other) {
    long same = 0;
    long differs = 1 + Math.max(length(one), length(other));
    while (differs - same > 1) {
      long middle = (same + differs) >>> 1;
      Optional<byte[]> here = hash(one, middle);
      Optional<byte[]> there = hash(other, middle);
      if (here.isPresent() && there.isPresent() && Arrays.equals(here.get(), there.get())) {
        same = middle;
      } else {
        differs = middle;
      }
    }
    return differs;
  }

  private static long length(EventLedger ledger) {
    return ledger.latest().map(entry -> entry.seqNo()).orElse(0L);
  }

  private static Optional<byte[]> hash(EventLedger ledger, long seqNo) {
    return switch (ledger.bySequence(seqNo)) {
      case LedgerLookup.Found(var entry) -> Optional.of(entry.event().eventHash());
      case LedgerLookup.EventNotFound _ -> Optional.empty();
    };
  }
}
