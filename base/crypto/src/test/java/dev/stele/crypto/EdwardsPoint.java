package dev.stele.crypto;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Plain arithmetic on edwards25519 (RFC 8032, section 5.1), to forge what no honest signer makes:
 * keys and signatures with a component of small order.
 */
record EdwardsPoint(BigInteger x, BigInteger y) {
  static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
  static final BigInteger L =
      BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
  private static final BigInteger D =
      BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(P)).mod(P);

  static final EdwardsPoint NEUTRAL = new EdwardsPoint(BigInteger.ZERO, BigInteger.ONE);
  static final EdwardsPoint BASE =
      new EdwardsPoint(
          new BigInteger("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a", 16),
          new BigInteger("6666666666666666666666666666666666666666666666666666666666666658", 16));

  /** A point of order 8: L times some point outside the subgroup of prime order. */
  static final EdwardsPoint ORDER_8 = findOrder8();

  EdwardsPoint plus(EdwardsPoint other) {
    BigInteger product = D.multiply(x).multiply(other.x).multiply(y).multiply(other.y).mod(P);
    BigInteger newX = x.multiply(other.y).add(other.x.multiply(y));
    BigInteger newY = y.multiply(other.y).add(x.multiply(other.x));
    return new EdwardsPoint(
        newX.multiply(BigInteger.ONE.add(product).modInverse(P)).mod(P),
        newY.multiply(BigInteger.ONE.subtract(product).modInverse(P)).mod(P));
  }

  EdwardsPoint times(BigInteger scalar) {
    EdwardsPoint result = NEUTRAL;
    for (int i = scalar.bitLength() - 1; i >= 0; i--) {
      result = result.plus(result);
      if (scalar.testBit(i)) {
        result = result.plus(this);
      }
    }
    return result;
  }

  byte[] encode() {
    byte[] bytes = littleEndian(y);
    if (x.testBit(0)) {
      bytes[31] |= (byte) 0x80;
    }
    return bytes;
  }

  /** Returns the challenge k of RFC 8032, section 5.1.7. */
  static BigInteger challenge(byte[] r, byte[] publicKey, byte[] message) {
    try {
      MessageDigest sha512 = MessageDigest.getInstance("SHA-512");
      sha512.update(r);
      sha512.update(publicKey);
      byte[] digest = sha512.digest(message);
      return fromLittleEndian(digest).mod(L);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] signature(byte[] r, BigInteger s) {
    byte[] signature = Arrays.copyOf(r, 64);
    System.arraycopy(littleEndian(s), 0, signature, 32, 32);
    return signature;
  }

  static byte[] littleEndian(BigInteger value) {
    byte[] bytes = new byte[32];
    for (int i = 0; i < 32; i++) {
      bytes[i] = value.shiftRight(8 * i).byteValue();
    }
    return bytes;
  }

  static BigInteger fromLittleEndian(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return new BigInteger(1, reversed);
  }

  private static EdwardsPoint findOrder8() {
    for (BigInteger y = BigInteger.TWO; ; y = y.add(BigInteger.ONE)) {
      BigInteger y2 = y.multiply(y);
      BigInteger x2 =
          y2.subtract(BigInteger.ONE)
              .multiply(D.multiply(y2).add(BigInteger.ONE).modInverse(P))
              .mod(P);
      BigInteger x = squareRoot(x2);
      if (x.multiply(x).mod(P).equals(x2)) {
        EdwardsPoint torsion = new EdwardsPoint(x, y).times(L);
        if (!torsion.times(BigInteger.valueOf(4)).equals(NEUTRAL)) {
          return torsion;
        }
      }
    }
  }

  /** A root where there is one, else any number. */
  private static BigInteger squareRoot(BigInteger square) {
    BigInteger root = square.modPow(P.add(BigInteger.valueOf(3)).shiftRight(3), P);
    if (root.multiply(root).mod(P).equals(square)) {
      return root;
    }
    return root.multiply(BigInteger.TWO.modPow(P.subtract(BigInteger.ONE).shiftRight(2), P)).mod(P);
  }
}
