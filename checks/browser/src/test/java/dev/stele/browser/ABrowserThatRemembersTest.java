package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.VerifierKey;
import dev.stele.core.witness.FraudProof;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the console remembers of a log, and how loud it is when the log is another one later. */
@Tag("engine")
class ABrowserThatRemembersTest {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final String ALARM = "document.querySelector('.alarm')";
  private static final String CHECKED =
      "document.querySelector('main')?.innerText.includes('signature checked')";

  private static Chromium browser;

  @TempDir Path folder;

  private Scene scene;
  private Tab tab;

  @BeforeAll
  static void start() {
    browser = Chromium.start();
  }

  @AfterAll
  static void stop() {
    browser.close();
  }

  @BeforeEach
  void open() throws Exception {
    scene = Scene.on(folder.resolve("log"));
    scene.appendSome(20);
    tab = browser.open(1280, 900);
  }

  @AfterEach
  void close() throws Exception {
    tab.close();
    scene.close();
  }

  @Test
  void a_log_that_grows_is_no_alarm() throws Exception {
    lookAt("/logs/main");
    tab.waitFor(CHECKED);
    for (int size = 21; size < 30; size++) {
      scene.appendSome(1);
      lookAt("/logs/main");
      tab.waitFor(CHECKED);
      assertThat(seenSize()).isEqualTo(String.valueOf(size));
    }
    scene.serveInstead(folder.resolve("log"));
    lookAt("/logs/main");
    tab.waitFor(CHECKED);
    assertThat(tab.evaluate(ALARM + " === null")).isEqualTo(true);
  }

  @Test
  void the_first_key_is_pinned_and_said_to_be_only_that() {
    lookAt("/logs/main/keys");
    tab.waitForText("trusted on first use");
    assertThat(tab.text()).contains(vkey()).contains("the server shows the same");

    tab.click("main button.first");
    tab.waitForText("pinned by hand");
    tab.reload();
    tab.waitForText("pinned by hand");
    assertThat(tab.text()).doesNotContain("trusted on first use");
  }

  @Test
  void a_changed_key_is_an_alarm_that_stays() throws Exception {
    lookAt("/logs/main/events/7");
    tab.waitForText("Proven in this browser");
    scene.serveInstead(folder.resolve("another"));
    scene.appendSome(20);

    lookAt("/logs/main/events/7");
    tab.waitForText("This does not hold");
    assertThat(tab.text()).contains("The log's key has changed");
    tab.screenshot(SCREENSHOTS.resolve("alarm-key-changed.png"));
    lookAt("/logs/main/streams");
    tab.waitForText("Ordered parts of the log");
    assertThat(tab.text()).contains("The log's key has changed");
    // Also when the right key is shown again: that somebody showed another one stays worth knowing.
    scene.serveInstead(folder.resolve("log"));
    lookAt("/logs/main/events/7");
    tab.waitForText("Proven in this browser");
    assertThat(tab.text()).contains("The log's key has changed");
    scene.assertWellBehaved(tab);

    tab.evaluate(
        "[...document.querySelectorAll('.alarm button')].find((one) => one.textContent === 'Take"
            + " this away').click()");
    tab.waitFor(ALARM + " === null");
    lookAt("/logs/main/events/7");
    tab.waitForText("Proven in this browser");
    assertThat(tab.evaluate(ALARM + " === null")).isEqualTo(true);
  }

  @Test
  void a_log_that_was_put_back_is_an_alarm() throws Exception {
    scene.stopAndCopy(folder.resolve("log"), folder.resolve("old"));
    scene.appendSome(5);
    lookAt("/logs/main");
    tab.waitFor(CHECKED);
    scene.serveInstead(folder.resolve("old"));

    lookAt("/logs/main");
    tab.waitForText("checkpoint refused");
    assertThat(tab.text())
        .contains("The log has been rewound")
        .contains("has seen a signed checkpoint of 25 events; the server now shows one of 20");
    tab.screenshot(SCREENSHOTS.resolve("alarm-rewound.png"));
  }

  @Test
  void two_histories_of_one_size_convict_the_log() throws Exception {
    scene.stopAndCopy(folder.resolve("log"), folder.resolve("fork"));
    scene.append(Scene.event("doors", "told", "\"one story\""));
    lookAt("/logs/main");
    tab.waitFor(CHECKED);
    String key = vkey();
    scene.serveInstead(folder.resolve("fork"));
    scene.append(Scene.event("doors", "told", "\"another story\""));

    lookAt("/logs/main");
    tab.waitForText("checkpoint refused");
    assertThat(tab.text()).contains("The log has told two histories");
    tab.screenshot(SCREENSHOTS.resolve("alarm-forked.png"));
    Object proof =
        tab.evaluate(
            """
            (async () => {
              const { fraudProof, memory } = await import("./trust.js");
              const { base64 } = await import("./bytes.js");
              return base64(new Uint8Array(await fraudProof(memory("main").alarms[0]).arrayBuffer()));
            })()\
            """);
    byte[] file = Base64.getDecoder().decode(String.valueOf(proof));
    VerifierKey parsed =
        VerifierKey.parse(key) instanceof Parsed.Value<VerifierKey>(VerifierKey value)
            ? value
            : null;
    assertThat(FraudProof.check(file, java.util.Objects.requireNonNull(parsed)))
        .isInstanceOf(FraudProof.Finding.Convicted.class);
  }

  @Test
  void a_larger_log_that_does_not_continue_the_one_seen_is_an_alarm() throws Exception {
    scene.stopAndCopy(folder.resolve("log"), folder.resolve("fork"));
    scene.appendSome(3);
    lookAt("/logs/main");
    tab.waitFor(CHECKED);
    scene.serveInstead(folder.resolve("fork"));
    scene.appendSome(9);

    lookAt("/logs/main/events/2");
    tab.waitForText("This does not hold");
    assertThat(tab.text()).contains("The log does not continue what it was");
  }

  @Test
  void answers_that_overtake_each_other_are_no_alarm() throws Exception {
    lookAt("/logs/main");
    tab.waitFor(CHECKED);
    // An older checkpoint, signed and true, that arrives behind a newer one.
    Object older = tab.evaluate("(async () => (await fetch('v1/logs/main/checkpoint')).text())()");
    scene.appendSome(4);
    lookAt("/logs/main/streams");
    tab.waitForText("As of position");
    Object met =
        tab.evaluate(
            """
            (async () => {
              const trust = await import("./trust.js");
              const { utf8 } = await import("./bytes.js");
              const newer = await trust.observe("main");
              const older = await trust.meet("main", utf8(OLDER));
              const sizes = [newer.checkpoint.size, older.checkpoint.size, trust.memory("main").seen.size];
              return [newer.state, older.state, ...sizes].join(" ");
            })()\
            """
                .replace("OLDER", JsonText.write(String.valueOf(older))));
    assertThat(met).isEqualTo("good good 24 20 24");
    assertThat(tab.evaluate(ALARM + " === null")).isEqualTo(true);
  }

  @Test
  void a_key_that_is_pinned_by_hand_counts_and_no_other() {
    lookAt("/logs/main/keys");
    tab.waitForText("trusted on first use");
    tab.click("details summary");
    tab.click("details textarea");
    tab.type("no key");
    tab.click("details button");
    tab.waitForText("the key is not name+id+base64 of an Ed25519 key");
    tab.evaluate("document.querySelector('details textarea').value = ''");
    tab.click("details textarea");
    tab.type("stele.example/main+" + otherKeyIdAndBytes());
    tab.click("details button");
    tab.waitForText("the server shows another one");
    lookAt("/logs/main/events/3");
    tab.waitForText("This does not hold");
    assertThat(tab.text()).contains("No signature on it is by the key");
  }

  @Test
  void a_log_that_is_forgotten_is_met_for_the_first_time() throws Exception {
    lookAt("/logs/main/keys");
    tab.waitForText("trusted on first use");
    scene.serveInstead(folder.resolve("another"));
    lookAt("/logs/main/keys");
    tab.waitForText("the server shows another one");
    tab.click("main button.danger");
    tab.waitForText("Forget this log?");
    tab.click("dialog button.danger");
    tab.waitForText("the server shows the same");
    assertThat(tab.evaluate(ALARM + " === null")).isEqualTo(true);
  }

  /** Another key of the same name, with its right id. */
  private String otherKeyIdAndBytes() {
    return VerifierKey.of(
            "stele.example/main",
            VerifierKey.Algorithm.ED25519,
            dev.stele.crypto.Ed25519Key.fromSeed(new byte[32]).publicKey())
        .text()
        .substring("stele.example/main+".length());
  }

  private void lookAt(String hash) {
    tab.go("about:blank");
    tab.go(scene.page(hash));
  }

  private String vkey() {
    return scene.server().host().find("main").orElseThrow().log().verifierKey().text();
  }

  private String seenSize() {
    return String.valueOf(
        tab.evaluate("JSON.parse(localStorage.getItem('stele.trust/1/main')).seen.size"));
  }
}
