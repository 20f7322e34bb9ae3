package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page of an event, on a server that is honest, and on one that is not. */
@Tag("engine")
class AnEventCheckedInTheBrowserTest {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final String EVENT = "/events/40?bytes=true";
  private static final String PROOF = "/events/40/proof";
  private static final String VERDICT = "document.querySelector('[data-verdict]')";

  @TempDir static Path folder;

  private static Scene scene;
  private static Chromium browser;
  private Tab tab;

  /** What somebody changes in answers, and which step of the page has to notice. */
  enum Tampering {
    A_BIT_OF_THE_RECORD(EVENT, "Leaf", json -> bitOfBase64(json, "record", 30)),
    A_BIT_OF_THE_RECORDS_STREAM(EVENT, "Record", json -> bitOfBase64(json, "record", 100)),
    A_CUT_RECORD(
        EVENT,
        "What the server sent",
        json -> json.replaceFirst("\"record\":\".{8}", "\"record\":\"")),
    A_BIT_OF_THE_PAYLOAD_IN_THE_BODY(EVENT, "Payload", json -> bitOfBase64(json, "body", 60)),
    A_BIT_OF_THE_SALT(EVENT, "Payload", json -> bitOfBase64(json, "body", 1)),
    NO_BODY(EVENT, "Payload", json -> json.replaceFirst("\"body\":\"[^\"]*\"", "\"body\":null")),
    AN_ERASURE_THAT_NEVER_WAS(
        EVENT,
        "Payload",
        json ->
            json.replace("\"erased\":false", "\"erased\":true")
                .replaceFirst("\"body\":\"[^\"]*\"", "\"body\":null")),
    ANOTHER_PAYLOAD_BESIDE_THE_BODY(EVENT, "Payload", json -> bitOfBase64(json, "payload", 3)),
    ANOTHER_TYPE(
        EVENT,
        "Record",
        json -> json.replace("\"type\":\"door.opened\"", "\"type\":\"door.closed\"")),
    ANOTHER_TIME(
        EVENT, "Record", json -> json.replaceFirst("\"recordedAt\":\"20", "\"recordedAt\":\"19")),
    ANOTHER_SUBJECT(
        EVENT, "Payload", json -> json.replace("\"subject\":\"alice\"", "\"subject\":\"mallory\"")),
    ANOTHER_LINK(EVENT, "Leaf", json -> bitOfHex(json, "\"link\":\"")),
    ANOTHER_LEAF(PROOF, "Leaf", json -> bitOfHex(json, "\"leafHash\":\"")),
    A_BIT_OF_THE_PATH(PROOF, "Path", json -> bitOfHex(json, "\"path\":[\"")),
    A_HASH_LESS(
        PROOF, "What the server sent", json -> json.replaceFirst("\"[0-9a-f]{64}\"\\]", "\"\"]")),
    ANOTHER_INDEX(
        PROOF, "What the server sent", json -> json.replace("\"index\":39", "\"index\":38")),
    ANOTHER_SIZE(PROOF, "Path", json -> json.replace("\"size\":100", "\"size\":99")),
    A_BIT_OF_THE_SIGNED_ROOT(
        PROOF,
        "Checkpoint",
        json -> bitOfBase64(json, Pattern.compile("(\\\\n100\\\\n)([A-Za-z0-9+/=]+)"), 7)),
    A_LARGER_SIGNED_SIZE(
        PROOF, "Checkpoint", json -> json.replaceFirst("\\\\n100\\\\n", "\\\\n101\\\\n")),
    A_BIT_OF_THE_SIGNATURE(
        PROOF,
        "Checkpoint",
        // Behind the four bytes of the key's id.
        json -> bitOfBase64(json, Pattern.compile("(\u2014 [^ ]+ )([A-Za-z0-9+/=]+)"), 20)),
    NO_SIGNATURE(
        PROOF, "Checkpoint", json -> json.replaceFirst("\\\\n\\\\n.*?\\\\n\"", "\\\\n\\\\n\"")),
    THE_PROOF_OF_ANOTHER_EVENT(
        PROOF, "What the server sent", json -> json.replaceFirst("\"index\":39", "\"index\":40"));

    private final String path;
    private final String step;

    /** A function of the text alone. */
    @SuppressWarnings("ImmutableEnumChecker")
    private final UnaryOperator<String> change;

    Tampering(String path, String step, UnaryOperator<String> change) {
      this.path = path;
      this.step = step;
      this.change = change;
    }
  }

  @BeforeAll
  static void a_log_of_a_hundred_events() throws Exception {
    scene = Scene.on(folder);
    scene.appendSome(100);
    browser = Chromium.start();
  }

  @AfterAll
  static void stop() throws Exception {
    browser.close();
    scene.close();
  }

  @BeforeEach
  void open() {
    tab = browser.open(1280, 900);
  }

  @AfterEach
  void close() {
    scene.front().beHonest();
    tab.close();
  }

  @Test
  void every_event_of_an_honest_server_is_proven() {
    for (int position : new int[] {1, 2, 64, 65, 99, 100}) {
      go(position);
      assertThat(verdict()).as("event %d", position).isEqualTo("good");
      assertThat(states()).as("event %d", position).hasSize(5).containsOnly("good");
    }
    scene.assertWellBehaved(tab);
  }

  @ParameterizedTest
  @EnumSource
  void what_was_tampered_with_turns_red_at_the_step_that_notices(Tampering tampering)
      throws Exception {
    boolean[] isChanged = {false};
    scene
        .front()
        .tamper(
            tampering.path,
            json -> {
              String changed = tampering.change.apply(json);
              isChanged[0] |= !changed.equals(json);
              return changed;
            });
    go(40);

    assertThat(isChanged[0]).as("the answer was changed").isTrue();
    assertThat(verdict()).isEqualTo("bad");
    assertThat(tab.text()).contains("This does not hold");
    assertThat(redSteps()).contains(tampering.step);
    tab.screenshot(
        SCREENSHOTS.resolve(
            "tampered-" + tampering.name().toLowerCase(java.util.Locale.ROOT) + ".png"));
    scene.assertWellBehaved(tab);
  }

  @Test
  void an_event_that_was_tampered_with_is_proven_again_when_it_is_put_right() {
    scene.front().tamper(EVENT, Tampering.A_BIT_OF_THE_RECORD.change);
    go(40);
    assertThat(verdict()).isEqualTo("bad");
    scene.front().beHonest();
    go(40);
    assertThat(verdict()).isEqualTo("good");
  }

  @Test
  void without_a_proof_nothing_is_called_proven() {
    scene
        .front()
        .tamper(PROOF, json -> json.replaceFirst("\"checkpoint\":\".*?\\\\n\"", "\"x\":0"));
    go(40);
    assertThat(verdict()).isEqualTo("unsure");
    assertThat(tab.text()).contains("Not proven");
  }

  @Test
  void the_proof_file_that_is_downloaded_is_the_servers() {
    go(40);
    Object file =
        tab.evaluate(
            """
            (async () => {
              const kept = [];
              const make = URL.createObjectURL;
              URL.createObjectURL = (blob) => (kept.push(blob), make(blob));
              document.querySelector("[data-verdict] button").click();
              while (kept.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
              return kept[0].text();
            })()\
            """);
    assertThat(String.valueOf(file))
        .startsWith("c2sp.org/tlog-proof@v1\n")
        .contains("\nindex 39\n");
  }

  @Test
  void the_drawing_shows_every_level_and_the_hashes_that_were_computed() {
    go(40);
    assertThat(tab.evaluate("document.querySelectorAll('.tree .box').length"))
        .as("a leaf, 7 siblings, 7 nodes and the checkpoint")
        .isEqualTo(16);
    assertThat(String.valueOf(tab.evaluate("document.querySelector('.tree').textContent")))
        .contains("signed root of 100", "65 – 100", "event 39", "event 40");
  }

  private void go(int position) {
    tab.go("about:blank");
    tab.go(scene.page("/logs/main/events/" + position));
    tab.waitFor(
        VERDICT
            + " && !document.querySelector('main').hasAttribute('aria-busy') &&"
            + " document.querySelector('h1').textContent === 'Event %d'".formatted(position));
  }

  private String verdict() {
    return String.valueOf(tab.evaluate(VERDICT + ".dataset.verdict"));
  }

  private List<String> states() {
    return tab.list("[...document.querySelectorAll('.step')].map((step) => step.dataset.state)");
  }

  private List<String> redSteps() {
    return tab.list(
        "[...document.querySelectorAll('.step[data-state=bad] h3')].map((head) =>"
            + " head.firstChild.textContent)");
  }

  /** Flips the lowest bit of one byte of a member in base64. */
  private static String bitOfBase64(String json, String member, int at) {
    return bitOfBase64(json, Pattern.compile("(\"" + member + "\":\")([^\"]+)"), at);
  }

  /** The same for the base64 of a pattern's second group; it stays canonical. */
  private static String bitOfBase64(String json, Pattern pattern, int at) {
    Matcher matcher = pattern.matcher(json);
    if (!matcher.find()) {
      return json;
    }
    byte[] bytes = Base64.getDecoder().decode(matcher.group(2));
    bytes[at] ^= 1;
    return json.substring(0, matcher.start(2))
        + Base64.getEncoder().encodeToString(bytes)
        + json.substring(matcher.end(2));
  }

  /** Changes the first digit of the hash behind a prefix. */
  private static String bitOfHex(String json, String prefix) {
    int at = json.indexOf(prefix);
    if (at < 0) {
      return json;
    }
    int digit = at + prefix.length();
    char flipped = "1032547698badcfe".charAt(Character.digit(json.charAt(digit), 16));
    return json.substring(0, digit) + flipped + json.substring(digit + 1);
  }
}
