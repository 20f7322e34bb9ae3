package dev.stele.nostr.relay;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.NostrFilter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whom an event concerns: filters turned inside out, so that an event is held only against those
 * that may match it and not against all that are open.
 *
 * <p>A filter stands under one of its conditions, the one that fewest events meet: ids, else the
 * tag with the fewest values, else authors, else kinds. One without any of these stands with the
 * rest, which every event is held against. An event looks under its own id, author, kind and tags.
 *
 * <p>Thread-safe. What was added before an event is looked up is found; reading takes no lock.
 *
 * @param <S> a subscription, told apart by {@code equals}
 */
final class LiveSubscriptions<S> {
  private enum Field {
    ID,
    AUTHOR,
    KIND,
    TAG,
    REST
  }

  /** Where a filter stands: a field, and a value of it; of a tag the letter comes first. */
  private record Place(Field field, String value) {}

  private record Entry<S>(S subscription, NostrFilter filter) {}

  private static final Place REST = new Place(Field.REST, "");

  private final Map<Place, Set<Entry<S>>> entries = new ConcurrentHashMap<>();

  /** Adds filters; the subscription is found by an event that matches any. */
  void add(S subscription, List<NostrFilter> filters) {
    for (NostrFilter filter : filters) {
      Entry<S> entry = new Entry<>(subscription, filter);
      for (Place place : places(filter)) {
        entries.compute(
            place,
            (at, there) -> {
              Set<Entry<S>> all = there == null ? ConcurrentHashMap.newKeySet() : there;
              all.add(entry);
              return all;
            });
      }
    }
  }

  /** Takes away what was added with the same arguments. */
  void remove(S subscription, List<NostrFilter> filters) {
    for (NostrFilter filter : filters) {
      Entry<S> entry = new Entry<>(subscription, filter);
      for (Place place : places(filter)) {
        entries.computeIfPresent(
            place,
            (at, there) -> {
              there.remove(entry);
              return there.isEmpty() ? null : there;
            });
      }
    }
  }

  /** Returns the subscriptions of which a filter matches, each once. */
  Collection<S> matching(NostrEvent event) {
    Set<S> found = new LinkedHashSet<>();
    for (Place place : places(event)) {
      for (Entry<S> entry : entries.getOrDefault(place, Set.of())) {
        if (!found.contains(entry.subscription()) && entry.filter().matches(event)) {
          found.add(entry.subscription());
        }
      }
    }
    return found;
  }

  /** How many filters an event is held against. */
  int candidates(NostrEvent event) {
    int count = 0;
    for (Place place : places(event)) {
      count += entries.getOrDefault(place, Set.of()).size();
    }
    return count;
  }

  /** Tells whether there is none. */
  boolean isEmpty() {
    return entries.isEmpty();
  }

  private static List<Place> places(NostrFilter filter) {
    List<Place> places = new ArrayList<>();
    if (filter.matchesNothing()) {
      return places;
    }
    if (filter.ids().isPresent()) {
      for (NostrId id : filter.ids().get()) {
        places.add(new Place(Field.ID, id.hex()));
      }
    } else if (!filter.tags().isEmpty()) {
      var rarest = filter.tags().entrySet().iterator().next();
      for (var tag : filter.tags().entrySet()) {
        rarest = tag.getValue().size() < rarest.getValue().size() ? tag : rarest;
      }
      for (String value : rarest.getValue()) {
        places.add(new Place(Field.TAG, rarest.getKey() + value));
      }
    } else if (filter.authors().isPresent()) {
      for (PublicKey author : filter.authors().get()) {
        places.add(new Place(Field.AUTHOR, author.hex()));
      }
    } else if (filter.kinds().isPresent()) {
      for (int kind : filter.kinds().get()) {
        places.add(new Place(Field.KIND, Integer.toString(kind)));
      }
    } else {
      places.add(REST);
    }
    return places;
  }

  private static Set<Place> places(NostrEvent event) {
    Set<Place> places = new HashSet<>();
    places.add(new Place(Field.ID, event.id()));
    places.add(new Place(Field.AUTHOR, event.pubkey()));
    places.add(new Place(Field.KIND, Integer.toString(event.kind())));
    places.add(REST);
    for (List<String> tag : event.tags()) {
      if (tag.size() >= 2
          && tag.getFirst().length() == 1
          && NostrFilter.isTagLetter(tag.getFirst().charAt(0))) {
        places.add(new Place(Field.TAG, tag.getFirst() + tag.get(1)));
      }
    }
    return places;
  }
}
