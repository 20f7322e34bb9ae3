package dev.stele.crypto;

/**
 * One implementation of BIP-340, asked only about input of the right lengths.
 *
 * <p>BIP-340 itself leaves no room between verifiers, so the lengths are all that is decided
 * before.
 *
 * <p>Thread-safe.
 */
sealed interface SchnorrProvider permits AcinqSchnorr, BouncyCastleSchnorr {
  /** Judges a 32-byte key and a 64-byte signature. */
  boolean verify(byte[] publicKey, byte[] message, byte[] signature);

  /** Signs under a valid 32-byte {@code secret} with 32 bytes of auxiliary randomness. */
  byte[] sign(byte[] secret, byte[] message, byte[] auxiliary);
}
