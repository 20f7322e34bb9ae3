package dev.stele.crypto;

import java.util.HexFormat;

/**
 * A BIP-340 private key: a 32-byte secret with its public key.
 *
 * <p>Immutable. {@link #toString} never shows the secret.
 */
public final class SchnorrKey {
  /** Length of a secret, in bytes. */
  public static final int SECRET_BYTES = 32;

  /** Length of the auxiliary randomness of a signature, in bytes. */
  public static final int AUXILIARY_BYTES = 32;

  private final byte[] secret;
  private final byte[] publicKey;

  private SchnorrKey(byte[] secret, byte[] publicKey) {
    this.secret = secret;
    this.publicKey = publicKey;
  }

  /**
   * Makes the key of a 32-byte {@code secret}, which is copied.
   *
   * @throws IllegalArgumentException if it is 0 or not less than the group order, which a random
   *     secret is with probability 2^-127
   */
  public static SchnorrKey fromSecret(byte[] secret) {
    if (secret.length != SECRET_BYTES) {
      throw new IllegalArgumentException("a BIP-340 secret has 32 bytes, not " + secret.length);
    }
    byte[] publicKey = BouncyCastleSchnorr.publicKey(secret);
    if (publicKey == null) {
      throw new IllegalArgumentException(
          "a BIP-340 secret must be at least 1 and less than the group order");
    }
    return new SchnorrKey(secret.clone(), publicKey);
  }

  /** Returns a copy of the 32-byte public key. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /**
   * Returns the 64-byte signature of {@code message}, of any length.
   *
   * @param auxiliary 32 bytes, fresh and random outside tests; they harden the signing against side
   *     channels, and the same ones give the same signature
   */
  public byte[] sign(byte[] message, byte[] auxiliary) {
    if (auxiliary.length != AUXILIARY_BYTES) {
      throw new IllegalArgumentException(
          "BIP-340's auxiliary randomness has 32 bytes, not " + auxiliary.length);
    }
    return Schnorr.PROVIDER.provider().sign(secret, message, auxiliary);
  }

  @Override
  public String toString() {
    return "SchnorrKey[public=" + HexFormat.of().formatHex(publicKey) + "]";
  }
}
