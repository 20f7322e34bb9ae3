package dev.stele.crypto;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The one rule by which an Ed25519 signature is judged, whichever provider does the arithmetic.
 *
 * <p>RFC 8032 leaves room: it lets a verifier use the equation with or without the cofactor, and is
 * silent on points of small or mixed order. Libraries fill that room differently (Chalkias,
 * Garillot, Nikolaenko: "Taming the many EdDSAs", 2020), so a log that one of them accepts another
 * would refuse. Hence, with A the public key and (R, S) the signature:
 *
 * <ol>
 *   <li>A has 32 bytes, (R, S) has 64.
 *   <li>S is less than the group order L (RFC 8032, section 5.1.7: S + L is no second signature).
 *   <li>A and R are canonical: y is less than p, and the sign bit is not set where x is 0 (section
 *       5.1.3).
 *   <li>A and R are none of the eight points of small order, under which one signature fits many
 *       messages.
 *   <li>A has order L exactly (SP 800-186, appendix D.1.3, full validation). Every honest key has.
 *   <li>{@code [S]B = R + [k]A}, without the cofactor. With rule 5 it follows that R has order L
 *       too.
 * </ol>
 *
 * <p>Rules 1 to 4 read bytes only. Rule 5 costs about as much as a verification, so keys that
 * passed it are remembered ({@link RecentKeys}).
 *
 * <p>Thread-safe.
 */
final class StrictEd25519<K> {
  /** L = 2^252 + 27742317777372353535851937790883648493, least byte first. */
  private static final byte[] GROUP_ORDER =
      HexFormat.of().parseHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

  /**
   * The y coordinates of the eight points of small order: 0 (order 4), 1 (the neutral element), p -
   * 1 (order 2), and the two of order 8. Of these 1 and p - 1 have x = 0, and no others have; so
   * this list with the sign bit left aside also refuses the encodings that rule 3 calls wrong for
   * their sign.
   */
  private static final byte[][] SMALL_ORDER_Y = {
    HexFormat.of().parseHex("0000000000000000000000000000000000000000000000000000000000000000"),
    HexFormat.of().parseHex("0100000000000000000000000000000000000000000000000000000000000000"),
    HexFormat.of().parseHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    HexFormat.of().parseHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    HexFormat.of().parseHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
  };

  private static final int POINT_BYTES = 32;
  private static final int LAST = POINT_BYTES - 1;

  private final Ed25519Provider<K> provider;
  private final RecentKeys<K> recent = new RecentKeys<>();

  StrictEd25519(Ed25519Provider<K> provider) {
    this.provider = provider;
  }

  boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    if (publicKey.length != Ed25519.PUBLIC_KEY_BYTES
        || signature.length != Ed25519.SIGNATURE_BYTES
        || !hasReducedScalar(signature)
        || !isAdmissiblePoint(signature)
        || !isAdmissiblePoint(publicKey)) {
      return false;
    }
    K key = recent.get(publicKey);
    if (key == null) {
      key = admit(publicKey.clone());
    }
    return key != null && provider.verify(key, message, signature);
  }

  Ed25519Provider.Signer signer(byte[] seed, byte[] publicKey) {
    return provider.signer(seed, publicKey);
  }

  private @Nullable K admit(byte[] publicKey) {
    if (!org.bouncycastle.math.ec.rfc8032.Ed25519.validatePublicKeyFull(publicKey, 0)) {
      return null;
    }
    K key = provider.decode(publicKey);
    if (key != null) {
      recent.put(publicKey, key);
    }
    return key;
  }

  /** Tells whether S, the last 32 bytes, is less than L. */
  private static boolean hasReducedScalar(byte[] signature) {
    for (int i = LAST; i >= 0; i--) {
      int difference = (signature[POINT_BYTES + i] & 0xff) - (GROUP_ORDER[i] & 0xff);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  /** Tells whether the first 32 bytes satisfy rules 3 and 4. */
  private static boolean isAdmissiblePoint(byte[] bytes) {
    for (byte[] y : SMALL_ORDER_Y) {
      if (Arrays.equals(bytes, 0, LAST, y, 0, LAST) && (bytes[LAST] & 0x7f) == y[LAST]) {
        return false;
      }
    }
    // p is ed ff .. ff 7f, so only an encoding that is all ones above its first byte can reach it.
    if ((bytes[0] & 0xff) < 0xed || (bytes[LAST] & 0x7f) != 0x7f) {
      return true;
    }
    for (int i = 1; i < LAST; i++) {
      if (bytes[i] != (byte) 0xff) {
        return true;
      }
    }
    return false;
  }
}
