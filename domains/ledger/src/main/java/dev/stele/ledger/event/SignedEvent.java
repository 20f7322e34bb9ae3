package dev.stele.ledger.event;

import dev.stele.core.event.EventDraft;
import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Blake3;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/**
 * An event with the hash that chains it to its predecessor and the signature over that hash.
 *
 * <pre>
 *   format u8 = 1
 *   ┌ event id u16+n │ timestamp i64 │ event type ?u16+n │ source u16+n │ sequence i64
 *   │ payload u32+n │ payload ref ?u16+n │ salt 16 │ key id u16+n │ previous event hash 32
 *   └ hashed: event hash = BLAKE3("stele/ledger-event/v1\n" ‖ these)
 *   event hash 32 │ signature u16+n = Ed25519 over the 32 bytes of the event hash
 * </pre>
 *
 * <p>The salt is in the hash because an erased event's hash lives on: its successor repeats it as
 * the previous hash. Without 128 random bits, whoever can guess an erased payload could confirm the
 * guess there.
 *
 * <p>Immutable. Made from what anybody says, so not checked: {@link #problem} says whether it has
 * the shape of an event, {@link #computeHash} what its hash must be.
 *
 * @param eventId the event's id, once in a ledger: 1 to {@value #MAX_EVENT_ID_BYTES} bytes of UTF-8
 * @param timestamp when it happened by its source's clock, in milliseconds since the epoch
 * @param eventType what kind of event this is: 1 to {@value #MAX_TYPE_BYTES} bytes of UTF-8;
 *     missing only in events of a ledger that did not ask for it
 * @param sourceId whom it comes from: at most {@value #MAX_SOURCE_BYTES} bytes of UTF-8
 * @param sequence the source's own count
 * @param payload at most {@value #MAX_PAYLOAD_BYTES} bytes
 * @param payloadRef where more is kept: at most {@value #MAX_PAYLOAD_REF_BYTES} bytes of UTF-8
 * @param salt {@value #SALT_BYTES} bytes, random
 * @param publicKeyId names the key: {@link #keyId}; at most {@value #MAX_KEY_ID_BYTES} bytes
 * @param prevEventHash {@value #HASH_BYTES} bytes: the hash of the event before, zeros for the
 *     first
 * @param eventHash {@value #HASH_BYTES} bytes
 * @param signature at most {@value #MAX_SIGNATURE_BYTES} bytes, 64 where it is checked
 */
public record SignedEvent(
    String eventId,
    long timestamp,
    Optional<String> eventType,
    String sourceId,
    long sequence,
    byte[] payload,
    Optional<String> payloadRef,
    byte[] salt,
    String publicKeyId,
    byte[] prevEventHash,
    byte[] eventHash,
    byte[] signature) {
  /** Length of every event hash, in bytes. */
  public static final int HASH_BYTES = 32;

  /** Length of a salt, in bytes: 128 bits cannot be guessed. */
  public static final int SALT_BYTES = 16;

  /** The most bytes of an event id: what a claim's key may have. */
  public static final int MAX_EVENT_ID_BYTES = 1_024;

  /** The most bytes of an event type: what a log event's type may have. */
  public static final int MAX_TYPE_BYTES = 256;

  /** The most bytes of a source's id: what a log event's subject may have. */
  public static final int MAX_SOURCE_BYTES = 1_024;

  /** The most bytes of a payload reference: a long URL. */
  public static final int MAX_PAYLOAD_REF_BYTES = 4_096;

  /** The most bytes of a key id: ours have 32 hex digits, other ledgers' may be longer. */
  public static final int MAX_KEY_ID_BYTES = 128;

  /** The most bytes of a signature that is kept unchecked: room for those of other algorithms. */
  public static final int MAX_SIGNATURE_BYTES = 4_096;

  /** The most bytes of a payload: with all other fields it still fits a log event. */
  public static final int MAX_PAYLOAD_BYTES = EventDraft.MAX_PAYLOAD_BYTES - 16_384;

  private static final byte FORMAT = 1;
  private static final int FIXED_BYTES = 64;
  private static final byte[] LABEL = "stele/ledger-event/v1\n".getBytes(StandardCharsets.US_ASCII);

  /** Copies the arrays. */
  public SignedEvent {
    payload = payload.clone();
    salt = salt.clone();
    prevEventHash = prevEventHash.clone();
    eventHash = eventHash.clone();
    signature = signature.clone();
  }

  /** What the first event of a ledger names as its previous hash. */
  public static byte[] genesisHash() {
    return new byte[HASH_BYTES];
  }

  /** The id of a public key: lower hex of the first 16 bytes of its BLAKE3. */
  public static String keyId(byte[] publicKey) {
    return HexFormat.of().formatHex(Blake3.hash(publicKey), 0, 16);
  }

  /** In which way this cannot be an event of a ledger, hash and signature apart. */
  public Optional<String> problem() {
    if (!EventDraft.fits(eventId, 1, MAX_EVENT_ID_BYTES)) {
      return Optional.of("an event id has 1 to 1,024 bytes of well-formed UTF-8");
    }
    if (eventType.isPresent() && !EventDraft.fits(eventType.get(), 1, MAX_TYPE_BYTES)) {
      return Optional.of("an event type has 1 to 256 bytes of well-formed UTF-8");
    }
    if (!EventDraft.fits(sourceId, 0, MAX_SOURCE_BYTES)) {
      return Optional.of("a source id has at most 1,024 bytes of well-formed UTF-8");
    }
    if (payloadRef.isPresent() && !EventDraft.fits(payloadRef.get(), 0, MAX_PAYLOAD_REF_BYTES)) {
      return Optional.of("a payload reference has at most 4,096 bytes of well-formed UTF-8");
    }
    if (!EventDraft.fits(publicKeyId, 0, MAX_KEY_ID_BYTES)) {
      return Optional.of("a key id has at most 128 bytes of well-formed UTF-8");
    }
    if (payload.length > MAX_PAYLOAD_BYTES) {
      return Optional.of(
          "a payload has at most %d bytes, not %d".formatted(MAX_PAYLOAD_BYTES, payload.length));
    }
    if (salt.length != SALT_BYTES) {
      return Optional.of("a salt has 16 bytes, not " + salt.length);
    }
    if (prevEventHash.length != HASH_BYTES || eventHash.length != HASH_BYTES) {
      return Optional.of(
          "an event hash and the one before have 32 bytes, not %d and %d"
              .formatted(eventHash.length, prevEventHash.length));
    }
    if (signature.length > MAX_SIGNATURE_BYTES) {
      return Optional.of("a signature has at most 4,096 bytes, not " + signature.length);
    }
    return Optional.empty();
  }

  /**
   * The hash this event must have. Linear in the payload.
   *
   * @throws IllegalArgumentException when there is a {@link #problem}
   */
  public byte[] computeHash() {
    byte[] encoded = encode();
    int end = encoded.length - 2 - signature.length - HASH_BYTES;
    return Blake3.hash(LABEL, Arrays.copyOfRange(encoded, 1, end));
  }

  /**
   * The bytes that a log keeps of this event.
   *
   * @throws IllegalArgumentException when there is a {@link #problem}
   */
  public byte[] encode() {
    problem()
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("not a ledger event: " + problem);
            });
    byte[] id = utf8(eventId);
    byte[] type = utf8(eventType.orElse(""));
    byte[] source = utf8(sourceId);
    byte[] ref = utf8(payloadRef.orElse(""));
    byte[] key = utf8(publicKeyId);
    ByteBuffer out =
        ByteBuffer.allocate(
            2 * FIXED_BYTES
                + id.length
                + type.length
                + source.length
                + payload.length
                + ref.length
                + key.length
                + 2 * HASH_BYTES
                + signature.length);
    out.put(FORMAT);
    putShort(out, id);
    out.putLong(timestamp);
    putOptional(out, eventType.isPresent(), type);
    putShort(out, source);
    out.putLong(sequence);
    out.putInt(payload.length).put(payload);
    putOptional(out, payloadRef.isPresent(), ref);
    out.put(salt);
    putShort(out, key);
    out.put(prevEventHash).put(eventHash);
    putShort(out, signature);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** Reads what {@link #encode} wrote, and nothing else: no length is believed unchecked. */
  public static Parsed<SignedEvent> decode(byte[] bytes) {
    return new SignedEventReader(bytes).read();
  }

  /** The same event with its hash and signature. */
  SignedEvent sealed(byte[] hash, byte[] signed) {
    return new SignedEvent(
        eventId,
        timestamp,
        eventType,
        sourceId,
        sequence,
        payload,
        payloadRef,
        salt,
        publicKeyId,
        prevEventHash,
        hash,
        signed);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void putShort(ByteBuffer out, byte[] field) {
    out.putShort((short) field.length).put(field);
  }

  private static void putOptional(ByteBuffer out, boolean present, byte[] field) {
    out.put((byte) (present ? 1 : 0));
    if (present) {
      putShort(out, field);
    }
  }

  /** Returns a copy of the payload. */
  @Override
  public byte[] payload() {
    return payload.clone();
  }

  /** Returns a copy of the salt. */
  @Override
  public byte[] salt() {
    return salt.clone();
  }

  /** Returns a copy of the previous event's hash. */
  @Override
  public byte[] prevEventHash() {
    return prevEventHash.clone();
  }

  /** Returns a copy of the event's hash. */
  @Override
  public byte[] eventHash() {
    return eventHash.clone();
  }

  /** Returns a copy of the signature. */
  @Override
  public byte[] signature() {
    return signature.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SignedEvent that
        && eventId.equals(that.eventId)
        && timestamp == that.timestamp
        && eventType.equals(that.eventType)
        && sourceId.equals(that.sourceId)
        && sequence == that.sequence
        && Arrays.equals(payload, that.payload)
        && payloadRef.equals(that.payloadRef)
        && Arrays.equals(salt, that.salt)
        && publicKeyId.equals(that.publicKeyId)
        && Arrays.equals(prevEventHash, that.prevEventHash)
        && Arrays.equals(eventHash, that.eventHash)
        && Arrays.equals(signature, that.signature);
  }

  @Override
  public int hashCode() {
    return Objects.hash(eventId, timestamp, Arrays.hashCode(eventHash));
  }

  @Override
  public String toString() {
    return "SignedEvent[id=%s, type=%s, source=%s, hash=%s]"
        .formatted(eventId, eventType.orElse("-"), sourceId, HexFormat.of().formatHex(eventHash));
  }
}
