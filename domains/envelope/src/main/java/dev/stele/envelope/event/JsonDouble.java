package dev.stele.envelope.event;

/**
 * A number with a fraction or an exponent. Equal only to the same bits: {@code -0.0} is not {@code
 * 0.0}, and {@code 1.0} is no {@link JsonInteger}. Immutable.
 *
 * @param value finite
 */
public record JsonDouble(double value) implements JsonValue {
  /** Refuses what JSON cannot say. */
  public JsonDouble {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("JSON has no number " + value);
    }
  }

  @Override
  public String toString() {
    return Canonical.text(this);
  }
}
