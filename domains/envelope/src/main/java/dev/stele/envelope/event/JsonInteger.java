package dev.stele.envelope.event;

import java.math.BigInteger;

/**
 * A number without fraction and exponent, exact at any size up to {@value #MAX_DIGITS} digits.
 * Immutable.
 *
 * @param value at most {@value #MAX_DIGITS} decimal digits, the sign not counted
 */
public record JsonInteger(BigInteger value) implements JsonValue {
  /**
   * The most decimal digits: the bound of the format. Reading and writing decimals takes more than
   * linear time, so there has to be one.
   */
  public static final int MAX_DIGITS = 4_300;

  private static final BigInteger BOUND = BigInteger.TEN.pow(MAX_DIGITS);

  /** Checks the bound. */
  public JsonInteger {
    if (value.bitLength() >= BOUND.bitLength() && value.abs().compareTo(BOUND) >= 0) {
      throw new IllegalArgumentException("an integer has at most " + MAX_DIGITS + " digits");
    }
  }

  /** The integer {@code value}. */
  public static JsonInteger of(long value) {
    return new JsonInteger(BigInteger.valueOf(value));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
