package dev.stele.bench;

import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.relay.Relay;
import dev.stele.nostr.relay.RelayLimits;
import dev.stele.nostr.relay.RelaySession;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.StoreOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One relay in memory for all that a fuzzer says, with a few events to be asked for. */
final class FuzzedRelay {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final List<String> VERBS =
      List.of("EVENT", "OK", "EOSE", "CLOSED", "NOTICE", "AUTH", "COUNT", "NEG-MSG", "NEG-ERR");

  /** As small as lets a fuzzer run into each of them. */
  private static final RelayLimits LIMITS =
      new RelayLimits(16 * 1024, 3, 3, 50, 20, 2, 100, 100, 5, Duration.ofMinutes(10));

  private static final int EVENTS = 30;
  private static final int ITEM_COUNT = 200;

  private static final Relay RELAY = open();

  /** A set to reconcile. */
  static final ItemTree ITEMS = items();

  private FuzzedRelay() {}

  private static Relay open() {
    NostrStore store =
        NostrStores.inMemory(NostrStoreOptions.DEFAULT.with(() -> NOW, new Random(1)));
    byte[] secret = new byte[32];
    secret[31] = 1;
    NostrKey author = NostrKey.fromSecret(secret);
    for (int i = 0; i < EVENTS; i++) {
      StoreOutcome _ =
          store.store(
              author.sign(i / 2, i % 3 == 0 ? 30_023 : i % 8, List.of(List.of("d", "" + i)), ""));
    }
    return Relay.open(
        store, new Relay.Setup("wss://relay.example", LIMITS, List.of(), () -> NOW, new Random(2)));
  }

  static RelaySession connect() {
    return RELAY.connect("a fuzzer", () -> {});
  }

  /** Lets pass what is an array that begins with a verb of a relay. */
  static void requireFrame(String text) {
    if (!text.endsWith("]")
        || VERBS.stream().noneMatch(verb -> text.startsWith("[\"" + verb + "\","))) {
      throw new AssertionError("no frame of a relay: " + text);
    }
  }

  private static ItemTree items() {
    Random random = new Random(3);
    List<ItemTree.Item> items = new ArrayList<>();
    for (int i = 0; i < ITEM_COUNT; i++) {
      byte[] id = new byte[NostrId.SIZE_BYTES];
      random.nextBytes(id);
      items.add(new ItemTree.Item(i / 3, new NostrId(id)));
    }
    return ItemTree.of(items);
  }
}
