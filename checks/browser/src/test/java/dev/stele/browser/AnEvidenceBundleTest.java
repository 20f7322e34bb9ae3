package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.mcp.gate.TrafficGate.Direction;
import dev.stele.mcp.record.Evidence;
import dev.stele.mcp.record.Redaction;
import dev.stele.mcp.record.TrafficRecorder;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of an evidence bundle, opened from disk in a browser that has no network. */
@Tag("engine")
class AnEvidenceBundleTest {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final Pattern PROOF = Pattern.compile("\"proof\":\"([^\"]+)\"");
  private static final String DONE = "(document.getElementById('verdict')?.className ?? '') !== ''";
  private static final String VERDICT = "document.getElementById('verdict').textContent";
  private static final String SESSION = "s</script><b>1";

  private static Chromium browser;

  @TempDir Path folder;

  private EventLog log;
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
  void record() throws Exception {
    log =
        EventLog.open(
            new MemoryLogEngine(),
            LogId.MAIN,
            TestLogs.keys(),
            TestLogs.options(5, new MemoryAnchor()));
    TrafficRecorder recorder = new TrafficRecorder(log, Redaction.NONE, Durability.MEMORY);
    for (int call = 1; call <= 10; call++) {
      for (String session : List.of(SESSION, "another")) {
        recorder.record(session, Direction.TO_SERVER, "ann", bytes(request(call)));
        recorder.record(session, Direction.TO_CLIENT, "ann", bytes(answer(call)));
      }
    }
    tab = browser.open(1000, 800);
  }

  @AfterEach
  void close() {
    tab.close();
    log.close();
  }

  private static String request(int call) {
    return """
    {"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"add <b>","arguments":{"n":%d}}}\
    """
        .formatted(call, call);
  }

  private static String answer(int call) {
    return "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"content\":[]}}".formatted(call);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String page() throws IOException {
    Evidence.Outcome outcome =
        Evidence.write(
            log,
            log.checkpoint(),
            SESSION,
            (path, content) -> {
              Path file = folder.resolve(path);
              Files.createDirectories(file.toAbsolutePath().getParent());
              Files.write(file, content);
            });
    assertThat(outcome).isInstanceOf(Evidence.Outcome.Written.class);
    return Files.readString(folder.resolve("index.html"));
  }

  private String verdictOf(String page) throws Exception {
    Path file = Files.writeString(folder.resolve("shown.html"), page);
    tab.setOffline(true);
    tab.go(file.toUri().toString());
    tab.waitFor(DONE);
    return String.valueOf(tab.evaluate(VERDICT));
  }

  @Test
  void proves_every_message_from_its_bytes() throws Exception {
    assertThat(verdictOf(page())).startsWith("PROVEN: all 20 messages");
    assertThat(tab.text())
        .contains("tools/call add <b> #1")
        .contains("answer to #10")
        .contains(SESSION)
        .contains(log.verifierKey().text());
    Files.createDirectories(SCREENSHOTS);
    tab.screenshot(SCREENSHOTS.resolve("evidence.png"));
  }

  @Test
  void says_so_when_a_message_was_erased_with_a_receipt() throws Exception {
    var _ = log.erase(new Erasure.OfEvent(1));
    assertThat(verdictOf(page())).startsWith("PROVEN");
    assertThat(tab.text()).contains("erased, as a signed receipt of the log says");
  }

  @Test
  void refuses_each_changed_bit() throws Exception {
    String page = page();
    Random random = new Random(20);
    for (int i = 0; i < 20; i++) {
      List<String> proofs = proofs(page);
      String proof = proofs.get(random.nextInt(proofs.size()));
      byte[] changed = Base64.getDecoder().decode(proof);
      int bit = random.nextInt(8 * changed.length);
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      String verdict = verdictOf(page.replace(proof, Base64.getEncoder().encodeToString(changed)));
      assertThat(verdict).as("bit %d", bit).startsWith("NOT PROVEN: 1 of 20");
    }
  }

  @Test
  void refuses_a_session_from_which_something_was_taken_or_that_was_put_in_another_order()
      throws Exception {
    String page = page();
    assertThat(verdictOf(page.replaceFirst(",\\{\"position\":5,\"proof\":\"[^\"]+\"\\}", "")))
        .startsWith("NOT PROVEN");
    assertThat(tab.text()).contains("something in front of it was left out");
    List<String> proofs = proofs(page);
    String swapped =
        page.replace(proofs.get(3), "@")
            .replace(proofs.get(4), proofs.get(3))
            .replace("\"proof\":\"@\"", "\"proof\":\"" + proofs.get(4) + "\"");
    assertThat(verdictOf(swapped)).startsWith("NOT PROVEN");
  }

  private static List<String> proofs(String page) {
    return new ArrayList<>(
        PROOF.matcher(page).results().map((MatchResult found) -> found.group(1)).toList());
  }
}
