package dev.stele.nostr.gate;

import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Fault;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.EventVerdict;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import java.util.Arrays;
import java.util.Optional;

/**
 * Re-checks stored Nostr events: that the payload is the canonical text of an event with the
 * record's id, that the id is its hash, and that its author signed it. Thread-safe.
 */
public final class NostrAuditor implements Auditor {
  @Override
  public boolean knows(String admittedBy) {
    return admittedBy.equals(NostrGate.ADMITTED_BY);
  }

  @Override
  public Optional<Fault> check(CheckedEvent event) {
    byte[] payload = event.payload().orElse(new byte[0]);
    return switch (EventJson.parse(payload)) {
      case ParsedEvent.Malformed(String code, String reason) ->
          fault(event, "is no Nostr event any more (" + code + "): " + reason);
      case ParsedEvent.Wellformed(NostrEvent nostr) -> {
        if (!nostr.id().equals(event.id())
            || !event.type().equals(NostrGate.TYPE_PREFIX + nostr.kind())) {
          yield fault(event, "has another id or kind than its record");
        }
        if (!Arrays.equals(EventJson.write(nostr), payload)) {
          yield fault(event, "is not written in the canonical way");
        }
        EventVerdict verdict = nostr.check();
        yield verdict == EventVerdict.AUTHENTIC ? Optional.empty() : fault(event, verdict.code());
      }
    };
  }

  private static Optional<Fault> fault(CheckedEvent event, String what) {
    return Optional.of(new Fault.Signature("event %d: %s".formatted(event.position(), what)));
  }
}
