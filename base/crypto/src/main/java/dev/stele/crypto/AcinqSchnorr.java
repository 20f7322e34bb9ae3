package dev.stele.crypto;

import fr.acinq.secp256k1.Secp256k1;
import fr.acinq.secp256k1.Secp256k1Exception;

/**
 * BIP-340 in libsecp256k1's native code, through ACINQ's binding.
 *
 * <p>The binding takes messages of 32 bytes only; others go to the portable provider, whose verdict
 * is the same.
 *
 * <p>Thread-safe.
 */
final class AcinqSchnorr implements SchnorrProvider {
  private static final int BOUND_MESSAGE_BYTES = 32;

  private final Secp256k1 library;
  private final BouncyCastleSchnorr otherLengths = new BouncyCastleSchnorr();

  private AcinqSchnorr(Secp256k1 library) {
    this.library = library;
  }

  /**
   * Loads the native library.
   *
   * @throws ReflectiveOperationException undeclared by the binding, which is in Kotlin, but thrown
   *     where the library cannot be unpacked or linked
   */
  static AcinqSchnorr load() throws ReflectiveOperationException {
    return new AcinqSchnorr(Secp256k1.get());
  }

  @Override
  public boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    if (message.length != BOUND_MESSAGE_BYTES) {
      return otherLengths.verify(publicKey, message, signature);
    }
    try {
      return library.verifySchnorr(signature, message, publicKey);
    } catch (Secp256k1Exception e) {
      // So the binding reports a public key that is no point of the curve.
      return false;
    }
  }

  @Override
  public byte[] sign(byte[] secret, byte[] message, byte[] auxiliary) {
    return message.length == BOUND_MESSAGE_BYTES
        ? library.signSchnorr(message, secret, auxiliary)
        : otherLengths.sign(secret, message, auxiliary);
  }
}
