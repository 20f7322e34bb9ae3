package dev.stele.core.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A key that may be taken once in a log: an event id, a content hash, a nonce of a key, an
 * idempotency key.
 *
 * <p>A claim is committed in the transaction of its event and covered by the record's body hash.
 * Keys of different scopes never meet. The engine's index never sees the key itself, only an HMAC
 * of it, so that the index tells nothing of an event that was erased.
 *
 * <p>The claims of an event are looked at in their order, and the first one that is held answers by
 * its {@link OnDuplicate}; those after it have no say.
 *
 * <p>A claim that expires is free again for an event whose {@code recordedAt} is at or after {@link
 * #expiresAtMillis}. Who sets an expiry must keep it outside the window in which the gate would
 * still admit the same input, or a replay becomes possible.
 *
 * @param scope which namespace the key belongs to: 1 to 64 bytes of printable ASCII
 * @param key 1 to 1,024 bytes; copied
 * @param onDuplicate what an append making this claim gets when the key is taken
 * @param expiresAtMillis milliseconds since the epoch, {@link #UNTIL_RELEASED} or {@link #NEVER}
 */
public record Claim(String scope, byte[] key, OnDuplicate onDuplicate, long expiresAtMillis) {
  /** The expiry of a claim that is held for as long as the log lives. */
  public static final long NEVER = Long.MAX_VALUE;

  /**
   * The expiry of a claim that is held until the log is told to release claims that were made
   * before a time: for whoever cannot say today when it may be taken again. Every such claim of an
   * event recorded before that time is free from the release on.
   */
  public static final long UNTIL_RELEASED = Long.MAX_VALUE - 1;

  /** The most bytes a scope may have: a scope is a name, not data. */
  public static final int MAX_SCOPE_BYTES = 64;

  /** The most bytes a key may have: longer keys are hashed by whoever claims. */
  public static final int MAX_KEY_BYTES = 1_024;

  /** The scope in which every gate claims the event's id, so that any event can be found by id. */
  public static final String EVENT_ID_SCOPE = "event-id";

  /** Checks the bounds and copies the key. */
  public Claim {
    if (scope.isEmpty() || scope.length() > MAX_SCOPE_BYTES || !isPrintableAscii(scope)) {
      throw new IllegalArgumentException(
          "a claim's scope is 1 to 64 printable ASCII characters, not '" + scope + "'");
    }
    if (key.length == 0 || key.length > MAX_KEY_BYTES) {
      throw new IllegalArgumentException(
          "a claim's key has 1 to " + MAX_KEY_BYTES + " bytes, not " + key.length);
    }
    key = key.clone();
  }

  /** A claim on an event id that is never given back. */
  public static Claim ofEventId(String id, OnDuplicate onDuplicate) {
    return new Claim(EVENT_ID_SCOPE, id.getBytes(StandardCharsets.UTF_8), onDuplicate, Claim.NEVER);
  }

  /** Returns a copy of the key. */
  @Override
  public byte[] key() {
    return key.clone();
  }

  /** The key itself, for the encoders of this package and the index; never written to. */
  byte[] keyUnshared() {
    return key;
  }

  boolean takesSameKeyAs(Claim other) {
    return scope.equals(other.scope) && Arrays.equals(key, other.key);
  }

  private static boolean isPrintableAscii(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Claim that
        && scope.equals(that.scope)
        && Arrays.equals(key, that.key)
        && onDuplicate == that.onDuplicate
        && expiresAtMillis == that.expiresAtMillis;
  }

  @Override
  public int hashCode() {
    return 31 * scope.hashCode() + Arrays.hashCode(key);
  }

  @Override
  public String toString() {
    return scope + ":" + HexFormat.of().formatHex(key);
  }
}
