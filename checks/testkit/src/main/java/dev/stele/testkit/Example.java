package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.testkit.gate.TestGate;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The log of three events that the format documents show, byte for byte, on any engine. */
public final class Example {
  private Example() {}

  /** The second event of the example: two claims, one that expires, and a subject. */
  public static Admitted second() {
    return TestGate.admit(
        new EventDraft(
            "orders",
            "order-placed",
            "order-17",
            "two chairs".getBytes(StandardCharsets.UTF_8),
            List.of(
                Claim.ofEventId("order-17", OnDuplicate.RETURN_EXISTING),
                new Claim(
                    "nonce",
                    new byte[] {1, 2, 3, 4},
                    OnDuplicate.REFUSE,
                    TestLogs.START.toEpochMilli() + 60_000)),
            "alice"));
  }

  /** Writes the example and closes the log, and the engine with it. */
  public static void write(LogEngine engine, Anchor anchor) {
    try (EventLog log =
        EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(1, anchor))) {
      log.append(Append.of(TestGate.admit(EventDraft.of("orders", "opened", "", new byte[0]))));
      log.append(Append.of(second()));
      log.append(Append.of(TestGate.event("parcels", "parcel-1", "sent")));
    }
  }
}
