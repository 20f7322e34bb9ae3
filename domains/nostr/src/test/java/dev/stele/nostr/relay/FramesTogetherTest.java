package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.NOW;
import static dev.stele.nostr.relay.Talk.json;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.ok;
import static dev.stele.nostr.relay.Talk.publish;
import static dev.stele.nostr.relay.Talk.rest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.testkit.Scale;
import dev.stele.testkit.TestLogs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames that a session is given several at a time. */
class FramesTogetherTest {
  private static final RelayLimits LIMITS =
      new RelayLimits(4_096, 8, 3, 5_000, 5_000, 2, 5_000, 5_000, 5_000, Duration.ofMinutes(10));

  private static NostrStore store() {
    return NostrStores.inMemory(
        NostrStoreOptions.DEFAULT.with(() -> TestLogs.START, new Random(1)));
  }

  /** What takes tokens, what wants work, and who may not write. */
  private static Relay relay(NostrStore store) {
    Policy.OfEvents notEverything =
        (event, client) ->
            event.content().startsWith("no")
                ? new Ruling.Refuse(Prefix.BLOCKED, "not this")
                : Ruling.PASS;
    return Relay.open(
        store,
        new Relay.Setup(
            Talk.URL,
            LIMITS,
            List.of(notEverything, Policy.eventRate(new TokenBuckets(1, 70, () -> 0))),
            () -> TestLogs.START,
            new Random(1)));
  }

  private static List<String> frames(Random random) {
    List<String> frames = new ArrayList<>();
    List<NostrEvent> events = new ArrayList<>();
    while (frames.size() < 120) {
      NostrKey key = random.nextBoolean() ? ALICE : BOB;
      long at = NOW + random.nextInt(20);
      NostrEvent any =
          events.isEmpty() ? note(key, at, "first") : events.get(random.nextInt(events.size()));
      switch (random.nextInt(14)) {
        case 0 -> frames.add("[\"REQ\",\"s" + random.nextInt(3) + "\",{\"kinds\":[0,1]}]");
        case 1 -> frames.add("[\"COUNT\",\"c\",{}]");
        case 2 -> frames.add("[\"CLOSE\",\"s0\"]");
        case 3 -> frames.add("[\"EVENT\",{\"id\":\"" + any.id() + "\"}]");
        case 4 -> frames.add("[\"EVENT\"," + json(any).replace("content", "contents") + "]");
        case 5 -> frames.add(publish(any));
        case 6 -> frames.add(publish(key.sign(at, 5, List.of(List.of("e", any.id())), "")));
        case 7 -> frames.add(publish(key.sign(at, 0, List.of(), "" + random.nextInt())));
        case 8 -> frames.add(publish(note(key, at, "no " + random.nextInt())));
        case 9 -> frames.add(publish(note(key, at, "x".repeat(5_000))));
        case 10 -> frames.add(publish(note(key, at, "protected", List.of("-"))));
        default -> {
          NostrEvent event = note(key, at, "" + random.nextInt());
          events.add(event);
          frames.add(publish(event));
        }
      }
    }
    return frames;
  }

  @Test
  void are_answered_as_if_each_had_come_alone_however_they_are_split() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < Scale.of(50); round++) {
      String at = "seed %d, round %d".formatted(seed, round);
      List<String> frames = frames(random);
      try (NostrStore one = store();
          NostrStore many = store();
          Relay alone = relay(one);
          Relay together = relay(many)) {
        RelaySession first = alone.connect("a", () -> {});
        RelaySession second = together.connect("a", () -> {});
        List<String> wanted = new ArrayList<>();
        for (String frame : frames) {
          wanted.addAll(first.receive(frame));
        }
        List<String> answers = new ArrayList<>();
        for (int from = 0; from < frames.size(); ) {
          int to = Math.min(frames.size(), from + random.nextInt(30));
          answers.addAll(second.receive(frames.subList(from, to)));
          from = to;
        }
        assertThat(answers).as(at).isEqualTo(wanted);
        first.close();
        second.close();
      }
    }
  }

  @Test
  void more_events_than_share_a_sync_are_all_answered() {
    RelaySession session = new Talk(RelayLimits.DEFAULT).connect();
    List<String> frames = new ArrayList<>();
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i <= RelaySession.MAX_EVENTS_TOGETHER; i++) {
      NostrEvent event = note(ALICE, NOW, "note " + i);
      frames.add(publish(event));
      wanted.add(ok(event));
    }
    assertThat(session.receive(frames)).isEqualTo(wanted);
    assertThat(session.receive(List.of())).isEmpty();
    assertThat(rest(session)).isEmpty();
  }
}
