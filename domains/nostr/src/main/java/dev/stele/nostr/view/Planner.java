package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
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
      Plan.ifPossible(filter, new Plan.By.Author(kinds), MAX_SCANS)
          .or(() -> Plan.ifPossible(filter, new Plan.By.Author(false), MAX_SCANS))
          .ifPresent(plans::add);
    }
    if (plans.isEmpty() && kinds) {
      Plan.ifPossible(filter, new Plan.By.Kind(), MAX_SCANS).ifPresent(plans::add);
    }
    if (plans.isEmpty()) {
      return new Plan(filter, new Plan.By.Time());
    }
    return plans.size() == 1 ? plans.getFirst() : fewest(plans, tables);
  }

  /** By the tags of a letter, unless that takes too many scans. */
  private static Optional<Plan> byTag(NostrFilter filter, char letter, TableReader tables) {
    Set<String> values = filter.tags().getOrDefault(letter, Set.of());
    Optional<Set<Integer>> kinds = filter.kinds();
    boolean each = kinds.isPresent() && (long) values.size() * kinds.get().size() <= MAX_SCANS;
    List<Plan.Lane> lanes = new ArrayList<>();
    long searches = 0;
    for (String value : values) {
      byte[] tag = ValueKey.ofTag(letter, value);
      if (each) {
        kinds.get().forEach(kind -> lanes.add(new Plan.Lane(tag, kind)));
        continue;
      }
      Scan rest = Scan.of(NostrView.TAGS).prefix((Object) tag);
      for (OptionalInt kind = firstKind(tables, rest);
          kind.isPresent();
          kind = firstKind(tables, rest)) {
        int there = kind.getAsInt();
        if (kinds.isEmpty() || kinds.get().contains(there)) {
          lanes.add(new Plan.Lane(tag, there));
        }
        rest = Scan.of(NostrView.TAGS).after(tag, (long) there).to(tag);
        searches++;
        if (searches > MAX_SCANS) {
          return Optional.empty();
        }
      }
      // The last search of a tag finds nothing, and costs as much.
      searches++;
      if (searches > MAX_SCANS) {
        return Optional.empty();
      }
    }
    return Optional.of(new Plan(filter, new Plan.By.Tag(letter), List.copyOf(lanes)));
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
