package dev.stele.testkit.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.GateId;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Admits what tests have made up, under the name {@code test/1}. */
public final class TestGate {
  /** The name in the records. */
  public static final GateId ID = new GateId("test", 1);

  private TestGate() {}

  /** Admits any draft. */
  public static Admitted admit(EventDraft draft) {
    return new Admitted(ID, draft);
  }

  /** An event whose id is claimed: the same id again answers where it is. */
  public static Admitted event(String stream, String id, String payload) {
    return event(stream, id, payload, OnDuplicate.RETURN_EXISTING);
  }

  /** An event whose id is claimed in the way given. */
  public static Admitted event(String stream, String id, String payload, OnDuplicate onDuplicate) {
    return admit(
        new EventDraft(
            stream,
            "tested",
            id,
            payload.getBytes(StandardCharsets.UTF_8),
            List.of(Claim.ofEventId(id, onDuplicate)),
            ""));
  }
}
