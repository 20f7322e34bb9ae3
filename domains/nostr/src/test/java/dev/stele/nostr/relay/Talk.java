package dev.stele.nostr.relay;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.store.ModelStore;
import dev.stele.testkit.TestLogs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** A relay on a model of a store, and what is said to it. */
final class Talk {
  static final String URL = "wss://relay.example/";

  static final long NOW = TestLogs.START.getEpochSecond();
  static final NostrKey ALICE = key(1);
  static final NostrKey BOB = key(2);
  static final RelayLimits SMALL =
      new RelayLimits(64 * 1024, 3, 3, 50, 20, 2, 100, 8, 5, Duration.ofMinutes(10));

  private Instant now = TestLogs.START;
  final ModelStore store = new ModelStore(() -> now, Set.of(URL));
  final Relay relay;

  Talk(RelayLimits limits, Policy... policies) {
    this.relay =
        Relay.open(
            store, new Relay.Setup(URL, limits, List.of(policies), () -> now, new Random(1)));
  }

  static NostrKey key(int number) {
    byte[] secret = new byte[32];
    secret[31] = (byte) number;
    return NostrKey.fromSecret(secret);
  }

  void pass(long seconds) {
    now = now.plusSeconds(seconds);
  }

  RelaySession connect() {
    return relay.connect("127.0.0.1", () -> {}).hinting();
  }

  static NostrEvent note(NostrKey key, long at, String content) {
    return key.sign(at, 1, List.of(), content);
  }

  static NostrEvent note(NostrKey key, long at, String content, List<String> tag) {
    return key.sign(at, 1, List.of(tag), content);
  }

  static String json(NostrEvent event) {
    return new String(EventJson.write(event), StandardCharsets.UTF_8);
  }

  static String publish(NostrEvent event) {
    return "[\"EVENT\"," + json(event) + "]";
  }

  static String told(String id, NostrEvent event) {
    return "[\"EVENT\",\"" + id + "\"," + json(event) + "]";
  }

  static String ok(NostrEvent event) {
    return "[\"OK\",\"" + event.id() + "\",true,\"\"]";
  }

  static String refused(NostrEvent event, String begins) {
    return "[\"OK\",\"" + event.id() + "\",false,\"" + begins;
  }

  /** All that a session has to say without being asked. */
  static List<String> rest(RelaySession session) {
    List<String> frames = new ArrayList<>();
    for (List<String> more = session.next(); !more.isEmpty(); more = session.next()) {
      frames.addAll(more);
    }
    return frames;
  }

  /** An answer and all that follows it. */
  static List<String> say(RelaySession session, String frame) {
    List<String> frames = new ArrayList<>(session.receive(frame));
    frames.addAll(rest(session));
    return frames;
  }

  static String challenge(RelaySession session) {
    String frame = session.opening().getFirst();
    return frame.substring("[\"AUTH\",\"".length(), frame.length() - 2);
  }

  static NostrEvent auth(NostrKey key, String challenge, String url, long at) {
    return key.sign(
        at, 22_242, List.of(List.of("relay", url), List.of("challenge", challenge)), "");
  }

  static String auth(RelaySession session, NostrKey key) {
    return "[\"AUTH\"," + json(auth(key, challenge(session), URL, NOW)) + "]";
  }
}
