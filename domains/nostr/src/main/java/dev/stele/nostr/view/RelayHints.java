package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.RelayList;
import java.util.ArrayList;
import java.util.List;

/**
 * Which relays to ask for an author: the author's newest relay list (NIP-65), and nothing of older
 * ones. A relay that a newer list leaves out goes; a list that is empty leaves none.
 *
 * <p>Newer is the later {@code created_at}, and the lower id where these are equal (NIP-01).
 * Immutable.
 */
public final class RelayHints implements Part {
  /**
   * A row for each relay of an author. Its index ascends, so the freshest come first when it is
   * read backwards: {@code Scan.of(HINTS).by(BY_FRESHNESS).prefix(pubkey).backwards()}.
   */
  public static final Table HINTS =
      Table.named("relay_hints")
          .text("pubkey")
          .text("relay")
          .integer("can_read")
          .integer("can_write")
          .integer("freshness")
          .text("last_seen_event_id")
          .key("pubkey", "relay")
          .index("relay_hints_by_freshness", "pubkey", "freshness")
          .build();

  /** The index of {@link #HINTS} by author and {@code created_at} of the list. */
  public static final String BY_FRESHNESS = "relay_hints_by_freshness";

  /** Which list of an author counts: also when it is empty, so that no older one comes back. */
  static final Table LISTS =
      Table.named("relay_lists")
          .text("pubkey")
          .integer("created_at")
          .text("event_id")
          .key("pubkey")
          .build();

  /**
   * Where an author is to be found.
   *
   * @param relay as {@link RelayList#normalize} writes it
   * @param read whether the author reads there
   * @param write whether the author writes there
   * @param freshness {@code created_at} of the list, in seconds
   * @param eventId of the list
   */
  public record Hint(String relay, boolean read, boolean write, long freshness, String eventId) {}

  /** All are alike. */
  public RelayHints() {}

  /** The hints for an author, the freshest first; at most {@link RelayList#MAX_RELAYS}. */
  public static List<Hint> of(TableReader tables, String pubkey) {
    List<Hint> hints = new ArrayList<>();
    tables.forEach(
        Scan.of(HINTS).by(BY_FRESHNESS).prefix(pubkey).backwards(), row -> hints.add(hint(row)));
    return hints;
  }

  private static Hint hint(TableRow row) {
    return new Hint(
        row.text("relay"),
        row.integer("can_read") == 1,
        row.integer("can_write") == 1,
        row.integer("freshness"),
        row.text("last_seen_event_id"));
  }

  @Override
  public List<Table> tables() {
    return List.of(HINTS, LISTS);
  }

  @Override
  public void appears(NostrEvent event, long position, Tables tables) {
    if (event.kind() != RelayList.KIND || isOlder(event, tables)) {
      return;
    }
    forget(event.pubkey(), tables);
    tables.put(LISTS, event.pubkey(), event.createdAt(), event.id());
    for (RelayList.Relay relay : RelayList.of(event).relays()) {
      tables.put(
          HINTS,
          event.pubkey(),
          relay.url(),
          relay.read() ? 1L : 0L,
          relay.write() ? 1L : 0L,
          event.createdAt(),
          event.id());
    }
  }

  @Override
  public void goes(NostrEvent event, long position, Tables tables) {
    if (event.kind() == RelayList.KIND
        && tables
            .get(LISTS, event.pubkey())
            .filter(row -> row.text("event_id").equals(event.id()))
            .isPresent()) {
      forget(event.pubkey(), tables);
      tables.delete(LISTS, event.pubkey());
    }
  }

  private static boolean isOlder(NostrEvent event, Tables tables) {
    return tables
        .get(LISTS, event.pubkey())
        .filter(row -> Newest.isOlder(event, row.integer("created_at"), row.text("event_id")))
        .isPresent();
  }

  private static void forget(String pubkey, Tables tables) {
    // All of them at once: MAX_RELAYS is less than a page.
    for (TableRow row : tables.page(Scan.of(HINTS).prefix(pubkey))) {
      tables.delete(HINTS, pubkey, row.text("relay"));
    }
  }
}
