package dev.stele.client;

import dev.stele.core.proof.VerifierKey;
import dev.stele.core.witness.WitnessPolicy;
import java.util.Optional;

/**
 * Whom to believe about a log. Immutable.
 *
 * @param key where the log's key comes from
 * @param witnesses whose cosignatures a checkpoint must carry besides; empty for nobody's
 */
public record TrustPolicy(KeySource key, Optional<WitnessPolicy> witnesses) {
  /** Where the key of a log comes from. */
  public sealed interface KeySource {
    /**
     * The caller has it, from a source other than the server. It is pinned on first use, and from
     * then on no other is accepted.
     *
     * @param key the log's key, of type Ed25519
     */
    record Given(VerifierKey key) implements KeySource {
      /** Refuses the key of a witness. */
      public Given {
        if (key.algorithm() != VerifierKey.Algorithm.ED25519) {
          throw new IllegalArgumentException("the key " + key.name() + " is no log's");
        }
      }
    }

    /** It was pinned by an earlier use; without that, nothing is believed. */
    record Pinned() implements KeySource {}

    /** Whatever the server shows first is pinned. */
    record FirstUse() implements KeySource {}
  }

  /** Trusts the log with this key. */
  public static TrustPolicy of(VerifierKey key) {
    return new TrustPolicy(new KeySource.Given(key), Optional.empty());
  }

  /** Trusts the key that an earlier use has pinned. */
  public static TrustPolicy pinned() {
    return new TrustPolicy(new KeySource.Pinned(), Optional.empty());
  }

  /**
   * Trusts whatever key the server shows first, and no other from then on. Whoever sits in between
   * at that first moment is trusted for good: give the key where you can.
   */
  public static TrustPolicy onFirstUse() {
    return new TrustPolicy(new KeySource.FirstUse(), Optional.empty());
  }

  /**
   * The same, and a checkpoint is trusted only with the cosignatures that this policy asks for. Its
   * own list of logs is not looked at: the log is the one of this policy's key.
   */
  public TrustPolicy cosignedBy(WitnessPolicy policy) {
    return new TrustPolicy(key, Optional.of(policy));
  }
}
