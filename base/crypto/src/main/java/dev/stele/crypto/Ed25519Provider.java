package dev.stele.crypto;

import org.jspecify.annotations.Nullable;

/**
 * One implementation of Ed25519, asked only about input that {@link StrictEd25519} has admitted.
 *
 * <p>Thread-safe.
 *
 * @param <K> the provider's own decoded form of a public key, immutable
 */
sealed interface Ed25519Provider<K> permits ConscryptEd25519, BouncyCastleEd25519 {
  /** Decodes a 32-byte public key of prime order; null where it is no point of the curve. */
  @Nullable K decode(byte[] publicKey);

  /**
   * Tells whether {@code [S]B = R + [k]A} holds exactly, without the cofactor, for a reduced S and
   * a canonical R.
   */
  boolean verify(K publicKey, byte[] message, byte[] signature);

  /** Prepares signing under {@code seed}. */
  Signer signer(byte[] seed, byte[] publicKey);

  /** Signs messages under one key. Thread-safe. */
  interface Signer {
    /** Returns the 64-byte signature of RFC 8032, section 5.1.6. */
    byte[] sign(byte[] message);
  }
}
