package dev.stele.crypto;

/**
 * BIP-340 signature checks: Schnorr over secp256k1 with keys of their x coordinate only.
 *
 * <p>Thread-safe.
 */
public final class Schnorr {
  /** Length of a public key, in bytes. */
  public static final int PUBLIC_KEY_BYTES = 32;

  /** Length of a signature, in bytes. */
  public static final int SIGNATURE_BYTES = 64;

  // Calls in lambdas, not method references: linking a reference would load the class it names, and
  // with it the optional library, here and outside the choice's care.
  static final ProviderChoice<SchnorrProvider> PROVIDER =
      ProviderChoice.make(
          "BIP-340",
          new ProviderChoice.Library<>("libsecp256k1", () -> AcinqSchnorr.load()),
          new ProviderChoice.Library<>("BouncyCastle", BouncyCastleSchnorr::new));

  private Schnorr() {}

  /**
   * Tells whether {@code signature} is the signature of {@code message}, of any length, under
   * {@code publicKey}. Any malformed input, of whatever length, is simply not valid.
   *
   * @throws IllegalStateException if the system property {@code stele.crypto} asks for a provider
   *     that did not load, whatever the input
   */
  public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    SchnorrProvider provider = PROVIDER.provider();
    return publicKey.length == PUBLIC_KEY_BYTES
        && signature.length == SIGNATURE_BYTES
        && provider.verify(publicKey, message, signature);
  }
}
