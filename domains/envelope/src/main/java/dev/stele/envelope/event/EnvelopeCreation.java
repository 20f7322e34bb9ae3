package dev.stele.envelope.event;

import dev.stele.crypto.Ed25519Key;
import dev.stele.crypto.Sha256;
import java.util.HexFormat;

/** What came of a draft. */
public sealed interface EnvelopeCreation {
  /** The first of the checks that a draft did not pass, in their order. */
  enum Flaw {
    /** The type is not registered. */
    TYPE,
    /** The source is too long or has a NUL. */
    SOURCE,
    /** The key id has another form. */
    KEY_ID,
    /** The payload has a reserved name or nests too deep. */
    PAYLOAD_STRUCTURE,
    /** The payload is larger than its type may be. */
    PAYLOAD_SIZE,
    /** The payload has more canonical bytes than any may have. */
    PAYLOAD_TOO_LARGE,
    /** The context has a reserved name or is too large. */
    CONTEXT,
    /** The extensions have a reserved name or are too large. */
    EXTENSIONS,
    /** The nonce has another form, or is evidently not random. */
    NONCE,
    /** The time has another form, or the lifetime is out of bounds. */
    TIME
  }

  /**
   * An envelope that lacks its signature alone.
   *
   * @param header what is to be signed
   * @param payload what its hash stands for
   */
  record Created(EnvelopeHeader header, JsonObject payload) implements EnvelopeCreation {
    /**
     * Signs the header.
     *
     * @throws IllegalArgumentException if the key has another id than the header names
     */
    public SignedEnvelope sign(EnvelopeKey key) {
      if (!key.keyId().equals(header.keyId())) {
        throw new IllegalArgumentException(
            "the key %s cannot sign for %s".formatted(key.keyId(), header.keyId()));
      }
      return sign(key.key());
    }

    /** The wire form without a signature, for who keeps the key to read and to sign. */
    public byte[] wire() {
      JsonWriter wire = new JsonWriter(JsonWriter.Form.WIRE).ascii("{\"header\":");
      return header.write(wire).ascii(",\"payload\":").value(payload).ascii("}").toBytes();
    }

    /** Whether the header's hash is that of the payload. */
    public boolean hashMatches() {
      byte[] hash = Sha256.hash(Canonical.bytes(payload));
      return header.payloadHash().equals(HexFormat.of().formatHex(hash));
    }

    /** Signs the header with a key that the caller knows to be the one that the header names. */
    public SignedEnvelope sign(Ed25519Key key) {
      return new SignedEnvelope(header, payload, key.sign(header.canonical()), key.publicKey());
    }
  }

  /**
   * A draft that makes no envelope.
   *
   * @param flaw which check it did not pass
   * @param reason one sentence for people
   */
  record Invalid(Flaw flaw, String reason) implements EnvelopeCreation {}
}
