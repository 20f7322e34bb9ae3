package dev.stele.envelope.event;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Named values in the order in which they came. The order is written on the wire and is no part of
 * equality: signed bytes are sorted. Immutable.
 */
public final class JsonObject implements JsonValue {
  /** The object without members. */
  public static final JsonObject EMPTY = new JsonObject(Map.of());

  /**
   * How deep values made by {@link #of} may nest; what is read has the bound of its {@link
   * ReadingRules}. Far below where a walk over a value would exhaust a thread's stack.
   */
  public static final int MAX_DEPTH = 990;

  private final Map<String, JsonValue> members;

  private JsonObject(Map<String, JsonValue> members) {
    this.members = members;
  }

  /** Wraps members that the caller gives away, and whose names it has checked. */
  static JsonObject ofOwned(Map<String, JsonValue> members) {
    return new JsonObject(Collections.unmodifiableMap(members));
  }

  /**
   * Makes an object of Java values: {@code String}; {@code Byte}, {@code Short}, {@code Integer},
   * {@code Long} and {@code BigInteger} as integers; {@code Float} and {@code Double} as doubles;
   * {@code Boolean}; null; {@code Map} with names as keys; {@code List}; {@link JsonValue}.
   *
   * @throws IllegalArgumentException for any other value, for one that JSON cannot say, and for
   *     maps and lists nested deeper than {@value #MAX_DEPTH}
   */
  public static JsonObject of(Map<String, ? extends @Nullable Object> members) {
    return object(members, 1);
  }

  private static JsonObject object(Map<?, ?> map, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("a value nests deeper than " + MAX_DEPTH);
    }
    LinkedHashMap<String, JsonValue> members = LinkedHashMap.newLinkedHashMap(map.size());
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String name)) {
        throw new IllegalArgumentException("a member's name is a string, not " + entry.getKey());
      }
      JsonString.requireWellFormed(name);
      members.put(name, value(entry.getValue(), depth));
    }
    return ofOwned(members);
  }

  private static JsonValue value(@Nullable Object value, int depth) {
    return switch (value) {
      case null -> JsonNull.NULL;
      case JsonValue json -> json;
      case String text -> new JsonString(text);
      case Boolean truth -> JsonBoolean.of(truth);
      case BigInteger integer -> new JsonInteger(integer);
      case Float number -> new JsonDouble(number);
      case Double number -> new JsonDouble(number);
      case Byte integer -> JsonInteger.of(integer);
      case Short integer -> JsonInteger.of(integer);
      case Integer integer -> JsonInteger.of(integer);
      case Long integer -> JsonInteger.of(integer);
      case Map<?, ?> map -> object(map, depth + 1);
      case List<?> list -> array(list, depth + 1);
      default ->
          throw new IllegalArgumentException("JSON cannot say a " + value.getClass().getName());
    };
  }

  private static JsonArray array(List<?> list, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("a value nests deeper than " + MAX_DEPTH);
    }
    List<JsonValue> elements = new ArrayList<>(list.size());
    for (Object element : list) {
      elements.add(value(element, depth));
    }
    return new JsonArray(elements);
  }

  /** The members in their order; unmodifiable. */
  public Map<String, JsonValue> members() {
    return members;
  }

  /** The member of that name. */
  public Optional<JsonValue> get(String name) {
    return Optional.ofNullable(members.get(name));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JsonObject that && members.equals(that.members);
  }

  @Override
  public int hashCode() {
    return members.hashCode();
  }

  @Override
  public String toString() {
    return Canonical.text(this);
  }
}
