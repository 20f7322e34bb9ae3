package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.NostrFilter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The visible events that some filters ask for, each once, of each filter at most as many as its
 * limit says. Those that filters with words to search for have found come first, the best first
 * ({@link Search}), filter by filter; then those of all others, newest first, of equally new ones
 * that with the lowest id first.
 *
 * <p>Answered in pages, each in one short read of the view, so that a slow asker holds nothing: the
 * next page begins behind the last event of the one before, at the same cost however many came
 * before. Events that were admitted after the first page are left out. One thread.
 */
public final class Question {
  /**
   * 10,000 rows are looked at to find out whether a limit has cut something; where that does not
   * tell, the answer is that it may have.
   */
  static final int LOOK_AHEAD_ROWS = 10_000;

  /**
   * An event that was found.
   *
   * @param position in the log
   * @param event as it was read
   * @param json as it was admitted
   */
  public record Found(long position, NostrEvent event, String json) {}

  private final List<NostrFilter> searches;
  private final List<Asked> asked;
  private final long now;

  /** What searches have found and nobody was given yet; empty before the first page. */
  private final Queue<Long> ranked = new ArrayDeque<>();

  /** All that searches have found: others do not give it again. */
  private final Set<Long> found = new HashSet<>();

  private boolean searched;
  private long asOf = Long.MAX_VALUE;
  private Plan.@Nullable Place after;
  private boolean done;
  private boolean cut;

  /**
   * A question.
   *
   * @param filters of which those that search need a view with {@link Search}
   * @param now in seconds since 1970: what has expired by then is left out
   */
  public Question(List<NostrFilter> filters, long now) {
    List<NostrFilter> some = filters.stream().filter(each -> !each.matchesNothing()).toList();
    this.searches = some.stream().filter(Question::searches).toList();
    this.asked = some.stream().filter(each -> !searches(each)).map(Asked::new).toList();
    this.now = now;
  }

  private static boolean searches(NostrFilter filter) {
    return filter.search().filter(Search::asks).isPresent();
  }

  /** A filter, how it is answered, and how many events it may still give. */
  private static final class Asked {
    final NostrFilter filter;
    final @Nullable Set<PublicKey> authors;
    @Nullable Plan plan;
    int left;

    Asked(NostrFilter filter) {
      this.filter = filter;
      this.authors = filter.authors().map(Set::copyOf).orElse(null);
      this.left = filter.limit().orElse(Integer.MAX_VALUE);
    }

    Plan plan(TableReader tables) {
      Plan known = plan;
      if (known == null) {
        known = Planner.plan(filter, tables);
        plan = known;
      }
      return known;
    }
  }

  /**
   * The next events.
   *
   * @param tables of {@link NostrView}
   * @param most events, 1 or more
   * @param mostBytes about the most of their texts; one event comes even so
   * @return empty only when {@link #isDone}
   */
  public List<Found> page(TableReader tables, int most, long mostBytes) {
    search(tables);
    List<Found> page = new ArrayList<>();
    long bytes = 0;
    while (page.size() < most && bytes < mostBytes && !ranked.isEmpty()) {
      Optional<TableRow> row = tables.get(NostrView.EVENTS, ranked.remove());
      if (row.isPresent()) {
        Hit hit = new Hit(row.get());
        page.add(new Found(hit.position, hit.event(tables), hit.json(tables)));
        bytes += hit.json(tables).length();
      }
    }
    if (!ranked.isEmpty() || page.size() == most) {
      return page;
    }
    Merged hits = new Merged(tables, most);
    while (page.size() < most && bytes < mostBytes) {
      Hit hit = hits.next();
      if (hit == null) {
        break;
      }
      page.add(new Found(hit.position, hit.event(tables), hit.json(tables)));
      bytes += hit.json(tables).length();
    }
    return page;
  }

  /**
   * Counts on.
   *
   * @param tables of {@link NostrView}
   * @param most events to count now, 1 or more
   * @return how many were counted; 0 only when {@link #isDone}
   */
  public int count(TableReader tables, int most) {
    search(tables);
    if (!ranked.isEmpty()) {
      int all = ranked.size();
      ranked.clear();
      return all;
    }
    Merged hits = new Merged(tables, most);
    int count = 0;
    while (count < most && hits.next() != null) {
      count++;
    }
    return count;
  }

  /** Finds what is searched for, once, in the first read. */
  private void search(TableReader tables) {
    if (searched) {
      return;
    }
    searched = true;
    Expired expired = new Expired(tables, now);
    for (NostrFilter filter : searches) {
      search(filter, expired, tables);
    }
  }

  private void search(NostrFilter filter, Expired expired, TableReader tables) {
    List<Search.Hit> hits = Search.rank(tables, filter.search().orElseThrow());
    int left = filter.limit().orElse(Integer.MAX_VALUE);
    for (Search.Hit each : hits) {
      Optional<TableRow> row = tables.get(NostrView.EVENTS, each.position());
      if (row.isEmpty()) {
        continue;
      }
      Hit hit = new Hit(row.get());
      if (expired.has(hit) || !filter.matches(hit.event(tables))) {
        continue;
      }
      if (left == 0) {
        cut = true;
        break;
      }
      left--;
      if (found.add(hit.position)) {
        ranked.add(hit.position);
      }
    }
    cut |= hits.size() == Search.MAX_HITS;
  }

  /** Leaves out what is behind a position of the log: to be said once, after the first page. */
  public void asOf(long position) {
    asOf = Math.min(asOf, position);
  }

  /** Whether every event was given. */
  public boolean isDone() {
    return done;
  }

  /** Whether a limit has kept back events that match, as far as was looked. */
  public boolean isCut() {
    return cut;
  }

  /** The hits of all filters behind the last that was given. */
  private final class Merged {
    private final List<Matching> sources = new ArrayList<>();

    Merged(TableReader tables, int wanted) {
      Expired expired = new Expired(tables, now);
      for (Asked each : asked) {
        if (each.left > 0 || each.filter.limit().orElse(1) == 0) {
          sources.add(new Matching(tables, expired, each, Math.min(wanted, each.left)));
        }
      }
    }

    /** The next hit, which is then behind us. */
    @Nullable Hit next() {
      Hit first = null;
      for (Matching source : sources) {
        Hit hit = source.peek();
        if (hit != null && (first == null || hit.compareTo(first) < 0)) {
          first = hit;
        }
      }
      if (first == null) {
        done = true;
        return null;
      }
      for (Matching source : sources) {
        Hit hit = source.peek();
        if (hit != null && hit.equals(first)) {
          source.take();
        }
      }
      after = Plan.Place.of(first);
      return first;
    }
  }

  /** The hits of one filter that are answers, up to its limit. */
  private final class Matching {
    private final TableReader tables;
    private final Expired expired;
    private final Asked asked;
    private final Plan plan;
    private final Hits hits;
    private @Nullable Hit next;
    private boolean looked;

    Matching(TableReader tables, Expired expired, Asked asked, int wanted) {
      this.tables = tables;
      this.expired = expired;
      this.asked = asked;
      this.plan = asked.plan(tables);
      this.hits = plan.open(tables, after, Math.max(1, wanted));
      if (asked.left == 0) {
        lookAhead();
      }
    }

    @Nullable Hit peek() {
      if (!looked) {
        looked = true;
        next = asked.left > 0 ? search(Long.MAX_VALUE) : null;
      }
      return next;
    }

    void take() {
      looked = false;
      next = null;
      asked.left--;
      if (asked.left == 0) {
        lookAhead();
      }
    }

    private void lookAhead() {
      if (!cut) {
        rowsLeft = LOOK_AHEAD_ROWS;
        cut = search(LOOK_AHEAD_ROWS) != null || rowsLeft == 0;
      }
    }

    /** How many rows a search may still look at. */
    private long rowsLeft;

    private @Nullable Hit search(long mostRows) {
      rowsLeft = mostRows;
      while (rowsLeft > 0) {
        Hit hit = hits.next();
        if (hit == null) {
          return null;
        }
        if (matches(hit)) {
          return hit;
        }
        rowsLeft--;
      }
      return null;
    }

    private boolean matches(Hit hit) {
      NostrFilter filter = asked.filter;
      if (hit.position > asOf || expired.has(hit) || found.contains(hit.position)) {
        return false;
      }
      if (plan.leavesKinds() && !filter.kinds().orElseThrow().contains(hit.kind)) {
        return false;
      }
      Set<PublicKey> authors = asked.authors;
      if (authors != null
          && plan.leavesAuthors()
          && !authors.contains(new PublicKey(hit.pubkey(tables)))) {
        return false;
      }
      return !plan.leavesTags() || filter.matches(hit.event(tables));
    }
  }

  /** Which visible events have expired since the last sweep. */
  private static final class Expired {
    private final Set<Long> positions = new HashSet<>();

    Expired(TableReader tables, long now) {
      tables.forEach(Scan.of(NostrView.EXPIRATIONS).to(now), row -> positions.add(position(row)));
    }

    private static long position(TableRow row) {
      return row.integer("position");
    }

    boolean has(Hit hit) {
      return positions.contains(hit.position);
    }
  }
}
