package dev.stele.crypto;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * An Ed25519 private key (RFC 8032): a 32-byte seed with its public key.
 *
 * <p>Immutable. {@link #toString} never shows the seed.
 */
public final class Ed25519Key {
  /** Length of a seed, in bytes. */
  public static final int SEED_BYTES = 32;

  private final byte[] seed;
  private final byte[] publicKey;
  private final Ed25519Provider.Signer signer;

  private Ed25519Key(byte[] seed, byte[] publicKey) {
    this.seed = seed;
    this.publicKey = publicKey;
    this.signer = Ed25519.PROVIDER.provider().signer(seed, publicKey);
  }

  /** Makes the key of a 32-byte {@code seed}, which is copied. */
  public static Ed25519Key fromSeed(byte[] seed) {
    if (seed.length != SEED_BYTES) {
      throw new IllegalArgumentException("an Ed25519 seed has 32 bytes, not " + seed.length);
    }
    byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_BYTES];
    org.bouncycastle.math.ec.rfc8032.Ed25519.generatePublicKey(seed, 0, publicKey, 0);
    return new Ed25519Key(seed.clone(), publicKey);
  }

  /** Makes a new key from {@code random}, which must be cryptographically strong outside tests. */
  public static Ed25519Key generate(RandomGenerator random) {
    byte[] seed = new byte[SEED_BYTES];
    random.nextBytes(seed);
    return fromSeed(seed);
  }

  /** Returns a copy of the 32-byte public key. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** Returns a copy of the 32-byte secret seed. */
  public byte[] seed() {
    return seed.clone();
  }

  /** Returns the 64-byte signature of {@code message}; the same message gives the same bytes. */
  public byte[] sign(byte[] message) {
    return signer.sign(message);
  }

  @Override
  public String toString() {
    return "Ed25519Key[public=" + HexFormat.of().formatHex(publicKey) + "]";
  }
}
