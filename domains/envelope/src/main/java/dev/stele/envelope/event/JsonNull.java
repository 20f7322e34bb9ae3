package dev.stele.envelope.event;

/** The value {@code null}. Immutable. */
public enum JsonNull implements JsonValue {
  /** The one null. */
  NULL;

  @Override
  public String toString() {
    return "null";
  }
}
