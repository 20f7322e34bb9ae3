package dev.stele.nostr.event;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where an event stands in a conversation: notes by NIP-10, comments by NIP-22.
 *
 * <pre>
 *   kind 1, marked       ["e", id, relay, "root"] ["e", id, relay, "reply"]
 *           root alone   the root is the parent, too
 *           positional   one: root and parent · more: the first root, the last parent,
 *                        those between are mentioned
 *   kind 1111            E A I root · e a i parent
 *   every kind           q quoted
 * </pre>
 *
 * <p>Tags whose value is none of its kind are passed over; so an event of odd tags stands alone. An
 * event of another kind has no place, and may quote. Immutable.
 *
 * @param root where the conversation began; empty where the event begins one
 * @param parent what the event answers
 * @param mentions ids of events that are named and not answered, in order
 * @param quotes what is quoted, in order
 */
public record Threads(
    Optional<Target> root, Optional<Target> parent, List<String> mentions, List<Target> quotes) {
  private static final int NOTE = 1;
  private static final int COMMENT = 1_111;

  /** A tag of an event has its marker behind name, value and relay. */
  private static final int MARKER = 3;

  /** What an event can answer or quote. */
  public sealed interface Target {
    /**
     * An event.
     *
     * @param id 64 lower-case hex digits
     */
    record Event(String id) implements Target {}

    /**
     * The events that replace each other at an address.
     *
     * @param kind 0 to {@link NostrEvent#MAX_KIND}
     * @param pubkey 64 lower-case hex digits
     * @param identifier the value of the {@code d} tag; may hold colons, and be empty
     */
    record Address(int kind, String pubkey, String identifier) implements Target {
      /** Reads {@code kind:pubkey:identifier}; empty where the text is none. */
      public static Optional<Address> parse(String text) {
        String[] parts = text.split(":", 3);
        if (parts.length < 3
            || !parts[0].matches("0|[1-9][0-9]{0,4}")
            || Integer.parseInt(parts[0]) > NostrEvent.MAX_KIND
            || !NostrEvent.isHash(parts[1])) {
          return Optional.empty();
        }
        return Optional.of(new Address(Integer.parseInt(parts[0]), parts[1], parts[2]));
      }
    }

    /**
     * Something that is no event (NIP-73), such as a web page.
     *
     * @param name as the tag has it
     */
    record Outside(String name) implements Target {}
  }

  /** Copies the lists. */
  public Threads {
    mentions = List.copyOf(mentions);
    quotes = List.copyOf(quotes);
  }

  /** Reads the place of an event from its tags. */
  public static Threads of(NostrEvent event) {
    List<Target> quotes = quotes(event);
    return switch (event.kind()) {
      case NOTE -> ofNote(event, quotes);
      case COMMENT ->
          new Threads(
              target(event, "A", "E", "I"), target(event, "a", "e", "i"), List.of(), quotes);
      default -> new Threads(Optional.empty(), Optional.empty(), List.of(), quotes);
    };
  }

  private static Threads ofNote(NostrEvent event, List<Target> quotes) {
    List<List<String>> named =
        event.tags().stream().filter(tag -> isNamed(tag, "e") && isEvent(tag)).toList();
    boolean marked = named.stream().map(Threads::marker).anyMatch(Threads::isPlace);
    return marked ? marked(named, quotes) : positional(named, quotes);
  }

  private static Threads marked(List<List<String>> named, List<Target> quotes) {
    List<String> mentions = new ArrayList<>();
    Optional<Target> root = Optional.empty();
    Optional<Target> reply = Optional.empty();
    for (List<String> tag : named) {
      Optional<Target> target = Optional.of(new Target.Event(tag.get(1)));
      switch (marker(tag)) {
        case "root" -> root = root.isPresent() ? root : target;
        case "reply" -> reply = target;
        default -> mentions.add(tag.get(1));
      }
    }
    // Either marker alone names both.
    return new Threads(
        root.isPresent() ? root : reply, reply.isPresent() ? reply : root, mentions, quotes);
  }

  private static Threads positional(List<List<String>> named, List<Target> quotes) {
    List<String> mentions = new ArrayList<>();
    List<String> places = new ArrayList<>();
    for (List<String> tag : named) {
      // A marker of old: it says that the tag is no place.
      (marker(tag).equals("mention") ? mentions : places).add(tag.get(1));
    }
    if (places.isEmpty()) {
      return new Threads(Optional.empty(), Optional.empty(), mentions, quotes);
    }
    if (places.size() > 2) {
      mentions.addAll(places.subList(1, places.size() - 1));
    }
    return new Threads(
        Optional.of(new Target.Event(places.getFirst())),
        Optional.of(new Target.Event(places.getLast())),
        mentions,
        quotes);
  }

  /** An address before an event: where both are named, the event is one version of the address. */
  private static Optional<Target> target(
      NostrEvent event, String address, String id, String outside) {
    return first(event, address).or(() -> first(event, id)).or(() -> first(event, outside));
  }

  private static Optional<Target> first(NostrEvent event, String name) {
    return event.tags().stream()
        .filter(tag -> isNamed(tag, name))
        .flatMap(tag -> target(name, tag.get(1)).stream())
        .findFirst();
  }

  private static Optional<Target> target(String name, String value) {
    return switch (name) {
      case "A", "a" -> Target.Address.parse(value).map(each -> each);
      case "E", "e" ->
          NostrEvent.isHash(value) ? Optional.of(new Target.Event(value)) : Optional.empty();
      case "I", "i" -> value.isEmpty() ? Optional.empty() : Optional.of(new Target.Outside(value));
      default -> throw new IllegalArgumentException("no place is named by a tag " + name);
    };
  }

  private static List<Target> quotes(NostrEvent event) {
    return event.tags().stream()
        .filter(tag -> isNamed(tag, "q"))
        .flatMap(tag -> target("e", tag.get(1)).or(() -> target("a", tag.get(1))).stream())
        .toList();
  }

  private static boolean isNamed(List<String> tag, String name) {
    return tag.size() > 1 && tag.getFirst().equals(name);
  }

  private static boolean isEvent(List<String> tag) {
    return NostrEvent.isHash(tag.get(1));
  }

  private static String marker(List<String> tag) {
    return tag.size() > MARKER ? tag.get(MARKER) : "";
  }

  private static boolean isPlace(String marker) {
    return marker.equals("root") || marker.equals("reply");
  }
}
