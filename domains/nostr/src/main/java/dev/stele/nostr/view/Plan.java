package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.filter.NostrFilter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * By which order a filter is answered, and so which of its conditions are met by every row that is
 * read. Immutable.
 *
 * @param filter the filter
 * @param by the order
 * @param lanes for an order by tags or by authors: the rows to read
 */
record Plan(NostrFilter filter, By by, List<Lane> lanes) {
  Plan(NostrFilter filter, By by) {
    this(filter, by, List.of());
  }

  /** The rows of one tag or one author, and of one kind, newest first. */
  record Lane(byte[] key, int kind) {}

  /** An order of rows. */
  sealed interface By {
    /** The events themselves. */
    record Ids() implements By {}

    /** The values of the tags of one letter, each by kind. */
    record Tag(char letter) implements By {}

    /** Authors, each by kind. */
    record Author() implements By {}

    /** Kinds. */
    record Kind() implements By {}

    /** Nothing but time. */
    record Time() implements By {}
  }

  /**
   * A place in the order of answers, behind which an answer goes on.
   *
   * @param createdDesc of the last hit
   * @param id of the last hit
   */
  record Place(long createdDesc, byte[] id) {
    static Place of(Hit hit) {
      return new Place(hit.createdDesc, hit.id);
    }
  }

  /** The order and its scans, in words. */
  String describe() {
    String order =
        switch (by) {
          case By.Ids() -> "ids";
          case By.Tag(char letter) -> "tag " + letter;
          case By.Author() -> "author and kind";
          case By.Kind() -> "kind";
          case By.Time() -> "time";
        };
    return "by %s, %d scans%s".formatted(order, fanOut(), isExact() ? "" : ", then checked");
  }

  /** How many scans are merged. */
  long fanOut() {
    return switch (by) {
      case By.Ids() -> filter.ids().orElseThrow().size();
      case By.Tag _, By.Author _ -> lanes.size();
      case By.Kind() -> filter.kinds().orElseThrow().size();
      case By.Time() -> 1;
    };
  }

  /** Whether rows may be of other kinds than are asked for. */
  boolean leavesKinds() {
    return filter.kinds().isPresent()
        && switch (by) {
          case By.Ids(), By.Time() -> true;
          case By.Tag _, By.Author _, By.Kind() -> false;
        };
  }

  /** Whether rows may be by other authors than are asked for. */
  boolean leavesAuthors() {
    return filter.authors().isPresent() && !(by instanceof By.Author);
  }

  /** Whether rows may lack a tag that is asked for. */
  boolean leavesTags() {
    return filter.tags().size() > (by instanceof By.Tag ? 1 : 0);
  }

  /** Whether every row is an answer. */
  boolean isExact() {
    return !leavesKinds() && !leavesAuthors() && !leavesTags();
  }

  /**
   * The scans of this plan.
   *
   * @param after the place behind which they begin; null for the newest
   */
  List<Scan> scans(@Nullable Place after) {
    List<Scan> scans = new ArrayList<>();
    switch (by) {
      case By.Ids() -> {
        for (NostrId id : filter.ids().orElseThrow()) {
          scans.add(Scan.of(NostrView.EVENTS).by("nostr_events_by_id").prefix((Object) id.bytes()));
        }
      }
      case By.Tag _, By.Author _ -> {
        for (Lane lane : lanes) {
          scans.add(within(byKind(by), after, lane.key(), (long) lane.kind()));
        }
      }
      case By.Kind() -> {
        for (int kind : filter.kinds().orElseThrow()) {
          scans.add(events("nostr_events_by_kind", after, (long) kind));
        }
      }
      case By.Time() -> scans.add(events("nostr_events_by_time", after));
    }
    return scans;
  }

  /** The order that has keys, and each key's kinds. */
  static Scan byKind(By by) {
    return by instanceof By.Author
        ? Scan.of(NostrView.EVENTS).by("nostr_events_by_author_kind")
        : Scan.of(NostrView.TAGS);
  }

  private Scan events(String index, @Nullable Place after, Object... prefix) {
    return within(Scan.of(NostrView.EVENTS).by(index), after, prefix);
  }

  /** The rows of an order that begins with some values and goes on with the time and the id. */
  private Scan within(Scan order, @Nullable Place after, Object... prefix) {
    long newest = -clamped(filter.until().orElse(NostrEvent.MAX_CREATED_AT));
    long oldest = -clamped(filter.since().orElse(0));
    Scan to = order.to(and(prefix, oldest));
    return after == null || after.createdDesc < newest
        ? to.from(and(prefix, newest))
        : to.after(and(prefix, after.createdDesc, after.id));
  }

  /** No event is older than 1970, nor newer than 2^53 − 1; one more on each side finds none. */
  private static long clamped(long time) {
    return Math.clamp(time, -1, NostrEvent.MAX_CREATED_AT + 1);
  }

  private static Object[] and(Object[] prefix, Object... more) {
    Object[] all = new Object[prefix.length + more.length];
    System.arraycopy(prefix, 0, all, 0, prefix.length);
    System.arraycopy(more, 0, all, prefix.length, more.length);
    return all;
  }

  /**
   * The rows of this plan behind a place, which may not all be answers.
   *
   * @param wanted about how many; more come as they are asked for
   */
  Hits open(TableReader tables, @Nullable Place after, int wanted) {
    List<Scan> scans = scans(after);
    if (by instanceof By.Ids) {
      return ofIds(tables, scans, after);
    }
    if (scans.isEmpty()) {
      return () -> null;
    }
    int rows = (int) Math.min(wanted, 2L * wanted / scans.size() + FIRST_ROWS);
    if (scans.size() == 1) {
      return new RowCursor(tables, scans.getFirst(), rows);
    }
    return new Merge(scans.stream().map(scan -> new RowCursor(tables, scan, rows)).toList());
  }

  /** A few rows of each scan at once: most feeds of many authors need no second page of any. */
  private static final int FIRST_ROWS = 4;

  /** Rows of ids come in no order of time: they are few, and are put in order here. */
  private Hits ofIds(TableReader tables, List<Scan> scans, @Nullable Place after) {
    List<Hit> found = new ArrayList<>();
    long since = clamped(filter.since().orElse(0));
    long until = clamped(filter.until().orElse(NostrEvent.MAX_CREATED_AT));
    for (Scan scan : scans) {
      tables.page(scan).stream()
          .map(Hit::new)
          .filter(hit -> -hit.createdDesc >= since && -hit.createdDesc <= until)
          .filter(hit -> after == null || isBehind(hit, after))
          .forEach(found::add);
    }
    found.sort(null);
    var from = found.iterator();
    return () -> from.hasNext() ? from.next() : null;
  }

  private static boolean isBehind(Hit hit, Place place) {
    return hit.createdDesc > place.createdDesc
        || (hit.createdDesc == place.createdDesc && Arrays.compareUnsigned(hit.id, place.id) > 0);
  }

  /** A plan, if it takes no more scans than may be. */
  static Optional<Plan> ifPossible(NostrFilter filter, By by, long mostScans) {
    Plan plan = new Plan(filter, by);
    return plan.fanOut() <= mostScans ? Optional.of(plan) : Optional.empty();
  }
}
