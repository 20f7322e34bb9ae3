package dev.stele.envelope.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.envelope.Samples;
import dev.stele.testkit.Scale;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Doubles are written with the fewest digits that read back, in two spellings. */
class DoublesTest {
  private static String canonical(double value) {
    return new JsonDouble(value).toString();
  }

  private static String wire(double value) {
    return new String(
        Wire.bytes(new JsonDouble(value)), java.nio.charset.StandardCharsets.US_ASCII);
  }

  @Test
  void the_canonical_spelling_is_plain_from_1e_minus_4_up_to_1e16() {
    assertThat(canonical(1.0)).isEqualTo("1.0");
    assertThat(canonical(-0.0)).isEqualTo("-0.0");
    assertThat(canonical(0.0)).isEqualTo("0.0");
    assertThat(canonical(0.0001)).isEqualTo("0.0001");
    assertThat(canonical(0.00001)).isEqualTo("1e-05");
    assertThat(canonical(1.5e-7)).isEqualTo("1.5e-07");
    assertThat(canonical(123456.789)).isEqualTo("123456.789");
    assertThat(canonical(12345678.25)).isEqualTo("12345678.25");
    assertThat(canonical(9999999999999998.0)).isEqualTo("9999999999999998.0");
    assertThat(canonical(1e16)).isEqualTo("1e+16");
    assertThat(canonical(-1e21)).isEqualTo("-1e+21");
    assertThat(canonical(1.25e100)).isEqualTo("1.25e+100");
    assertThat(canonical(Double.MAX_VALUE)).isEqualTo("1.7976931348623157e+308");
  }

  @Test
  void the_spelling_of_the_wire_is_plain_from_1e_minus_5_and_pads_nothing() {
    assertThat(wire(0.00001)).isEqualTo("0.00001");
    assertThat(wire(0.000001)).isEqualTo("1e-6");
    assertThat(wire(1.5e-7)).isEqualTo("1.5e-7");
    assertThat(wire(1e15)).isEqualTo("1000000000000000.0");
    assertThat(wire(1e16)).isEqualTo("1e16");
    assertThat(wire(-0.0)).isEqualTo("-0.0");
    assertThat(wire(Double.MIN_VALUE)).isEqualTo("5e-324");
  }

  @Test
  void one_digit_is_enough_where_it_reads_back() {
    assertThat(canonical(Double.MIN_VALUE)).isEqualTo("5e-324");
    assertThat(canonical(2 * Double.MIN_VALUE)).isEqualTo("1e-323");
    assertThat(canonical(3 * Double.MIN_VALUE)).isEqualTo("1.5e-323");
    assertThat(canonical(4 * Double.MIN_VALUE)).isEqualTo("2e-323");
    assertThat(canonical(2e23)).isEqualTo("2e+23");
    assertThat(canonical(Math.scalb(1.0, -44))).isEqualTo("5.684341886080802e-14");
    assertThat(canonical(7.120236347223045e-307)).isEqualTo("7.120236347223045e-307");
  }

  @Test
  void every_power_of_two_and_the_smallest_subnormals_have_the_fewest_digits() {
    for (int exponent = -1_074; exponent < 1_024; exponent++) {
      double power = Math.scalb(1.0, exponent);
      assertFewest(power);
      assertFewest(Math.nextDown(power));
      assertFewest(Math.nextUp(power));
    }
    for (long bits = 1; bits <= Scale.of(30_000); bits++) {
      assertFewest(Double.longBitsToDouble(bits));
    }
  }

  @Test
  void random_doubles_have_the_fewest_digits() {
    long seed = 2_026;
    Random random = new Random(seed);
    for (int i = 0; i < Scale.of(1_000_000); i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertFewest(Math.abs(value));
      }
    }
  }

  /**
   * The definition: the smallest p for which the p digits below or above the exact value read back,
   * and of both the closer.
   */
  private static void assertFewest(double value) {
    if (value == 0) {
      return;
    }
    String text = canonical(value);
    BigDecimal written = new BigDecimal(text);
    assertThat(Double.parseDouble(text)).isEqualTo(value);
    assertThat(Double.parseDouble(wire(value))).isEqualTo(value);
    int digits = Math.max(1, written.stripTrailingZeros().precision());
    BigDecimal exact = new BigDecimal(value);
    if (digits > 1) {
      MathContext fewer = new MathContext(digits - 1, RoundingMode.DOWN);
      assertThat(exact.round(fewer).doubleValue()).as(text).isNotEqualTo(value);
      fewer = new MathContext(digits - 1, RoundingMode.UP);
      assertThat(exact.round(fewer).doubleValue()).as(text).isNotEqualTo(value);
    }
    BigDecimal distance = exact.subtract(written).abs();
    for (RoundingMode mode : new RoundingMode[] {RoundingMode.DOWN, RoundingMode.UP}) {
      BigDecimal other = exact.round(new MathContext(digits, mode));
      if (other.doubleValue() == value) {
        assertThat(distance).as(text).isLessThanOrEqualTo(exact.subtract(other).abs());
      }
    }
  }

  @Test
  void the_given_doubles_have_their_given_spellings() throws IOException {
    JsonObject file =
        (JsonObject) Wire.read(Samples.given("floats.json"), ReadingRules.COMPATIBLE).orThrow();
    for (JsonValue each : ((JsonArray) file.get("floats").orElseThrow()).elements()) {
      JsonObject given = (JsonObject) each;
      double value = Double.longBitsToDouble(Long.parseUnsignedLong(text(given, "bits"), 16));
      assertThat(canonical(value)).isEqualTo(text(given, "canonical"));
      assertThat(wire(value)).isEqualTo(text(given, "wire"));
    }
  }

  private static String text(JsonObject object, String name) {
    return ((JsonString) object.get(name).orElseThrow()).value();
  }
}
