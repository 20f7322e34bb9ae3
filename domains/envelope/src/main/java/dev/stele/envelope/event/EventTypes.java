package dev.stele.envelope.event;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The types that events may have: six, and those that a user adds. Immutable. */
public final class EventTypes {
  /** The six types that every sender knows. */
  public static final EventTypes STANDARD =
      of(
          List.of(
              new EventType("omen.observed", 1.0, true),
              new EventType("observation.recorded", 1.0, true),
              new EventType("anubis.weighed", 1.0, true),
              new EventType("charon.transported", 2.0, false),
              new EventType("osiris.remembered", 1.0, true),
              new EventType("seth.caught", 0.5, true)));

  private final Map<String, EventType> types;

  private EventTypes(Map<String, EventType> types) {
    this.types = Collections.unmodifiableMap(types);
  }

  /** Exactly these types; of two with one name the later counts. */
  public static EventTypes of(List<EventType> types) {
    Map<String, EventType> byName = new LinkedHashMap<>();
    types.forEach(type -> byName.put(type.name(), type));
    return new EventTypes(byName);
  }

  /** These types and {@code type}, which takes the place of one with its name. */
  public EventTypes with(EventType type) {
    Map<String, EventType> more = new LinkedHashMap<>(types);
    more.put(type.name(), type);
    return new EventTypes(more);
  }

  /** The type with this name. */
  public Optional<EventType> find(String name) {
    return Optional.ofNullable(types.get(name));
  }

  /** All types in the order in which they were added. */
  public Collection<EventType> all() {
    return types.values();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventTypes that && types.equals(that.types);
  }

  @Override
  public int hashCode() {
    return types.hashCode();
  }

  @Override
  public String toString() {
    return "EventTypes" + types.keySet();
  }
}
