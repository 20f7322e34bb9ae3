package dev.stele.envelope.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.CheckedClaim;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.EnvelopeTime;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Re-checks what the gates of envelopes checked.
 *
 * <pre>
 *   check    in parallel: shape, one spelling, signature, payload hash; that stream, type, id,
 *            subject and claims of the record follow from the envelope; that key acts are the log's
 *   follow   in order: folds the key acts again, and asks whether the key of a strictly judged
 *            envelope had standing at its position
 * </pre>
 *
 * <p>Types and ages are not judged again: what a type is and how old an envelope may be was the
 * gate's to say on its day. Made for one verification.
 */
public final class EnvelopeAuditor implements Auditor {
  /** Who says which keys had standing. */
  private enum Standing {
    JUDGED,
    NOT_JUDGED
  }

  private final VerifierKey log;
  private final Standing standing;
  private EnvelopeKeyRegistry keys;

  private EnvelopeAuditor(VerifierKey log, Standing standing, EnvelopeKeyRegistry keys) {
    this.log = log;
    this.standing = standing;
    this.keys = keys;
  }

  /** An auditor of the log with this public key, whose keys are those of its own key acts. */
  public static EnvelopeAuditor of(VerifierKey log) {
    return of(log, EnvelopeKeyRegistry.EMPTY);
  }

  /** An auditor that also knows the keys of a file, as the gate did. */
  public static EnvelopeAuditor of(VerifierKey log, EnvelopeKeyRegistry configured) {
    return new EnvelopeAuditor(log, Standing.JUDGED, configured);
  }

  /**
   * An auditor that asks of no key whether it had standing, for a log whose gate took its keys from
   * a file that is not at hand. Signatures are checked by the keys in the envelopes.
   */
  public static EnvelopeAuditor withoutKeys(VerifierKey log) {
    return new EnvelopeAuditor(log, Standing.NOT_JUDGED, EnvelopeKeyRegistry.EMPTY);
  }

  @Override
  public boolean knows(String admittedBy) {
    return isKeyAct(admittedBy) || EnvelopeGate.admitted(admittedBy);
  }

  private static boolean isKeyAct(String admittedBy) {
    return admittedBy.equals(EnvelopeKeyGate.ID.toString());
  }

  @Override
  public boolean follows(String admittedBy) {
    return knows(admittedBy);
  }

  @Override
  public Optional<Fault> check(CheckedEvent event) {
    byte[] payload = event.payload().orElse(new byte[0]);
    if (isKeyAct(event.admittedBy())) {
      return checkAct(event, payload);
    }
    ReadingRules rules = EnvelopeGate.rulesOf(event.admittedBy());
    return rules == null ? Optional.empty() : checkEnvelope(event, payload, rules);
  }

  private Optional<Fault> checkAct(CheckedEvent event, byte[] payload) {
    Optional<KeyAct> act = EnvelopeKeyGate.act(log, payload);
    if (act.isEmpty()) {
      return fault(event, "is no key act that the log has signed");
    }
    String id = EnvelopeKeyGate.eventId(act.get());
    return isRecordedAs(event, EnvelopeKeyGate.STREAM, act.get().eventType(), id, act.get().keyId())
            && event.claims().equals(List.of(idClaim(id, true)))
        ? Optional.empty()
        : fault(event, "is recorded otherwise than its key act says");
  }

  private static Optional<Fault> checkEnvelope(
      CheckedEvent event, byte[] payload, ReadingRules rules) {
    switch (EnvelopeReader.read(payload, rules)) {
      case Parsed.Malformed<SignedEnvelope>(String reason) -> {
        return Optional.of(new Fault.Payload("no envelope any more: " + reason));
      }
      case Parsed.Value<SignedEnvelope>(SignedEnvelope envelope) -> {
        return checkEnvelope(event, payload, envelope, rules);
      }
    }
  }

  private static Optional<Fault> checkEnvelope(
      CheckedEvent event, byte[] payload, SignedEnvelope envelope, ReadingRules rules) {
    EnvelopeHeader header = envelope.header();
    if (!Arrays.equals(envelope.wire(), payload)) {
      return fault(event, "is not in the one spelling of its envelope");
    }
    if (!isRecordedAs(
        event,
        EnvelopeGate.STREAM_PREFIX + header.source(),
        header.type(),
        EnvelopeGate.eventId(header),
        header.keyId())) {
      return fault(event, "is recorded under another stream, type, id or subject than its own");
    }
    if (!isSigned(envelope, rules)) {
      return fault(event, "has a signature that is not that of its key");
    }
    String hash = HexFormat.of().formatHex(Sha256.hash(envelope.canonicalPayload()));
    if (!hash.equals(header.payloadHash())) {
      return fault(event, "has a payload that is not the one whose hash is signed");
    }
    return claimsFollow(event.claims(), envelope)
        ? Optional.empty()
        : Optional.of(
            new Fault.Claim(
                "event %d claims something else than its envelope".formatted(event.position())));
  }

  private static boolean isRecordedAs(
      CheckedEvent event, String stream, String type, String id, String subject) {
    return event.stream().equals(stream)
        && event.type().equals(type)
        && event.id().equals(id)
        && event.subject().equals(subject);
  }

  private static boolean isSigned(SignedEnvelope envelope, ReadingRules rules) {
    byte[] signed = envelope.canonicalHeader();
    return switch (rules) {
      case STRICT -> Ed25519.verify(envelope.publicKey(), signed, envelope.signature());
      case COMPATIBLE -> LenientEd25519.verify(envelope.publicKey(), signed, envelope.signature());
    };
  }

  /** Whether these are the claims of {@link EnvelopeGate}, whatever its policy and expiry were. */
  private static boolean claimsFollow(List<CheckedClaim> claims, SignedEnvelope envelope) {
    EnvelopeHeader header = envelope.header();
    return (claims.size() == 3 || claims.size() == 4)
        && claims
            .get(0)
            .equals(
                new CheckedClaim(EnvelopeGate.ENVELOPE_SCOPE, envelope.hash(), true, Claim.NEVER))
        && claims.get(1).equals(idClaim(EnvelopeGate.eventId(header), false))
        && claims.get(2).isFor(EnvelopeGate.NONCE_SCOPE, EnvelopeGate.nonceKey(header))
        && !claims.get(2).returnsExisting()
        && (claims.size() == 3
            || (claims.get(3).isFor(EnvelopeGate.CONTENT_SCOPE, EnvelopeGate.contentKey(header))
                && claims.get(3).expiresAtMillis() == Claim.NEVER));
  }

  private static CheckedClaim idClaim(String id, boolean returnsExisting) {
    return new CheckedClaim(
        Claim.EVENT_ID_SCOPE, id.getBytes(StandardCharsets.UTF_8), returnsExisting, Claim.NEVER);
  }

  @Override
  public Optional<Fault> follow(CheckedEvent event) {
    byte[] payload = event.payload().orElse(new byte[0]);
    if (isKeyAct(event.admittedBy())) {
      EnvelopeKeyGate.act(log, payload).ifPresent(act -> keys = keys.with(event.position(), act));
      return Optional.empty();
    }
    @Nullable ReadingRules rules = EnvelopeGate.rulesOf(event.admittedBy());
    return rules == ReadingRules.STRICT
            && standing == Standing.JUDGED
            && EnvelopeReader.read(payload, rules)
                instanceof Parsed.Value<SignedEnvelope>(SignedEnvelope envelope)
        ? standing(event, envelope)
        : Optional.empty();
  }

  private Optional<Fault> standing(CheckedEvent event, SignedEnvelope envelope) {
    EnvelopeHeader header = envelope.header();
    Instant issued = EnvelopeTime.parse(header.issuedAt()).orElse(Instant.MAX);
    return keys.flawInLog(header.keyId(), envelope.publicKey(), issued, event.recordedAt())
        .flatMap(
            reason ->
                fault(
                    event,
                    "is signed by key %s, which had no standing then: %s"
                        .formatted(header.keyId(), reason)));
  }

  private static Optional<Fault> fault(CheckedEvent event, String what) {
    return Optional.of(new Fault.Signature("event %d %s".formatted(event.position(), what)));
  }
}
