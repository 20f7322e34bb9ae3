package dev.stele.nostr.relay;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.store.NostrStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * All visible events of a store as a set to reconcile, kept as they come and go, so that whoever
 * reconciles everything costs no scan. Thread-safe; who holds a {@link #snapshot} sees no change.
 */
public final class KeptItems {
  private final ReentrantLock change = new ReentrantLock();

  /** Written under {@link #change}; read by anybody. */
  private volatile ItemTree items;

  private KeptItems(ItemTree items) {
    this.items = items;
  }

  /** Begins with the events that a store shows now; a scan of all of them. */
  public static KeptItems of(NostrStore store) {
    List<ItemTree.Item> found = new ArrayList<>();
    var _ =
        store.query(
            List.of(NostrFilter.ALL),
            stored -> {
              found.add(item(stored.event()));
              return true;
            });
    return new KeptItems(ItemTree.of(found));
  }

  /** An event is visible from now on; said again, it changes nothing. */
  public void appears(NostrEvent event) {
    change(before -> before.plus(item(event)));
  }

  /** An event is visible no more; said again, it changes nothing. */
  public void goes(NostrEvent event) {
    change(before -> before.minus(item(event)));
  }

  private void change(UnaryOperator<ItemTree> step) {
    change.lock();
    try {
      items = step.apply(items);
    } finally {
      change.unlock();
    }
  }

  /** Returns the set as it is now. */
  public ItemTree snapshot() {
    return items;
  }

  private static ItemTree.Item item(NostrEvent event) {
    return new ItemTree.Item(event.createdAt(), NostrId.ofHex(event.id()));
  }
}
