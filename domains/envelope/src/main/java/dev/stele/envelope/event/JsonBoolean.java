package dev.stele.envelope.event;

/** The values {@code true} and {@code false}. Immutable. */
public enum JsonBoolean implements JsonValue {
  /** True. */
  TRUE,
  /** False. */
  FALSE;

  /** The value of {@code value}. */
  public static JsonBoolean of(boolean value) {
    return value ? TRUE : FALSE;
  }

  @Override
  public String toString() {
    return this == TRUE ? "true" : "false";
  }
}
