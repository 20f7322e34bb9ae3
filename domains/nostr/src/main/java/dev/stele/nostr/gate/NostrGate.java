package dev.stele.nostr.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.EventVerdict;
import dev.stele.nostr.event.KindClass;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import java.time.Instant;
import java.util.List;

/**
 * Admits Nostr events whose id and signature hold (NIP-01, BIP-340).
 *
 * <p>Takes the JSON text of one event, at most 1 MiB with at most 5,000 tags. The payload that is
 * kept is the event written anew: members in the order id, pubkey, created_at, kind, tags, content,
 * sig, without white space. The id is claimed, so that the same event again answers where it is.
 * The subject is the author's public key. Events of ephemeral kinds (20000 to 29999) are {@link
 * Transient}, once they are known to be valid.
 *
 * <p>Codes of refusal: those of {@link ParsedEvent.Malformed}, {@code id-mismatch}, {@code
 * bad-signature}. Thread-safe.
 */
public final class NostrGate implements Gate<byte[]> {
  /** The stream that all Nostr events join. */
  public static final String STREAM = "nostr";

  /** Before the kind, in the type of a stored event. */
  public static final String TYPE_PREFIX = "nostr.";

  static final GateId ID = new GateId("nostr", 1);

  /** What a record says of an event that this gate has admitted. */
  public static final String ADMITTED_BY = ID.toString();

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.EVENT;
  }

  @Override
  public Admission judge(byte[] text, Instant now) {
    return switch (EventJson.parse(text)) {
      case ParsedEvent.Malformed(String code, String reason) -> new Rejected(code, reason);
      case ParsedEvent.Wellformed(NostrEvent event) -> judge(event);
    };
  }

  /** Judges an event that was read already, as if its canonical text had come. */
  public Admission judge(NostrEvent event) {
    byte[] text = EventJson.write(event);
    if (text.length > EventJson.MAX_TEXT_BYTES) {
      return new Rejected(
          "too-large",
          "an event has at most %d bytes, not %d".formatted(EventJson.MAX_TEXT_BYTES, text.length));
    }
    return switch (event.check()) {
      case AUTHENTIC ->
          event.kindClass() == KindClass.EPHEMERAL
              ? new Transient("kind " + event.kind() + " is ephemeral")
              : new Admitted(ID, draft(event, text));
      case ID_MISMATCH ->
          new Rejected(
              EventVerdict.ID_MISMATCH.code(), "the id is not the hash of the event's content");
      case BAD_SIGNATURE ->
          new Rejected(
              EventVerdict.BAD_SIGNATURE.code(), "the signature is not the author's over the id");
    };
  }

  private static EventDraft draft(NostrEvent event, byte[] text) {
    return new EventDraft(
        STREAM,
        TYPE_PREFIX + event.kind(),
        event.id(),
        text,
        List.of(Claim.ofEventId(event.id(), OnDuplicate.RETURN_EXISTING)),
        event.pubkey());
  }
}
