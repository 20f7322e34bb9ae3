package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every page, light and dark, on a desk and on a phone; pictures stay in target/screenshots. */
@Tag("engine")
class EveryPageOfTheConsoleTest {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  /** A page: its name in pictures, its place, and what it shows when it is there. */
  private record Page(String name, String hash, String shows) {}

  private static final List<Page> PAGES =
      List.of(
          new Page("logs", "/", "Each is a chain of its own"),
          new Page("overview", "/logs/main", "Events over time"),
          new Page("empty-log", "/logs/empty", "No events yet"),
          new Page("live", "/logs/main/live", "door.opened"),
          new Page("events", "/logs/main/events", "Recorded from"),
          new Page("nothing-found", "/logs/main/events?q=nowhere", "Nothing found"),
          new Page("event", "/logs/main/events/40", "Proven in this browser"),
          new Page("erased-event", "/logs/main/events/7", "What it was is gone"),
          new Page("streams", "/logs/main/streams", "orders/berlin"),
          new Page("verification", "/logs/main/verification", "The server's own word"),
          new Page("keys", "/logs/main/keys", "trusted on first use"),
          new Page("envelope-keys", "/logs/letters/keys", "Keys of envelopes"),
          new Page("receipts", "/logs/main/receipts", "signature checked"),
          new Page("access", "/access", "Who you are here"),
          new Page("no-such-log", "/logs/nowhere", "Try again"),
          new Page("no-such-page", "/logs/main/nowhere", "There is no such page"));

  @TempDir static Path folder;

  private static Scene scene;
  private static Chromium browser;

  @BeforeAll
  static void a_log_with_a_past() throws Exception {
    scene = Scene.on(folder);
    scene.appendSome(120);
    scene.post("/v1/logs", "{\"name\":\"empty\"}");
    scene.post("/v1/logs", "{\"name\":\"letters\",\"kind\":\"envelopes\"}");
    scene.post("/v1/logs/main/erase", "{\"position\":7}");
    scene.post("/v1/logs/main/scrub", "");
    browser = Chromium.start();
  }

  @AfterAll
  static void stop() throws Exception {
    browser.close();
    scene.close();
  }

  @ParameterizedTest(name = "{0}, {1} pixels wide")
  @CsvSource({"light, 1280", "dark, 1280", "light, 390", "dark, 390"})
  void every_page_is_shown_without_a_complaint_or_a_barrier(String scheme, int width)
      throws Exception {
    try (Tab tab = browser.open(width, width < 500 ? 844 : 900)) {
      tab.prefer("prefers-color-scheme", scheme);
      List<String> barriers = new ArrayList<>();
      for (Page page : PAGES) {
        tab.go("about:blank");
        tab.go(scene.page(page.hash));
        tab.waitForText(page.shows);
        tab.waitFor("!document.querySelector('main').hasAttribute('aria-busy')");
        tab.screenshot(SCREENSHOTS.resolve("%s-%s-%d.png".formatted(page.name, scheme, width)));
        try {
          scene.assertWellBehaved(tab);
        } catch (AssertionError e) {
          barriers.add(page.name + ": " + e.getMessage());
        }
      }
      assertThat(barriers).isEmpty();
    }
  }

  @Test
  void the_switch_of_colours_holds_after_a_reload() {
    try (Tab tab = browser.open(1280, 900)) {
      tab.prefer("prefers-color-scheme", "light");
      tab.go(scene.page("/"));
      tab.waitForText("Each is a chain of its own");
      Object light = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor");
      tab.evaluate(
          """
          (() => {
            const select = document.querySelector("select[aria-label=Colours]");
            select.value = "dark";
            select.dispatchEvent(new Event("change"));
          })()\
          """);
      Object dark = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor");
      tab.reload();
      tab.waitForText("Each is a chain of its own");

      assertThat(dark).isNotEqualTo(light);
      assertThat(tab.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
          .isEqualTo(dark);
    }
  }

  @Test
  void nothing_moves_for_those_who_want_no_motion() {
    try (Tab tab = browser.open(1280, 900)) {
      tab.prefer("prefers-reduced-motion", "reduce");
      tab.go(scene.page("/logs/main/live"));
      tab.waitForText("door.opened");
      assertThat(tab.evaluate("document.getAnimations().length")).isEqualTo(0);
    }
  }

  @Test
  void a_barrier_would_be_noticed() {
    try (Tab tab = browser.open(390, 844)) {
      tab.go(scene.page("/"));
      tab.waitForText("Each is a chain of its own");
      scene.assertWellBehaved(tab);
      for (String barrier :
          List.of(
              "document.createElement('button')",
              "Object.assign(document.createElement('input'), { type: 'text' })",
              "Object.assign(document.createElement('img'), { src: 'icon.svg' })",
              "Object.assign(document.createElement('p'), { textContent: 'x', className: 'pale' })",
              "Object.assign(document.createElement('h3'), { textContent: 'deep' })",
              "Object.assign(document.createElement('p'), { textContent: 'w'.repeat(200) })")) {
        tab.evaluate(
            """
            (() => {
              const barrier = %s;
              barrier.id = "barrier";
              if (barrier.className === "pale") barrier.style.color = "#999";
              document.querySelector("main").prepend(barrier);
            })()\
            """
                .formatted(barrier));
        assertThat(failureOf(tab)).as(barrier).contains("barriers of");
        tab.evaluate("document.getElementById('barrier').remove()");
      }
      scene.assertWellBehaved(tab);
      tab.evaluate("console.error('planted')");
      assertThat(failureOf(tab)).contains("planted");
    }
  }

  private static String failureOf(Tab tab) {
    try {
      scene.assertWellBehaved(tab);
      return "none";
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }
}
