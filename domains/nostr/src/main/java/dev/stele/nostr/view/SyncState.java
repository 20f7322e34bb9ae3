package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.SyncProgress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * How far a sync has read each kind of events from each relay: a fold over {@link SyncProgress},
 * which moves a cursor forward and never back.
 *
 * <p>Follows no visible events, so it has nothing to do when they appear or go. Immutable.
 */
public final class SyncState implements Part {
  /** A row for each relay and kind that was ever read. */
  public static final Table STATE =
      Table.named("sync_state")
          .text("relay")
          .integer("kind")
          .integer("since")
          .integer("updated_at")
          .key("relay", "kind")
          .build();

  /**
   * A cursor.
   *
   * @param relay its URL
   * @param kind of events
   * @param since what is older, in seconds, was read
   * @param updatedAt when that was last said, in seconds
   */
  public record Row(String relay, int kind, long since, long updatedAt) {}

  /** All are alike. */
  public SyncState() {}

  /** The cursor of a relay and kind; empty where it never was read. */
  public static Optional<Row> of(TableReader tables, String relay, int kind) {
    return tables.get(STATE, relay, (long) kind).map(SyncState::row);
  }

  /**
   * Where to begin when several kinds are asked for at once: at the oldest of their cursors, and at
   * 0 as soon as one of them never was read, for it is not to inherit another's.
   */
  public static long since(TableReader tables, String relay, Collection<Integer> kinds) {
    return kinds.stream()
        .mapToLong(kind -> of(tables, relay, kind).map(Row::since).orElse(0L))
        .min()
        .orElse(0);
  }

  /** Every cursor, by relay and kind. */
  public static List<Row> all(TableReader tables) {
    List<Row> rows = new ArrayList<>();
    tables.forEach(Scan.of(STATE), row -> rows.add(row(row)));
    return rows;
  }

  private static Row row(TableRow row) {
    return new Row(
        row.text("relay"),
        (int) row.integer("kind"),
        row.integer("since"),
        row.integer("updated_at"));
  }

  /** Moves the cursors that are behind; those that are further stay where they are. */
  @Override
  public void progresses(SyncProgress progress, Tables tables) {
    for (int kind : progress.kinds()) {
      Optional<Row> before = of(tables, progress.relay(), kind);
      if (before.isEmpty() || before.get().since() <= progress.since()) {
        tables.put(
            STATE,
            progress.relay(),
            (long) kind,
            progress.since(),
            Math.max(progress.updatedAt(), before.map(Row::updatedAt).orElse(0L)));
      }
    }
  }

  @Override
  public List<Table> tables() {
    return List.of(STATE);
  }
}
