package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Admits envelopes that an {@link EnvelopeVerifier} finds valid.
 *
 * <p>The payload that is kept is the envelope written anew ({@link SignedEnvelope#wire}), so that
 * every spelling of it comes to the same bytes. The stream is {@code envelope/SOURCE}, the id and
 * the type are the envelope's, the subject is the key id. The claims, in this order:
 *
 * <pre>
 *   envelope          SignedEnvelope.hash     the same envelope again answers where it is
 *   event-id          the id                  another envelope with its id is refused
 *   envelope-nonce    key id, 0, nonce        another envelope with its nonce is refused
 *   envelope-content  the payload's hash      as {@link EqualPayload} says; none for ALLOW
 * </pre>
 *
 * <p>The codes of refusal are {@link Category#wireName}s. Strictly it is {@code envelope/1} and its
 * keys come from a registry; compatibly it is {@code envelope-compatible/1} and whoever signs is
 * believed. Immutable.
 */
public final class EnvelopeGate implements Gate<byte[]> {
  /** Before the source, in the name of a stream. */
  public static final String STREAM_PREFIX = "envelope/";

  /** The scope in which an envelope's identity is claimed. */
  public static final String ENVELOPE_SCOPE = "envelope";

  /** The scope in which a nonce of a key is claimed. */
  public static final String NONCE_SCOPE = "envelope-nonce";

  /** The scope in which a payload's hash is claimed. */
  public static final String CONTENT_SCOPE = "envelope-content";

  static final GateId STRICT = new GateId("envelope", 1);
  static final GateId COMPATIBLE = new GateId("envelope-compatible", 1);

  /**
   * Keys of nonces up to this length are claimed as they are, longer ones by their hash. The
   * shortest has more bytes than a hash, so the two never meet.
   */
  private static final int MAX_PLAIN_NONCE_BYTES = 256;

  /**
   * A judgement with what it was made of, so that nobody has to read the bytes again.
   *
   * @param admission what the log is given
   * @param verdict what the verifier said; valid, yet rejected, is only what no event can hold
   */
  public record Judgement(Admission admission, EnvelopeVerdict verdict) {}

  private final EnvelopeVerifier verifier;
  private final EqualPayload equalPayload;
  private final long nonceExpiresAtMillis;

  /** A strict gate with these keys, in which equal payloads are different events. */
  public EnvelopeGate(EnvelopeKeyRegistry keys) {
    this(EnvelopeVerifier.strict(keys), EqualPayload.ALLOW, Claim.NEVER);
  }

  /**
   * A gate that asks {@code verifier}.
   *
   * @param verifier without a guard: a gate keeps no state, nonces are claimed
   * @param equalPayload what becomes of equal payloads
   * @param nonceExpiresAtMillis when claims of nonces expire, normally {@link Claim#NEVER}
   */
  public EnvelopeGate(
      EnvelopeVerifier verifier, EqualPayload equalPayload, long nonceExpiresAtMillis) {
    if (verifier.isGuarded()) {
      throw new IllegalArgumentException("a gate claims nonces and takes no replay guard");
    }
    this.verifier = verifier;
    this.equalPayload = equalPayload;
    this.nonceExpiresAtMillis = nonceExpiresAtMillis;
  }

  /** The same with other keys, as after a key act. */
  public EnvelopeGate withKeys(EnvelopeKeyRegistry keys) {
    return new EnvelopeGate(verifier.withKeys(keys), equalPayload, nonceExpiresAtMillis);
  }

  /** Tells whether a record names this gate, strict or compatible. */
  public static boolean admitted(String admittedBy) {
    return rulesOf(admittedBy) != null;
  }

  static @Nullable ReadingRules rulesOf(String admittedBy) {
    if (admittedBy.equals(STRICT.toString())) {
      return ReadingRules.STRICT;
    }
    return admittedBy.equals(COMPATIBLE.toString()) ? ReadingRules.COMPATIBLE : null;
  }

  @Override
  public GateId id() {
    return switch (verifier.rules()) {
      case STRICT -> STRICT;
      case COMPATIBLE -> COMPATIBLE;
    };
  }

  @Override
  public KeySource keySource() {
    return switch (verifier.rules()) {
      case STRICT -> KeySource.REGISTRY;
      case COMPATIBLE -> KeySource.EVENT;
    };
  }

  @Override
  public Admission judge(byte[] wire, Instant now) {
    return judgeEnvelope(wire, now).admission();
  }

  /** Judges as {@link #judge} does, and gives the envelope that was read along with it. */
  public Judgement judgeEnvelope(byte[] wire, Instant now) {
    EnvelopeVerdict verdict = verifier.verify(wire, now);
    return switch (verdict) {
      case EnvelopeVerdict.Invalid invalid ->
          new Judgement(new Rejected(invalid.category().wireName(), invalid.reason()), verdict);
      case EnvelopeVerdict.Valid valid -> new Judgement(admission(valid.envelope()), verdict);
    };
  }

  private Admission admission(SignedEnvelope envelope) {
    EnvelopeHeader header = envelope.header();
    String id = eventId(header);
    // What compatible verification never looks at may still be more than an event can hold.
    if (!EventDraft.fits(id, 1, Claim.MAX_KEY_BYTES)) {
      return new Rejected(
          Category.STRUCTURE_INVALID.wireName(), "an id to keep has 1 to 1,024 bytes");
    }
    if (!EventDraft.fits(header.keyId(), 0, EventDraft.MAX_SUBJECT_BYTES)) {
      return new Rejected(
          Category.STRUCTURE_INVALID.wireName(), "a key_id to keep has at most 1,024 bytes");
    }
    byte[] wire = envelope.wire();
    if (wire.length > EventDraft.MAX_PAYLOAD_BYTES) {
      return new Rejected(
          Category.PAYLOAD_TOO_LARGE.wireName(),
          "an envelope to keep has at most %d bytes, not %d"
              .formatted(EventDraft.MAX_PAYLOAD_BYTES, wire.length));
    }
    return new Admitted(
        id(),
        new EventDraft(
            STREAM_PREFIX + header.source(),
            header.type(),
            id,
            wire,
            claims(envelope),
            header.keyId()));
  }

  private List<Claim> claims(SignedEnvelope envelope) {
    EnvelopeHeader header = envelope.header();
    List<Claim> claims = new ArrayList<>(4);
    claims.add(identity(envelope));
    claims.add(Claim.ofEventId(eventId(header), OnDuplicate.REFUSE));
    claims.add(new Claim(NONCE_SCOPE, nonceKey(header), OnDuplicate.REFUSE, nonceExpiresAtMillis));
    switch (equalPayload) {
      case ALLOW -> {}
      case REJECT -> claims.add(content(header, OnDuplicate.REFUSE));
      case RETURN_EXISTING -> claims.add(content(header, OnDuplicate.RETURN_EXISTING));
    }
    return claims;
  }

  /** The claim that only the envelope itself can hold: {@code log.find} of it says where it is. */
  public static Claim identity(SignedEnvelope envelope) {
    return new Claim(ENVELOPE_SCOPE, envelope.hash(), OnDuplicate.RETURN_EXISTING, Claim.NEVER);
  }

  private static Claim content(EnvelopeHeader header, OnDuplicate onDuplicate) {
    return new Claim(CONTENT_SCOPE, contentKey(header), onDuplicate, Claim.NEVER);
  }

  /** The id of the event: the envelope's in lower case. */
  static String eventId(EnvelopeHeader header) {
    return header.id().toLowerCase(Locale.ROOT);
  }

  /** What is claimed of a nonce: key id, a zero byte, nonce. */
  static byte[] nonceKey(EnvelopeHeader header) {
    byte[] key = (header.keyId() + '\0' + header.nonce()).getBytes(UTF_8);
    return key.length <= MAX_PLAIN_NONCE_BYTES ? key : Sha256.hash(key);
  }

  /** What is claimed of a payload: the 32 bytes of its hash. */
  static byte[] contentKey(EnvelopeHeader header) {
    return HexFormat.of().parseHex(header.payloadHash());
  }
}
