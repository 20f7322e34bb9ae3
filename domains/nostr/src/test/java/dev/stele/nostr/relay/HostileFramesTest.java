package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.NOW;
import static dev.stele.nostr.relay.Talk.json;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.publish;
import static dev.stele.nostr.relay.Talk.rest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.testkit.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class HostileFramesTest {
  private static final String NOISE = "\"\\[]{},:0123456789abcdef#-+.eE \n\u0000\u001fé𝄞\ud800";

  private static List<String> wellMeant(String challenge) {
    NostrEvent note =
        ALICE.sign(NOW, 1, List.of(List.of("t", "a"), List.of("-")), "a \"quoted\" \\ note");
    return List.of(
        publish(note),
        publish(note(ALICE, NOW, "another")),
        "[\"REQ\",\"s\",{\"kinds\":[1],\"#t\":[\"a\"],\"since\":5,\"limit\":3},{\"search\":\"x\"}]",
        "[\"REQ\",\"s\",{\"ids\":[\"" + note.id() + "\"],\"authors\":[\"" + note.pubkey() + "\"]}]",
        "[\"COUNT\",\"c\",{\"#e\":[\"" + note.id() + "\"]}]",
        "[\"CLOSE\",\"s\"]",
        "[\"AUTH\"," + json(Talk.auth(ALICE, challenge, Talk.URL, NOW)) + "]",
        "[\"NEG-OPEN\",\"n\",{},\"6100000200\"]",
        "[\"NEG-MSG\",\"n\",\"6100000200\"]",
        "[\"NEG-CLOSE\",\"n\"]");
  }

  private static String mutated(String frame, List<String> others, Random random) {
    StringBuilder text = new StringBuilder(frame);
    for (int changes = random.nextInt(3); changes >= 0; changes--) {
      int at = random.nextInt(text.length() + 1);
      int to = Math.min(text.length(), at + random.nextInt(8));
      switch (random.nextInt(5)) {
        case 0 -> text.delete(at, to);
        case 1 -> text.insert(at, NOISE.charAt(random.nextInt(NOISE.length())));
        case 2 -> text.replace(at, to, "" + NOISE.charAt(random.nextInt(NOISE.length())));
        case 3 -> text.setLength(at);
        default -> {
          String other = others.get(random.nextInt(others.size()));
          int from = random.nextInt(other.length());
          text.insert(at, other, from, from + random.nextInt(other.length() - from));
        }
      }
    }
    return text.toString();
  }

  private static void assertIsJson(String frame, String about) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), frame)) {
      while (parser.nextToken() != null) {
        assertThat(parser.currentToken()).as(about).isNotNull();
      }
    }
  }

  @Test
  void whatever_comes_is_answered_with_frames_and_nothing_is_thrown() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Talk talk = new Talk(Talk.SMALL);
    RelaySession session = talk.connect();
    List<String> wellMeant = wellMeant(Talk.challenge(session));
    int reasons = 0;
    for (int i = 0; i < Scale.of(100_000); i++) {
      String frame = mutated(wellMeant.get(random.nextInt(wellMeant.size())), wellMeant, random);
      String about = "seed " + seed + ", frame " + i + ": " + frame;
      List<String> answer;
      try {
        answer = new ArrayList<>(session.receive(frame));
        answer.addAll(rest(session));
      } catch (RuntimeException e) {
        throw new AssertionError(about, e);
      }
      // What ends something is silent where there is nothing to end.
      if (answer.isEmpty()) {
        assertThat(frame).as(about).containsPattern("CLOSE");
      }
      for (String each : answer) {
        assertIsJson(each, about);
        if (each.contains("invalid: ")) {
          reasons++;
        }
      }
      if (session.isOver()) {
        session = talk.connect();
      }
    }
    assertThat(reasons).isPositive();
  }

  @Test
  void the_deepest_frame_is_read_and_one_level_more_is_not() {
    RelaySession session = new Talk(Talk.SMALL).connect();
    String event = publish(note(ALICE, NOW, "deep"));
    // The frame and the event are two levels; the member is skipped, whatever it holds.
    int room = ClientFrame.MAX_DEPTH - 2;
    String deepest =
        event.replace("\"kind\"", "\"x\":" + "[".repeat(room) + "]".repeat(room) + ",\"kind\"");
    String deeper =
        event.replace(
            "\"kind\"", "\"x\":" + "[".repeat(room + 1) + "]".repeat(room + 1) + ",\"kind\"");

    assertThat(session.receive(deepest).getFirst()).contains(",true,");
    assertThat(session.receive(deeper).getFirst()).contains(",false,\"invalid: ");
  }

  @Test
  void long_strings_names_and_numbers_are_answered_with_a_reason() {
    RelaySession session = new Talk(RelayLimits.DEFAULT).connect();
    String longText = "9".repeat(200_000);
    for (String frame :
        List.of(
            "[\"" + longText + "\",1]",
            "[\"REQ\",\"s\",{\"limit\":" + longText + "}]",
            "[\"REQ\",\"s\",{\"" + longText + "\":1}]",
            "[\"REQ\",\"" + longText + "\",{}]",
            "[\"EVENT\",{\"created_at\":" + longText + "}]",
            "[\"EVENT\",{\"" + longText + "\":1}]",
            "[\"NEG-OPEN\",\"n\",{},\"" + longText + "\"]",
            "x".repeat(600_000))) {
      List<String> answer = session.receive(frame);
      assertThat(answer).hasSize(1);
      assertThat(answer.getFirst()).contains("invalid: ").hasSizeLessThan(1_000);
    }
  }
}
