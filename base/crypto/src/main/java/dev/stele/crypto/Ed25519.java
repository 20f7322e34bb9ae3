package dev.stele.crypto;

/**
 * Ed25519 (RFC 8032) signature checks under one strict rule.
 *
 * <p>The rule is the same whichever library does the arithmetic: cofactorless, canonical encodings
 * only, S less than the group order, and public keys of prime order only. What another
 * implementation signs honestly is valid here; of the signatures on which implementations disagree
 * none is.
 *
 * <p>Thread-safe.
 */
public final class Ed25519 {
  /** Length of a public key, in bytes. */
  public static final int PUBLIC_KEY_BYTES = 32;

  /** Length of a signature, in bytes. */
  public static final int SIGNATURE_BYTES = 64;

  static final ProviderChoice<StrictEd25519<?>> PROVIDER =
      ProviderChoice.make(
          "Ed25519",
          new ProviderChoice.Library<>(
              "Conscrypt", () -> new StrictEd25519<>(ConscryptEd25519.load())),
          new ProviderChoice.Library<>(
              "BouncyCastle", () -> new StrictEd25519<>(new BouncyCastleEd25519())));

  private Ed25519() {}

  /**
   * Tells whether {@code signature} is the signature of {@code message} under {@code publicKey}.
   * Any malformed input, of whatever length, is simply not valid.
   *
   * @throws IllegalStateException if the system property {@code stele.crypto} asks for a provider
   *     that did not load, whatever the input
   */
  public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    return PROVIDER.provider().verify(publicKey, message, signature);
  }
}
