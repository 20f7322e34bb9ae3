package dev.stele.nostr.negentropy;

import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.negentropy.ItemTree.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Items made from a seed. */
final class Sets {
  private Sets() {}

  static NostrId id(Random random) {
    byte[] bytes = new byte[NostrId.SIZE_BYTES];
    random.nextBytes(bytes);
    return new NostrId(bytes);
  }

  /** Items of which about {@code perSecond} share a second. */
  static List<Item> items(Random random, int count, int perSecond) {
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(
          new Item(1_700_000_000L + random.nextInt(Math.max(1, count / perSecond)), id(random)));
    }
    return items;
  }
}
