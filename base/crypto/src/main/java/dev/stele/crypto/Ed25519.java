package dev.stele.crypto;


/**
 * Ed25519 (RFC 8032) signature checks under one strict rule.
 *
 * <p>Thread-safe.
 */
public final class Ed25519 {
  /** Length of a public key, in bytes. */
  public static final int PUBLIC_KEY_BYTES = 32;

  /** Length of a signature, in bytes. */
  public static final int SIGNATURE_BYTES = 64;

  private Ed25519() {}

  /**
   * Tells whether {@code signature} is the signature of {@code message} under {@code publicKey}. Any
   * malformed input, of whatever length, is simply not valid.
   */
  public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    if (publicKey.length != PUBLIC_KEY_BYTES || signature.length != SIGNATURE_BYTES) {
      return false;
    }
    return org.bouncycastle.math.ec.rfc8032.Ed25519.verify(
        signature, 0, publicKey, 0, message, 0, message.length);
  }

  static byte[] sign(byte[] seed, byte[] publicKey, byte[] message) {
    byte[] signature = new byte[SIGNATURE_BYTES];
    org.bouncycastle.math.ec.rfc8032.Ed25519.sign(
        seed, 0, publicKey, 0, null, message, 0, message.length, signature, 0);
    return signature;
  }

}
