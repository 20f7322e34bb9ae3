package dev.stele.envelope.gate;

import dev.stele.crypto.Ed25519;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Ed25519 as senders' first implementation checks it: the strict rule of {@link Ed25519}, and
 * besides it keys of small or mixed order and keys whose y is p or more.
 *
 * <p>Such a key proves nothing about who signed; it is taken so that compatible verification gives
 * the same answer as there, and never by strict verification. No honest signer makes one, so the
 * arithmetic is plain: {@code [S]B - [k]A = R} compared as bytes, without the cofactor, S less than
 * L. It costs about ten strict checks, once more for each signature that is refused. It handles
 * public values only, so its time may depend on them. Thread-safe.
 */
final class LenientEd25519 {
  private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
  private static final BigInteger L =
      BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
  private static final BigInteger D =
      BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(P)).mod(P);
  private static final BigInteger ROOT_OF_MINUS_ONE =
      BigInteger.TWO.modPow(P.subtract(BigInteger.ONE).shiftRight(2), P);
  private static final int SCALAR_BYTES = 32;
  private static final byte SIGN_BIT = (byte) 0x80;

  private LenientEd25519() {}

  static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    return Ed25519.verify(publicKey, message, signature)
        || (publicKey.length == Ed25519.PUBLIC_KEY_BYTES
            && signature.length == Ed25519.SIGNATURE_BYTES
            && holds(publicKey, message, signature));
  }

  private static boolean holds(byte[] publicKey, byte[] message, byte[] signature) {
    byte[] r = Arrays.copyOf(signature, SCALAR_BYTES);
    BigInteger s = number(Arrays.copyOfRange(signature, SCALAR_BYTES, 2 * SCALAR_BYTES));
    Point key = Point.decode(publicKey);
    if (s.compareTo(L) >= 0 || key == null) {
      return false;
    }
    BigInteger k = challenge(r, publicKey, message);
    return Arrays.equals(Point.BASE.times(s).plus(key.negated().times(k)).encode(), r);
  }

  private static BigInteger challenge(byte[] r, byte[] publicKey, byte[] message) {
    try {
      MessageDigest sha512 = MessageDigest.getInstance("SHA-512");
      sha512.update(r);
      sha512.update(publicKey);
      return number(sha512.digest(message)).mod(L);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-512", e);
    }
  }

  /** The number whose bytes come least first. */
  private static BigInteger number(byte[] leastFirst) {
    byte[] mostFirst = new byte[leastFirst.length];
    for (int i = 0; i < leastFirst.length; i++) {
      mostFirst[i] = leastFirst[leastFirst.length - 1 - i];
    }
    return new BigInteger(1, mostFirst);
  }

  /** A point of edwards25519 (RFC 8032, section 5.1.4): x = X/Z, y = Y/Z, xy = T/Z. */
  private record Point(BigInteger x, BigInteger y, BigInteger z, BigInteger t) {
    static final Point NEUTRAL = affine(BigInteger.ZERO, BigInteger.ONE);
    static final Point BASE =
        affine(
            new BigInteger("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a", 16),
            new BigInteger("6666666666666666666666666666666666666666666666666666666666666658", 16));

    static Point affine(BigInteger x, BigInteger y) {
      return new Point(x, y, BigInteger.ONE, x.multiply(y).mod(P));
    }

    /** Decodes a point: y modulo p, and a sign that an x of 0 may bear. */
    static @Nullable Point decode(byte[] bytes) {
      byte[] unsigned = bytes.clone();
      unsigned[SCALAR_BYTES - 1] &= ~SIGN_BIT;
      BigInteger y = number(unsigned).mod(P);
      BigInteger y2 = y.multiply(y);
      BigInteger x2 =
          y2.subtract(BigInteger.ONE)
              .multiply(D.multiply(y2).add(BigInteger.ONE).modInverse(P))
              .mod(P);
      BigInteger x = x2.modPow(P.add(BigInteger.valueOf(3)).shiftRight(3), P);
      if (!x.multiply(x).mod(P).equals(x2)) {
        x = x.multiply(ROOT_OF_MINUS_ONE).mod(P);
      }
      if (!x.multiply(x).mod(P).equals(x2)) {
        return null;
      }
      boolean negative = (bytes[SCALAR_BYTES - 1] & SIGN_BIT) != 0;
      return affine(x.testBit(0) == negative ? x : x.negate().mod(P), y);
    }

    Point negated() {
      return new Point(x.negate().mod(P), y, z, t.negate().mod(P));
    }

    Point plus(Point other) {
      BigInteger a = y.subtract(x).multiply(other.y.subtract(other.x));
      BigInteger b = y.add(x).multiply(other.y.add(other.x));
      BigInteger c = t.multiply(other.t).mod(P).multiply(D).shiftLeft(1);
      BigInteger d = z.multiply(other.z).shiftLeft(1);
      BigInteger e = b.subtract(a).mod(P);
      BigInteger f = d.subtract(c).mod(P);
      BigInteger g = d.add(c).mod(P);
      BigInteger h = b.add(a).mod(P);
      return new Point(
          e.multiply(f).mod(P), g.multiply(h).mod(P), f.multiply(g).mod(P), e.multiply(h).mod(P));
    }

    Point times(BigInteger scalar) {
      Point result = NEUTRAL;
      for (int i = scalar.bitLength() - 1; i >= 0; i--) {
        result = result.plus(result);
        if (scalar.testBit(i)) {
          result = result.plus(this);
        }
      }
      return result;
    }

    byte[] encode() {
      BigInteger inverse = z.modInverse(P);
      BigInteger affineX = x.multiply(inverse).mod(P);
      BigInteger affineY = y.multiply(inverse).mod(P);
      byte[] bytes = new byte[SCALAR_BYTES];
      for (int i = 0; i < SCALAR_BYTES; i++) {
        bytes[i] = affineY.shiftRight(8 * i).byteValue();
      }
      if (affineX.testBit(0)) {
        bytes[SCALAR_BYTES - 1] |= SIGN_BIT;
      }
      return bytes;
    }
  }
}
