package dev.stele.envelope.event;

import java.util.List;

/**
 * Values in an order. Immutable.
 *
 * @param elements copied
 */
public record JsonArray(List<JsonValue> elements) implements JsonValue {
  /** The array without elements. */
  public static final JsonArray EMPTY = new JsonArray(List.of());

  /** Copies the list. */
  public JsonArray {
    elements = List.copyOf(elements);
  }

  @Override
  public String toString() {
    return Canonical.text(this);
  }
}
