package dev.stele.envelope.event;

import org.jspecify.annotations.Nullable;

/**
 * What is signed of an envelope: thirteen members, of which {@code payloadHash} stands for the
 * payload. Immutable.
 *
 * <p>A header holds what was read. Whether its values are good is judged where it is verified.
 *
 * @param id the event's id, a random UUID in lower case
 * @param type the event's type, registered in {@link EventTypes}
 * @param version of the format, {@value EnvelopeLimits#VERSION}
 * @param source where the event comes from, at most {@value EnvelopeLimits#MAX_SOURCE_POINTS} code
 *     points
 * @param issuedAt when it was issued: the text that is signed, see {@link EnvelopeTime}
 * @param expiresAt when it expires, in the same form, or null
 * @param nonce 32 to 100 lower-case hex digits
 * @param keyId the name of the key, 1 to {@value EnvelopeLimits#MAX_KEY_ID_LENGTH} of {@code A-Z
 *     a-z 0-9 _ -}
 * @param algorithm {@value EnvelopeLimits#ALGORITHM}
 * @param canonicalization {@value EnvelopeLimits#CANONICALIZATION}
 * @param payloadHash SHA-256 of the canonical payload, 64 lower-case hex digits
 * @param context an object of the sender's, or null
 * @param extensions another, or null
 */
public record EnvelopeHeader(
    String id,
    String type,
    String version,
    String source,
    String issuedAt,
    @Nullable String expiresAt,
    String nonce,
    String keyId,
    String algorithm,
    String canonicalization,
    String payloadHash,
    @Nullable JsonObject context,
    @Nullable JsonObject extensions) {
  /** Refuses text with a surrogate that stands alone: it cannot be written, so not signed. */
  public EnvelopeHeader {
    JsonString.requireWellFormed(id);
    JsonString.requireWellFormed(type);
    JsonString.requireWellFormed(version);
    JsonString.requireWellFormed(source);
    JsonString.requireWellFormed(issuedAt);
    if (expiresAt != null) {
      JsonString.requireWellFormed(expiresAt);
    }
    JsonString.requireWellFormed(nonce);
    JsonString.requireWellFormed(keyId);
    JsonString.requireWellFormed(algorithm);
    JsonString.requireWellFormed(canonicalization);
    JsonString.requireWellFormed(payloadHash);
  }

  /** The bytes that are signed: all thirteen members, sorted, absent ones as null. */
  public byte[] canonical() {
    return new JsonWriter(JsonWriter.Form.CANONICAL)
        .ascii("{\"algorithm\":")
        .string(algorithm)
        .ascii(",\"canonicalization\":")
        .string(canonicalization)
        .ascii(",\"context\":")
        .valueOrNull(context)
        .ascii(",\"expires_at\":")
        .stringOrNull(expiresAt)
        .ascii(",\"extensions\":")
        .valueOrNull(extensions)
        .ascii(",\"id\":")
        .string(id)
        .ascii(",\"issued_at\":")
        .string(issuedAt)
        .ascii(",\"key_id\":")
        .string(keyId)
        .ascii(",\"nonce\":")
        .string(nonce)
        .ascii(",\"payload_hash\":")
        .string(payloadHash)
        .ascii(",\"source\":")
        .string(source)
        .ascii(",\"type\":")
        .string(type)
        .ascii(",\"version\":")
        .string(version)
        .ascii("}")
        .toBytes();
  }

  /** Writes the members in the order of the wire. */
  JsonWriter write(JsonWriter wire) {
    return wire.ascii("{\"id\":")
        .string(id)
        .ascii(",\"type\":")
        .string(type)
        .ascii(",\"version\":")
        .string(version)
        .ascii(",\"source\":")
        .string(source)
        .ascii(",\"issued_at\":")
        .string(issuedAt)
        .ascii(",\"expires_at\":")
        .stringOrNull(expiresAt)
        .ascii(",\"nonce\":")
        .string(nonce)
        .ascii(",\"key_id\":")
        .string(keyId)
        .ascii(",\"algorithm\":")
        .string(algorithm)
        .ascii(",\"canonicalization\":")
        .string(canonicalization)
        .ascii(",\"payload_hash\":")
        .string(payloadHash)
        .ascii(",\"context\":")
        .valueOrNull(context)
        .ascii(",\"extensions\":")
        .valueOrNull(extensions)
        .ascii("}");
  }
}
