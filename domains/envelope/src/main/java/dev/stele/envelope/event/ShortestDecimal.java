package dev.stele.envelope.event;

import java.math.BigDecimal;

/**
 * The fewest decimal digits that read back as a double, and of these the ones nearest to it.
 *
 * <p>{@link Double#toString(double)} finds them since JDK 19, with one exception that its contract
 * names: it never gives fewer than two digits, and where one would do it gives the two nearest.
 * That shows only where neighbouring doubles lie so far apart that a whole digit fits between: in
 * the smallest hundred of the subnormal numbers. There the one digit is looked for.
 *
 * <p>Immutable.
 */
final class ShortestDecimal {
  /**
   * From here on one digit that reads back is also the nearest two: doubles lie 4.9e-324 apart, and
   * a step of the second digit of 1e-320 is twenty times that.
   */
  private static final double WIDE_APART = 1e-320;

  /** The exponent from which on both forms write one. */
  private static final int PLAIN_BELOW = 16;

  private final boolean negative;
  private final String digits;

  /** The value is 0.DIGITS times ten to this power plus one, so d.ddd times ten to this power. */
  private final int exponent;

  private ShortestDecimal(boolean negative, String digits, int exponent) {
    this.negative = negative;
    this.digits = digits;
    this.exponent = exponent;
  }

  /** The decimal of a finite double; that of zero is the digit 0. */
  static ShortestDecimal of(double value) {
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    double magnitude = Math.abs(value);
    if (magnitude == 0) {
      return new ShortestDecimal(negative, "0", 0);
    }
    ShortestDecimal found = read(Double.toString(magnitude), negative);
    return magnitude < WIDE_APART && found.digits.length() == 2
        ? oneDigit(magnitude, found)
        : found;
  }

  /** Takes apart what {@link Double#toString(double)} gives for a positive number. */
  private static ShortestDecimal read(String text, boolean negative) {
    int e = text.indexOf('E');
    int end = e < 0 ? text.length() : e;
    int point = text.indexOf('.');
    int exponent = point - 1 + (e < 0 ? 0 : Integer.parseInt(text, e + 1, text.length(), 10));
    int first = 0;
    while (text.charAt(first) == '0' || text.charAt(first) == '.') {
      first++;
    }
    int last = end - 1;
    while (text.charAt(last) == '0' || text.charAt(last) == '.') {
      last--;
    }
    if (first > point) {
      exponent = point - first;
    }
    String digits =
        first < point && point < last
            ? text.substring(first, point) + text.substring(point + 1, last + 1)
            : text.substring(first, last + 1);
    return new ShortestDecimal(negative, digits, exponent);
  }

  private static ShortestDecimal oneDigit(double magnitude, ShortestDecimal two) {
    int digit = two.digits.charAt(0) - '0';
    ShortestDecimal down = new ShortestDecimal(two.negative, "" + digit, two.exponent);
    ShortestDecimal up =
        digit == 9
            ? new ShortestDecimal(two.negative, "1", two.exponent + 1)
            : new ShortestDecimal(two.negative, "" + (digit + 1), two.exponent);
    boolean downReads = down.magnitude().doubleValue() == magnitude;
    boolean upReads = up.magnitude().doubleValue() == magnitude;
    if (downReads && upReads) {
      BigDecimal exact = new BigDecimal(magnitude);
      BigDecimal below = exact.subtract(down.magnitude()).abs();
      return below.compareTo(up.magnitude().subtract(exact).abs()) <= 0 ? down : up;
    }
    return downReads ? down : upReads ? up : two;
  }

  private BigDecimal magnitude() {
    return new BigDecimal(digits).movePointRight(exponent - digits.length() + 1);
  }

  /**
   * Spells the number: plain, with a point and a digit on each side of it, where the exponent is
   * from {@code plainFrom} to 15, otherwise with an exponent.
   *
   * @param plus what stands before an exponent that is not negative
   * @param minus what stands before the magnitude of one that is
   * @param exponentDigits how many digits an exponent has at least
   */
  String text(int plainFrom, String plus, String minus, int exponentDigits) {
    StringBuilder text = new StringBuilder(26);
    if (negative) {
      text.append('-');
    }
    if (exponent >= plainFrom && exponent < PLAIN_BELOW) {
      plain(text);
    } else {
      text.append(digits.charAt(0));
      if (digits.length() > 1) {
        text.append('.').append(digits, 1, digits.length());
      }
      text.append(exponent < 0 ? minus : plus);
      int magnitude = Math.abs(exponent);
      if (magnitude < 10 && exponentDigits == 2) {
        text.append('0');
      }
      text.append(magnitude);
    }
    return text.toString();
  }

  private void plain(StringBuilder text) {
    if (exponent < 0) {
      text.append("0.").repeat('0', -exponent - 1).append(digits);
    } else if (digits.length() <= exponent + 1) {
      text.append(digits).repeat('0', exponent + 1 - digits.length()).append(".0");
    } else {
      text.append(digits, 0, exponent + 1)
          .append('.')
          .append(digits, exponent + 1, digits.length());
    }
  }
}
