package dev.stele.envelope.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Admits {@link KeyAct}s that the log's own key has signed, to the stream {@value #STREAM}.
 *
 * <p>The id of the event is the SHA-256 of the act's text and is claimed: the same act again
 * answers where it is. What acts come to is folded by {@link EnvelopeKeyRegistry}. Codes: {@code
 * bad-shape}, {@code bad-signature}. Immutable.
 */
public final class EnvelopeKeyGate implements Gate<byte[]> {
  /** The stream of the key acts. */
  public static final String STREAM = "envelope-keys";

  static final GateId ID = new GateId("envelope-key", 1);

  private final VerifierKey log;

  /** A gate for the log with this public key. */
  public EnvelopeKeyGate(VerifierKey log) {
    this.log = log;
  }

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.LOG;
  }

  @Override
  public Admission judge(byte[] note, Instant now) {
    return switch (read(log, note)) {
      case Read.Wrong(String code, String reason) -> new Rejected(code, reason);
      case Read.Right(KeyAct act) -> {
        String id = eventId(act);
        yield new Admitted(
            ID,
            new EventDraft(
                STREAM,
                act.eventType(),
                id,
                note,
                List.of(Claim.ofEventId(id, OnDuplicate.RETURN_EXISTING)),
                act.keyId()));
      }
    };
  }

  /** The id of the event that records an act. */
  static String eventId(KeyAct act) {
    return HexFormat.of().formatHex(Sha256.hash(act.text().getBytes(StandardCharsets.UTF_8)));
  }

  /** The act in a note that the log's key has signed; empty if it is none. */
  static Optional<KeyAct> act(VerifierKey log, byte[] note) {
    return read(log, note) instanceof Read.Right(KeyAct act) ? Optional.of(act) : Optional.empty();
  }

  private sealed interface Read {
    record Right(KeyAct act) implements Read {}

    record Wrong(String code, String reason) implements Read {}
  }

  private static Read read(VerifierKey log, byte[] note) {
    return switch (SignedNote.parse(note)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Read.Wrong("bad-shape", reason);
      case Parsed.Value<SignedNote>(SignedNote signed) ->
          switch (signed.verify(List.of(log))) {
            case SignedNote.Verdict.Refused(String reason) ->
                new Read.Wrong("bad-signature", reason);
            case SignedNote.Verdict.Verified _ -> act(log, signed.text());
          };
    };
  }

  private static Read act(VerifierKey log, String text) {
    return switch (KeyAct.parse(text)) {
      case Parsed.Malformed<KeyAct>(String reason) -> new Read.Wrong("bad-shape", reason);
      case Parsed.Value<KeyAct>(KeyAct act) ->
          act.origin().equals(log.name())
              ? new Read.Right(act)
              : new Read.Wrong(
                  "bad-shape", "the act is for %s, this is %s".formatted(act.origin(), log.name()));
    };
  }
}
