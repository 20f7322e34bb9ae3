package dev.stele.bench;

import dev.stele.bench.gate.SignedGate;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The events that all rows use: 256 bytes of payload from a seed, one claim each, and the logs that
 * hold them. Thread-safe.
 */
final class Workload {
  /** The size of every payload. */
  static final int PAYLOAD_BYTES = 256;

  private static final long SEED = 20_260_101;
  private static final int PAYLOADS = 1_024;
  private static final int BATCH = 1_000;
  private static final UnsignedGate UNSIGNED = new UnsignedGate();
  private static final Ed25519Key KEY = Ed25519Key.generate(new Random(SEED));

  private final byte[][] payloads = new byte[PAYLOADS][];
  private final byte[][] signed = new byte[PAYLOADS][];
  private final AtomicLong next = new AtomicLong();

  Workload() {
    Random random = new Random(SEED);
    for (int i = 0; i < PAYLOADS; i++) {
      payloads[i] = new byte[PAYLOAD_BYTES];
      random.nextBytes(payloads[i]);
      byte[] text = Arrays.copyOf(payloads[i], PAYLOAD_BYTES - 64);
      signed[i] = Arrays.copyOf(KEY.sign(text), PAYLOAD_BYTES);
      System.arraycopy(text, 0, signed[i], 64, text.length);
    }
  }

  /** The gate of the signed events, which audits them too. */
  static SignedGate gate() {
    return new SignedGate(KEY.publicKey());
  }

  /** The public key of the signed events. */
  static byte[] publicKey() {
    return KEY.publicKey();
  }

  byte[] payload(long number) {
    return payloads[(int) (number % PAYLOADS)];
  }

  /** A payload of which the first 64 bytes sign the rest. */
  byte[] signedPayload(long number) {
    return signed[(int) (number % PAYLOADS)];
  }

  /** The number of an event that was not used yet. */
  long nextNumber() {
    return next.getAndIncrement();
  }

  /** The next event, judged by the gate for unsigned ones. */
  Append unsigned() {
    long number = nextNumber();
    return admitted(
        UNSIGNED.judge(
            new UnsignedGate.Input("bench", "event", id(number), payload(number), ""),
            Instant.EPOCH));
  }

  /** The next event, its signature checked here and now. */
  Append signed(SignedGate gate) {
    long number = nextNumber();
    return admitted(
        gate.judge(new SignedGate.Input(id(number), signedPayload(number)), Instant.EPOCH));
  }

  static String id(long number) {
    return "event-" + number;
  }

  private static Append admitted(Admission admission) {
    return switch (admission) {
      case Admitted event -> Append.of(event);
      case dev.stele.core.gate.Rejected rejected ->
          throw new IllegalStateException("the workload was refused: " + rejected.reason());
      case dev.stele.core.gate.Transient passing ->
          throw new IllegalStateException("the workload is not kept: " + passing.reason());
    };
  }

  /** Fails unless an event was appended: a benchmark of refusals is none. */
  static long appended(AppendResult result) {
    if (result instanceof AppendResult.Appended appended) {
      return appended.count();
    }
    throw new IllegalStateException("an append of the workload came to " + result);
  }

  /** Appends {@code count} events, in large commits that nobody waits for a disk for. */
  void fill(EventLog log, int count, boolean withSignatures) {
    SignedGate gate = gate();
    for (int done = 0; done < count; ) {
      List<Append> batch = new ArrayList<>(BATCH);
      while (batch.size() < BATCH && done < count) {
        batch.add((withSignatures ? signed(gate) : unsigned()).at(Durability.OS));
        done++;
      }
      log.appendAll(batch).forEach(Workload::appended);
    }
  }

  /** A log in an engine, with keys and anchor beside {@code database}, made where there is none. */
  static EventLog open(LogEngine engine, Path database) throws IOException {
    LogHome home = LogHome.of(database);
    if (!home.exists()) {
      Path anchors =
          Files.createDirectories(database.resolveSibling(database.getFileName() + ".anchors"));
      home = LogHome.create(database, "bench.example/log", Optional.of(anchors), new Random(SEED));
    }
    return EventLog.open(
        engine, LogId.MAIN, home.keys().orElseThrow(), LogOptions.withAnchor(home.anchor()));
  }
}
