package dev.stele.nostr.view;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.NostrFilter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/** Events and filters made from a seed, few of everything so that they meet. */
public final class Histories {
  /** The name of the store in requests to vanish. */
  public static final String RELAY = "wss://relay.example";

  /** Times are from 1,000 to this, so that many events share a second. */
  public static final int LAST_TIME = 1_300;

  private static final int[] KINDS = {
    0, 1, 1, 1, 1, 3, 4, 7, 7, 45, 1_059, 1_111, 10_002, 30_023, 30_023, 30_000, 40_000
  };
  private static final String[] WORDS = {
    "",
    "nostr",
    "Nostr",
    "a",
    "ab",
    "\u0000",
    "🪨",
    "x".repeat(64),
    "x".repeat(65),
    "x".repeat(66),
    "y".repeat(300),
    "0".repeat(64),
    "1".repeat(63)
  };
  private static final char[] LETTERS = {'t', 't', 'r', 'T', 'd'};

  private final Random random;
  private final List<NostrKey> keys = new ArrayList<>();

  /** A source of events. */
  public Histories(long seed, int authors) {
    this.random = new Random(seed);
    for (int i = 0; i < authors; i++) {
      byte[] secret = new byte[32];
      random.nextBytes(secret);
      secret[0] = 1;
      keys.add(NostrKey.fromSecret(secret));
    }
  }

  /** So many events, some of which take others back, in an order of no meaning. */
  public List<NostrEvent> events(int count) {
    List<NostrEvent> events = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    while (events.size() < count) {
      NostrEvent event = event(events);
      if (ids.add(event.id())) {
        events.add(event);
      }
    }
    Collections.shuffle(events, random);
    return events;
  }

  private NostrEvent event(List<NostrEvent> before) {
    NostrKey key = keys.get(random.nextInt(keys.size()));
    long at = 1_000L + random.nextInt(LAST_TIME - 1_000);
    int die = random.nextInt(100);
    List<List<String>> tags = new ArrayList<>();
    if (die < 6 && !before.isEmpty()) {
      for (int i = random.nextInt(3); i >= 0; i--) {
        tags.add(target(before));
      }
      return key.sign(at, 5, tags, "");
    }
    if (die == 6 && random.nextInt(4) == 0) {
      String[] relays = {RELAY + "/", "ALL_RELAYS", "wss://other.example", "WSS://Relay.example"};
      tags.add(List.of("relay", relays[random.nextInt(relays.length)]));
      return key.sign(1_000L + random.nextInt(100), 62, tags, "");
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      tags.add(tag(before));
    }
    int kind = KINDS[random.nextInt(KINDS.length)];
    return key.sign(at, kind, tags, "content " + random.nextInt());
  }

  private List<String> target(List<NostrEvent> before) {
    NostrEvent target = before.get(random.nextInt(before.size()));
    // Most often one's own, else it has no effect.
    String author =
        random.nextInt(4) > 0 ? target.pubkey() : keys.get(random.nextInt(keys.size())).pubkey();
    return random.nextInt(3) > 0
        ? List.of("e", target.id())
        : List.of(
            "a",
            target.kind()
                + ":"
                + author
                + ":"
                + (target.kind() >= 30_000 ? target.firstValue("d").orElse("") : ""));
  }

  private List<String> tag(List<NostrEvent> before) {
    return switch (random.nextInt(8)) {
      case 0 -> List.of("p", keys.get(random.nextInt(keys.size())).pubkey());
      case 1 -> before.isEmpty() ? List.of("e") : List.of("e", anyOf(before).id(), "", "reply");
      case 2 -> List.of("expiration", String.valueOf(1_000L + random.nextInt(600)));
      case 3 -> List.of("long", word());
      case 4, 5 -> List.of("d", word());
      default -> List.of(String.valueOf(LETTERS[random.nextInt(LETTERS.length)]), word(), "more");
    };
  }

  private static String wordOf(Random random) {
    return WORDS[random.nextInt(WORDS.length)];
  }

  private String word() {
    return wordOf(random);
  }

  private NostrEvent anyOf(List<NostrEvent> events) {
    return events.get(random.nextInt(events.size()));
  }

  /** A filter of which some events may be. */
  public NostrFilter filter(List<NostrEvent> events) {
    Map<Character, Set<String>> tags = new LinkedHashMap<>();
    for (int i = Math.max(0, random.nextInt(5) - 2); i > 0; i--) {
      addTag(tags, events);
    }
    OptionalLong since = OptionalLong.empty();
    OptionalLong until = OptionalLong.empty();
    if (random.nextInt(4) == 0) {
      since = OptionalLong.of(990L + random.nextInt(LAST_TIME - 980));
    }
    if (random.nextInt(4) == 0) {
      until = OptionalLong.of(990L + random.nextInt(LAST_TIME - 980));
    }
    return new NostrFilter(
        random.nextInt(10) == 0 ? Optional.of(ids(events)) : Optional.empty(),
        random.nextInt(3) == 0 ? Optional.of(authors(events)) : Optional.empty(),
        random.nextInt(3) == 0 ? Optional.of(kinds(events)) : Optional.empty(),
        tags,
        since,
        until,
        random.nextInt(2) == 0 ? OptionalInt.of(random.nextInt(40)) : OptionalInt.empty(),
        Optional.empty());
  }

  private void addTag(Map<Character, Set<String>> tags, List<NostrEvent> events) {
    Set<String> values = new LinkedHashSet<>();
    int count = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      List<List<String>> some = anyOf(events).tags();
      for (List<String> tag : some) {
        if (tag.size() >= 2 && tag.getFirst().length() == 1) {
          values.add(tag.get(1));
          tags.computeIfAbsent(tag.getFirst().charAt(0), _ -> new LinkedHashSet<>())
              .add(tag.get(1));
        }
      }
      values.add(word());
    }
    if (random.nextInt(2) == 0) {
      tags.put(LETTERS[random.nextInt(LETTERS.length)], values);
    }
  }

  private Set<NostrId> ids(List<NostrEvent> events) {
    Set<NostrId> ids = new LinkedHashSet<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      ids.add(NostrId.ofHex(anyOf(events).id()));
    }
    return ids;
  }

  private Set<PublicKey> authors(List<NostrEvent> events) {
    Set<PublicKey> authors = new LinkedHashSet<>();
    int count = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      authors.add(PublicKey.ofHex(anyOf(events).pubkey()));
    }
    return authors;
  }

  private Set<Integer> kinds(List<NostrEvent> events) {
    Set<Integer> kinds = new LinkedHashSet<>();
    int count = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      kinds.add(anyOf(events).kind());
    }
    return kinds;
  }
}
