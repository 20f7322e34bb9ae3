package dev.stele.core.proof;

import java.util.Arrays;

/**
 * A claim as the verifier reads it from a body, for an auditor that knows what the event should
 * have claimed. Immutable.
 *
 * @param scope the namespace of the key
 * @param key the key; copied
 * @param returnsExisting whether a repetition answers the position, rather than being refused
 * @param expiresAtMillis milliseconds since the epoch, or {@code Long.MAX_VALUE} for never
 */
public record CheckedClaim(
    String scope, byte[] key, boolean returnsExisting, long expiresAtMillis) {
  /** Copies the key. */
  public CheckedClaim {
    key = key.clone();
  }

  /** Returns a copy of the key. */
  @Override
  public byte[] key() {
    return key.clone();
  }

  /** Tells whether this claims that key in that scope. */
  public boolean isFor(String otherScope, byte[] otherKey) {
    return scope.equals(otherScope) && Arrays.equals(key, otherKey);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CheckedClaim that
        && isFor(that.scope, that.key)
        && returnsExisting == that.returnsExisting
        && expiresAtMillis == that.expiresAtMillis;
  }

  @Override
  public int hashCode() {
    return 31 * scope.hashCode() + Arrays.hashCode(key);
  }
}
