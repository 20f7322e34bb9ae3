package dev.stele.envelope.event;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants to say in an envelope, not yet checked. Immutable.
 *
 * @param type a registered type
 * @param source where it comes from
 * @param keyId the name of the key that will sign
 * @param payload what is said
 * @param expiresIn how long it holds, more than nothing and at most 24 hours; null for no expiry
 * @param context an object beside the payload, or null
 * @param extensions another, or null
 * @param nonce a nonce of the caller's, or null for a random one
 * @param issuedAt a time of the caller's, or null for now
 */
public record EnvelopeDraft(
    String type,
    String source,
    String keyId,
    JsonObject payload,
    @Nullable Duration expiresIn,
    @Nullable JsonObject context,
    @Nullable JsonObject extensions,
    @Nullable String nonce,
    @Nullable String issuedAt) {
  /** A draft with what every envelope has. */
  public static EnvelopeDraft of(String type, String source, String keyId, JsonObject payload) {
    return new EnvelopeDraft(type, source, keyId, payload, null, null, null, null, null);
  }

  /** The same with an expiry. */
  public EnvelopeDraft withExpiresIn(Duration lifetime) {
    return new EnvelopeDraft(
        type, source, keyId, payload, lifetime, context, extensions, nonce, issuedAt);
  }

  /** The same with a context. */
  public EnvelopeDraft withContext(JsonObject object) {
    return new EnvelopeDraft(
        type, source, keyId, payload, expiresIn, object, extensions, nonce, issuedAt);
  }

  /** The same with extensions. */
  public EnvelopeDraft withExtensions(JsonObject object) {
    return new EnvelopeDraft(
        type, source, keyId, payload, expiresIn, context, object, nonce, issuedAt);
  }

  /** The same with a nonce of the caller's. */
  public EnvelopeDraft withNonce(String digits) {
    return new EnvelopeDraft(
        type, source, keyId, payload, expiresIn, context, extensions, digits, issuedAt);
  }

  /** The same with a time of the caller's. */
  public EnvelopeDraft withIssuedAt(String time) {
    return new EnvelopeDraft(
        type, source, keyId, payload, expiresIn, context, extensions, nonce, time);
  }
}
