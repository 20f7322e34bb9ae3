package dev.stele.crypto;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import org.conscrypt.Conscrypt;

/**
 * Ed25519 in BoringSSL's native code, through Conscrypt.
 *
 * <p>The provider object is used directly and never registered with {@link java.security.Security}:
 * what the rest of the process gets from the platform is not ours to change.
 *
 * <p>Thread-safe.
 */
final class ConscryptEd25519 implements Ed25519Provider<PublicKey> {
  /** What stands before the 32 bytes in a SubjectPublicKeyInfo (RFC 8410, section 4). */
  private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  /** What stands before the 32 bytes in a PrivateKeyInfo (RFC 8410, section 7). */
  private static final byte[] PKCS8_PREFIX =
      HexFormat.of().parseHex("302e020100300506032b657004220420");

  private static final String ALGORITHM = "Ed25519";

  private final Provider provider;
  private final KeyFactory keys;

  private ConscryptEd25519(Provider provider) throws NoSuchAlgorithmException {
    this.provider = provider;
    this.keys = KeyFactory.getInstance(ALGORITHM, provider);
  }

  /** Loads the native library. */
  static ConscryptEd25519 load() throws GeneralSecurityException {
    // Asked by name first: newProvider alone would hide the reason why the library did not load.
    Conscrypt.checkAvailability();
    return new ConscryptEd25519(Conscrypt.newProvider());
  }

  @Override
  public PublicKey decode(byte[] publicKey) {
    try {
      return keys.generatePublic(new X509EncodedKeySpec(join(X509_PREFIX, publicKey)));
    } catch (InvalidKeySpecException e) {
      throw new IllegalStateException("Conscrypt refused an Ed25519 key of prime order", e);
    }
  }

  @Override
  public boolean verify(PublicKey publicKey, byte[] message, byte[] signature) {
    try {
      Signature verifier = newSignature();
      verifier.initVerify(publicKey);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("Conscrypt refused a key it had decoded", e);
    } catch (SignatureException e) {
      // A signature it cannot even parse is one that does not verify.
      return false;
    }
  }

  @Override
  public Signer signer(byte[] seed, byte[] publicKey) {
    // BoringSSL derives the public key here, which costs as much as a signature: so once, not per
    // message.
    PrivateKey privateKey;
    try {
      privateKey = keys.generatePrivate(new PKCS8EncodedKeySpec(join(PKCS8_PREFIX, seed)));
    } catch (InvalidKeySpecException e) {
      throw new IllegalStateException("Conscrypt refused a 32-byte Ed25519 seed", e);
    }
    return message -> {
      try {
        Signature signer = newSignature();
        signer.initSign(privateKey);
        signer.update(message);
        return signer.sign();
      } catch (InvalidKeyException | SignatureException e) {
        throw new IllegalStateException("Conscrypt could not sign with Ed25519", e);
      }
    };
  }

  // A new object costs under a hundredth of a verification, so none is kept: threads, virtual ones
  // above all, need not each hold native state.
  private Signature newSignature() {
    try {
      return Signature.getInstance(ALGORITHM, provider);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Conscrypt lost Ed25519 after it was loaded", e);
    }
  }

  private static byte[] join(byte[] prefix, byte[] key) {
    byte[] joined = new byte[prefix.length + key.length];
    System.arraycopy(prefix, 0, joined, 0, prefix.length);
    System.arraycopy(key, 0, joined, prefix.length, key.length);
    return joined;
  }
}
