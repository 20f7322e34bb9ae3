package dev.stele.nostr.view;

import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.nostr.event.NostrEvent;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What {@code nostr_tombstones} says of events.
 *
 * <pre>
 *   target   65 │ id 32           an event, whenever it was written
 *            61 │ kind u16 │ d    an address, up to a time
 *            76                   everything, up to a time
 * </pre>
 */
final class Tombstones {
  /** Begins the target that is an address. */
  static final byte ADDRESS = 'a';

  private static final byte EVENT = 'e';

  /** The target that is everything. */
  private static final byte[] EVERYTHING = {'v'};

  /** What is wrapped for somebody (NIP-59). */
  static final int GIFT_WRAP = 1_059;

  /** The kind of a deletion (NIP-09). */
  static final int DELETION = 5;

  private static final HexFormat HEX = HexFormat.of();

  private Tombstones() {}

  /** The target that is an event. */
  static byte[] event(byte[] id) {
    byte[] target = new byte[1 + id.length];
    target[0] = EVENT;
    System.arraycopy(id, 0, target, 1, id.length);
    return target;
  }

  /** The target that is everything of an author. */
  static byte[] everything() {
    return EVERYTHING.clone();
  }

  /** Whether a deletion of an event has an effect: not of deletions, nor of requests to vanish. */
  static boolean isDeletable(int kind) {
    return kind != DELETION && kind != Vanishing.KIND;
  }

  /**
   * Tells whether an event that is not visible may become so.
   *
   * @param mayHave whether an author may have tombstones: false saves looking for them
   */
  static Visibility visibilityOf(NostrEvent event, TableReader tables, Predicate<String> mayHave) {
    byte[] pubkey = HEX.parseHex(event.pubkey());
    Optional<Address> address = Address.of(event);
    if (mayHave.test(event.pubkey())) {
      if (event.kind() != Vanishing.KIND && holds(tables, pubkey, EVERYTHING, event)) {
        return Visibility.VANISHED;
      }
      if (isDeletable(event.kind())
          && (holds(tables, pubkey, event(HEX.parseHex(event.id())), event)
              || (address.isPresent() && holds(tables, pubkey, address.get().target(), event)))) {
        return Visibility.DELETED;
      }
    }
    if (event.kind() == GIFT_WRAP && isForSomebodyGone(event, tables, mayHave)) {
      return Visibility.VANISHED;
    }
    return address.isPresent() && isSuperseded(event, pubkey, address.get(), tables)
        ? Visibility.SUPERSEDED
        : Visibility.CLEAR;
  }

  private static boolean isForSomebodyGone(
      NostrEvent event, TableReader tables, Predicate<String> mayHave) {
    for (List<String> tag : event.tags()) {
      if (tag.size() >= 2
          && tag.getFirst().equals("p")
          && ValueKey.isHash(tag.get(1))
          && mayHave.test(tag.get(1))
          && holds(tables, HEX.parseHex(tag.get(1)), EVERYTHING, event)) {
        return true;
      }
    }
    return false;
  }

  private static boolean holds(TableReader tables, byte[] pubkey, byte[] target, NostrEvent event) {
    return tables
        .get(NostrView.TOMBSTONES, pubkey, target)
        .filter(row -> row.integer("until") >= event.createdAt())
        .isPresent();
  }

  private static boolean isSuperseded(
      NostrEvent event, byte[] pubkey, Address address, TableReader tables) {
    Optional<TableRow> head =
        tables.get(NostrView.HEADS, pubkey, (long) address.kind(), address.d());
    if (head.isEmpty()) {
      return false;
    }
    long newest = head.get().integer("created_at");
    return event.createdAt() < newest
        || (event.createdAt() == newest
            && Arrays.compareUnsigned(HEX.parseHex(event.id()), head.get().bytes("id")) >= 0);
  }
}
