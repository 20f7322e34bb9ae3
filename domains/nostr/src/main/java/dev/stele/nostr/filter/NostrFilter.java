package dev.stele.nostr.filter;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.PublicKey;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * A filter (NIP-01, NIP-50): an event must meet every condition there is.
 *
 * <p>An absent list is no condition. A list that is there and empty is one that nothing meets.
 * Immutable.
 *
 * @param ids the event is one of these
 * @param authors it is by one of these
 * @param kinds it is of one of these, each 0 to {@link NostrEvent#MAX_KIND}
 * @param tags for each letter (a to z, A to Z): the event has a tag of that name whose first value
 *     is one of these; one letter is as much a condition as the next
 * @param since it is not older, in seconds since 1970
 * @param until it is not newer
 * @param limit how many of the newest events are wanted, 0 or more; says nothing of one event
 * @param search words to look for (NIP-50); says nothing of one event either
 */
public record NostrFilter(
    Optional<Set<NostrId>> ids,
    Optional<Set<PublicKey>> authors,
    Optional<Set<Integer>> kinds,
    Map<Character, Set<String>> tags,
    OptionalLong since,
    OptionalLong until,
    OptionalInt limit,
    Optional<String> search) {
  /** The filter that every event meets. */
  public static final NostrFilter ALL =
      new NostrFilter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalInt.empty(),
          Optional.empty());

  /**
   * Copies the lists, in their order; letters are put in theirs.
   *
   * @throws IllegalArgumentException if a kind, a letter or the limit is out of its bounds
   */
  public NostrFilter {
    ids = ids.map(NostrFilter::copy);
    authors = authors.map(NostrFilter::copy);
    kinds = kinds.map(NostrFilter::copy);
    for (int kind : kinds.orElse(Set.of())) {
      if (kind < 0 || kind > NostrEvent.MAX_KIND) {
        throw new IllegalArgumentException("a kind is 0 to 65535, not " + kind);
      }
    }
    Map<Character, Set<String>> byLetter = new TreeMap<>();
    tags.forEach(
        (letter, values) -> {
          if (!isTagLetter(letter)) {
            throw new IllegalArgumentException("a filter names tags of a letter, not " + letter);
          }
          byLetter.put(letter, copy(values));
        });
    tags = Collections.unmodifiableMap(byLetter);
    if (limit.orElse(0) < 0) {
      throw new IllegalArgumentException("a limit is 0 or more, not " + limit.getAsInt());
    }
  }

  /** Tells whether tags of this name are those that filters can name: a to z and A to Z. */
  public static boolean isTagLetter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  }

  private static <T> Set<T> copy(Set<T> values) {
    return Collections.unmodifiableSet(new LinkedHashSet<>(values));
  }

  /** Tells whether a list is empty, so that no event can match. */
  public boolean matchesNothing() {
    return ids.filter(Set::isEmpty).isPresent()
        || authors.filter(Set::isEmpty).isPresent()
        || kinds.filter(Set::isEmpty).isPresent()
        || tags.values().stream().anyMatch(Set::isEmpty);
  }

  /** Tells whether an event meets every condition but {@code limit} and {@code search}. */
  public boolean matches(NostrEvent event) {
    if (since.isPresent() && event.createdAt() < since.getAsLong()) {
      return false;
    }
    if (until.isPresent() && event.createdAt() > until.getAsLong()) {
      return false;
    }
    if (kinds.isPresent() && !kinds.get().contains(event.kind())) {
      return false;
    }
    if (ids.isPresent() && !ids.get().contains(NostrId.ofHex(event.id()))) {
      return false;
    }
    if (authors.isPresent() && !authors.get().contains(PublicKey.ofHex(event.pubkey()))) {
      return false;
    }
    return tags.entrySet().stream().allMatch(each -> hasTag(event, each.getKey(), each.getValue()));
  }

  private static boolean hasTag(NostrEvent event, char letter, Set<String> values) {
    for (List<String> tag : event.tags()) {
      if (tag.size() >= 2
          && tag.getFirst().length() == 1
          && tag.getFirst().charAt(0) == letter
          && values.contains(tag.get(1))) {
        return true;
      }
    }
    return false;
  }

  /** The same of what is of one of these kinds as well. */
  public NostrFilter amongKinds(Set<Integer> others) {
    Set<Integer> both = new LinkedHashSet<>(kinds.orElse(others));
    both.retainAll(others);
    return new NostrFilter(ids, authors, Optional.of(both), tags, since, until, limit, search);
  }

  /** The same with only so many of the newest events wanted. */
  public NostrFilter limit(int most) {
    return limited(OptionalInt.of(most));
  }

  /** The same with all events wanted. */
  public NostrFilter unlimited() {
    return limited(OptionalInt.empty());
  }

  private NostrFilter limited(OptionalInt most) {
    return new NostrFilter(ids, authors, kinds, tags, since, until, most, search);
  }
}
