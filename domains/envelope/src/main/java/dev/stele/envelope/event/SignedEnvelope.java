package dev.stele.envelope.event;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.stele.crypto.Sha256;
import java.util.Arrays;
import java.util.Base64;

/**
 * A signed envelope: header, payload, signature and the public key it came with. Immutable.
 *
 * <p>Well-formed and no more: {@link dev.stele.envelope.gate} says what it is worth. The signature
 * has 64 bytes and the key 32 in every envelope that verifies; what is read may have others.
 *
 * @param header what is signed
 * @param payload what the header's payload hash stands for
 * @param signature over {@link #canonicalHeader}; copied
 * @param publicKey the key that is said to have signed, not covered by the signature; copied
 */
public record SignedEnvelope(
    EnvelopeHeader header, JsonObject payload, byte[] signature, byte[] publicKey) {
  private static final byte[] IDENTITY = "stele/envelope/v1\n".getBytes(US_ASCII);

  /** Copies the arrays. */
  public SignedEnvelope {
    signature = signature.clone();
    publicKey = publicKey.clone();
  }

  /** The one spelling in which envelopes are kept; every spelling of an envelope comes to it. */
  public byte[] wire() {
    JsonWriter wire = new JsonWriter(JsonWriter.Form.WIRE).ascii("{\"header\":");
    return header
        .write(wire)
        .ascii(",\"payload\":")
        .value(payload)
        .ascii(",\"signature\":{\"signature\":\"")
        .ascii(Base64.getEncoder().encodeToString(signature))
        .ascii("\",\"public_key\":\"")
        .ascii(Base64.getEncoder().encodeToString(publicKey))
        .ascii("\"}}")
        .toBytes();
  }

  /** The bytes that are signed. */
  public byte[] canonicalHeader() {
    return header.canonical();
  }

  /** The bytes whose SHA-256 is the header's payload hash. */
  public byte[] canonicalPayload() {
    return Canonical.bytes(payload);
  }

  /**
   * The identity of the envelope: SHA-256 of {@code stele/envelope/v1}, a line feed, the canonical
   * header, the signature and the public key. The payload is in it by its hash. Of another spelling
   * it is the same, of another event never.
   */
  public byte[] hash() {
    return Sha256.concat(IDENTITY, canonicalHeader(), signature, publicKey);
  }

  /** Returns a copy of the signature. */
  @Override
  public byte[] signature() {
    return signature.clone();
  }

  /** Returns a copy of the public key. */
  @Override
  public byte[] publicKey() {
    return publicKey.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SignedEnvelope that
        && header.equals(that.header)
        && payload.equals(that.payload)
        && Arrays.equals(signature, that.signature)
        && Arrays.equals(publicKey, that.publicKey);
  }

  @Override
  public int hashCode() {
    return 31 * header.hashCode() + Arrays.hashCode(signature);
  }

  @Override
  public String toString() {
    return "SignedEnvelope[id=%s, type=%s, source=%s, keyId=%s]"
        .formatted(header.id(), header.type(), header.source(), header.keyId());
  }
}
