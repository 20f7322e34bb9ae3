package dev.stele.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.math.ec.ECFieldElement;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;

/**
 * BIP-340 in pure Java, over BouncyCastle's arithmetic of secp256k1; names follow the BIP.
 *
 * <p>Thread-safe.
 */
final class BouncyCastleSchnorr implements SchnorrProvider {
  private static final int FIELD_BYTES = 32;

  private static final X9ECParameters PARAMETERS = CustomNamedCurves.getByName("secp256k1");
  private static final ECCurve CURVE = PARAMETERS.getCurve();
  private static final ECPoint G = PARAMETERS.getG();
  private static final BigInteger N = PARAMETERS.getN();
  private static final BigInteger P = CURVE.getField().getCharacteristic();

  private static final byte[] CHALLENGE = tag("BIP0340/challenge");
  private static final byte[] AUXILIARY = tag("BIP0340/aux");
  private static final byte[] NONCE = tag("BIP0340/nonce");

  @Override
  public boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    ECPoint key = liftX(new BigInteger(1, publicKey));
    byte[] rBytes = Arrays.copyOfRange(signature, 0, FIELD_BYTES);
    BigInteger r = new BigInteger(1, rBytes);
    BigInteger s = new BigInteger(1, signature, FIELD_BYTES, FIELD_BYTES);
    if (key == null || r.compareTo(P) >= 0 || s.compareTo(N) >= 0) {
      return false;
    }
    BigInteger e = challenge(rBytes, publicKey, message);
    ECPoint point = ECAlgorithms.sumOfTwoMultiplies(G, s, key, N.subtract(e)).normalize();
    return !point.isInfinity()
        && hasEvenY(point)
        && point.getAffineXCoord().toBigInteger().equals(r);
  }

  @Override
  public byte[] sign(byte[] secret, byte[] message, byte[] auxiliary) {
    BigInteger d = new BigInteger(1, secret);
    ECPoint key = multiplyBase(d);
    byte[] publicKey = xOf(key);
    if (!hasEvenY(key)) {
      d = N.subtract(d);
    }
    byte[] masked = BigIntegers.asUnsignedByteArray(FIELD_BYTES, d);
    byte[] mask = Sha256.concat(AUXILIARY, auxiliary);
    for (int i = 0; i < FIELD_BYTES; i++) {
      masked[i] ^= mask[i];
    }
    BigInteger k = new BigInteger(1, Sha256.concat(NONCE, masked, publicKey, message)).mod(N);
    if (k.signum() == 0) {
      throw new IllegalStateException("a SHA-256 of 0 mod n: the hash is broken");
    }
    ECPoint nonce = multiplyBase(k);
    if (!hasEvenY(nonce)) {
      k = N.subtract(k);
    }
    byte[] r = xOf(nonce);
    BigInteger s = k.add(challenge(r, publicKey, message).multiply(d)).mod(N);
    byte[] signature = Arrays.copyOf(r, Schnorr.SIGNATURE_BYTES);
    BigIntegers.asUnsignedByteArray(s, signature, FIELD_BYTES, FIELD_BYTES);
    return signature;
  }

  /**
   * Returns the 32-byte public key of {@code secret}, or null unless it is in the range 1 to n - 1.
   */
  static byte @Nullable [] publicKey(byte[] secret) {
    BigInteger d = new BigInteger(1, secret);
    return d.signum() == 0 || d.compareTo(N) >= 0 ? null : xOf(multiplyBase(d));
  }

  private static @Nullable ECPoint liftX(BigInteger x) {
    if (x.compareTo(P) >= 0) {
      return null;
    }
    ECFieldElement fieldX = CURVE.fromBigInteger(x);
    ECFieldElement y = fieldX.square().multiply(fieldX).add(CURVE.getB()).sqrt();
    if (y == null) {
      return null;
    }
    ECFieldElement even = y.testBitZero() ? y.negate() : y;
    return CURVE.createPoint(x, even.toBigInteger());
  }

  private static BigInteger challenge(byte[] r, byte[] publicKey, byte[] message) {
    return new BigInteger(1, Sha256.concat(CHALLENGE, r, publicKey, message)).mod(N);
  }

  // The comb does the same work for every scalar of secret origin, unlike the faster multipliers.
  private static ECPoint multiplyBase(BigInteger scalar) {
    return new FixedPointCombMultiplier().multiply(G, scalar).normalize();
  }

  private static boolean hasEvenY(ECPoint point) {
    return !point.getAffineYCoord().testBitZero();
  }

  private static byte[] xOf(ECPoint point) {
    return point.getAffineXCoord().getEncoded();
  }

  /** Returns what a tagged hash puts in front: the tag's SHA-256, twice. */
  private static byte[] tag(String name) {
    byte[] once = Sha256.hash(name.getBytes(UTF_8));
    byte[] twice = Arrays.copyOf(once, 2 * once.length);
    System.arraycopy(once, 0, twice, once.length, once.length);
    return twice;
  }
}
