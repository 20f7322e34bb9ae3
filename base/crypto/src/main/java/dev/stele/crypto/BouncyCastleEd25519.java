package dev.stele.crypto;

import org.bouncycastle.math.ec.rfc8032.Ed25519.PublicPoint;
import org.jspecify.annotations.Nullable;

/**
 * Ed25519 in pure Java, through BouncyCastle's lightweight API.
 *
 * <p>Thread-safe.
 */
final class BouncyCastleEd25519 implements Ed25519Provider<PublicPoint> {
  @Override
  public @Nullable PublicPoint decode(byte[] publicKey) {
    return org.bouncycastle.math.ec.rfc8032.Ed25519.validatePublicKeyPartialExport(publicKey, 0);
  }

  @Override
  public boolean verify(PublicPoint publicKey, byte[] message, byte[] signature) {
    // BouncyCastle compares both sides after multiplying them by the cofactor 8, in which a
    // component
    // of small order in R vanishes. Where A and R both have order L the two comparisons are one, so
    // R
    // is checked as well. It stands first in the signature, so the check for keys serves as it is.
    return org.bouncycastle.math.ec.rfc8032.Ed25519.verify(
            signature, 0, publicKey, message, 0, message.length)
        && org.bouncycastle.math.ec.rfc8032.Ed25519.validatePublicKeyFull(signature, 0);
  }

  @Override
  public Signer signer(byte[] seed, byte[] publicKey) {
    return message -> {
      byte[] signature = new byte[Ed25519.SIGNATURE_BYTES];
      org.bouncycastle.math.ec.rfc8032.Ed25519.sign(
          seed, 0, publicKey, 0, message, 0, message.length, signature, 0);
      return signature;
    };
  }
}
