package dev.stele.client;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;

/** Logs to tell of, and their key. */
final class TrueLog {
  static final VerifierKey KEY = TestLogs.keys().signer().vkey();

  private TrueLog() {}

  /** A log without events; of two with different seeds no two events are alike. */
  static EventLog empty(long seed) {
    return EventLog.open(
        new MemoryLogEngine(),
        LogId.MAIN,
        TestLogs.keys(),
        TestLogs.options(seed, new MemoryAnchor()));
  }

  /** Appends so many events, and signs for them. */
  static SignedCheckpoint grow(EventLog log, int count) {
    for (int i = 0; i < count; i++) {
      long position = log.head().size() + 1;
      log.append(
          Append.of(
              TestGate.event("stream-" + position % 3, "id-" + position, "payload " + position)));
    }
    return log.checkpoint();
  }
}
