package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.NostrFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Chooses by which order a filter is answered.
 *
 * <pre>
 *   ids                                 the events themselves
 *   one condition that an order has     that order: every row is an answer
 *   several that no order has at once   their rows are counted, up to a bound; the fewest win
 *   too many scans to merge             the next coarser order: tag, author, kind, time
 * </pre>
 */
final class Planner {
  /**
   * 2,000 scans are merged: each costs a search, some 10 µs, before the first event is given. More
   * are dearer than to read rows that are no answers.
   */
  static final long MAX_SCANS = 2_000;

  /** 8,000 searches for the kinds that are there: 1,000 authors have some more each. */
  static final int MAX_SEARCHES = 4 * (int) MAX_SCANS;

  /** 2,000 rows are counted of each order: beyond, the difference is rarely worth its counting. */
  static final int MAX_COUNTED = 2_000;

  private Planner() {}

  static Plan plan(NostrFilter filter, TableReader tables) {
    if (filter.ids().isPresent()) {
      return new Plan(filter, new Plan.By.Ids());
    }
    List<Plan> plans = new ArrayList<>();
    boolean kinds = filter.kinds().isPresent();
    for (char letter : filter.tags().keySet()) {
      byTag(filter, letter, tables).ifPresent(plans::add);
    }
    if (filter.authors().isPresent()) {
      byAuthor(filter, tables).ifPresent(plans::add);
    }
    if (plans.isEmpty() && kinds) {
      Plan.ifPossible(filter, new Plan.By.Kind(), MAX_SCANS).ifPresent(plans::add);
    }
    if (plans.isEmpty()) {
      return new Plan(filter, new Plan.By.Time());
    }
    return plans.size() == 1 ? plans.getFirst() : fewest(plans, tables);
  }

  private static Optional<Plan> byTag(NostrFilter filter, char letter, TableReader tables) {
    return byKind(
        filter,
        new Plan.By.Tag(letter),
        filter.tags().getOrDefault(letter, Set.of()).stream()
            .map(value -> ValueKey.ofTag(letter, value))
            .toList(),
        tables);
  }

  private static Optional<Plan> byAuthor(NostrFilter filter, TableReader tables) {
    return byKind(
        filter,
        new Plan.By.Author(),
        filter.authors().orElseThrow().stream().map(PublicKey::bytes).toList(),
        tables);
  }

  /**
   * By some keys, each of which has its rows by kind, unless that takes too much. Where no kinds
   * are asked for, or too many, those that are there are searched for.
   */
  private static Optional<Plan> byKind(
      NostrFilter filter, Plan.By by, List<byte[]> keys, TableReader tables) {
    Optional<Set<Integer>> kinds = filter.kinds();
    boolean each = kinds.isPresent() && (long) keys.size() * kinds.get().size() <= MAX_SCANS;
    List<Plan.Lane> lanes = new ArrayList<>();
    long searches = 0;
    for (byte[] key : keys) {
      if (each) {
        kinds.get().forEach(kind -> lanes.add(new Plan.Lane(key, kind)));
        continue;
      }
      Scan rest = Plan.byKind(by).prefix((Object) key);
      // The last search of a key finds nothing, and costs as much.
      for (boolean more = true; more; searches++) {
        if (searches >= MAX_SEARCHES || lanes.size() > MAX_SCANS) {
          return Optional.empty();
        }
        OptionalInt kind = firstKind(tables, rest);
        more = kind.isPresent();
        if (more) {
          int there = kind.getAsInt();
          if (kinds.isEmpty() || kinds.get().contains(there)) {
            lanes.add(new Plan.Lane(key, there));
          }
          rest = Plan.byKind(by).after(key, (long) there).to(key);
        }
      }
    }
    return lanes.size() <= MAX_SCANS
        ? Optional.of(new Plan(filter, by, List.copyOf(lanes)))
        : Optional.empty();
  }

  private static OptionalInt firstKind(TableReader tables, Scan scan) {
    List<TableRow> first = tables.page(scan.limit(1));
    return first.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of((int) first.getFirst().integer("kind"));
  }

  private static Plan fewest(List<Plan> plans, TableReader tables) {
    Plan best = plans.getFirst();
    int fewest = Integer.MAX_VALUE;
    for (Plan plan : plans) {
      int count = count(plan, tables, Math.min(fewest, MAX_COUNTED));
      if (count < fewest) {
        fewest = count;
        best = plan;
      }
    }
    return best;
  }

  /** How many rows a plan has, up to a bound. */
  static int count(Plan plan, TableReader tables, int bound) {
    int count = 0;
    for (Scan scan : plan.scans(null)) {
      if (count >= bound) {
        break;
      }
      int wanted = Math.min(bound - count, TableReader.MAX_PAGE_ROWS);
      count += tables.page(scan.limit(wanted)).size();
    }
    return count;
  }
}
