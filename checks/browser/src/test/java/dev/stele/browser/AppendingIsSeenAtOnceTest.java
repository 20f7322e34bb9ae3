package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page that follows a log. */
@Tag("engine")
class AppendingIsSeenAtOnceTest {
  private static final String ROWS = "document.querySelectorAll('.event-row')";

  /** As many rows as the page keeps. */
  private static final int MAX_ROWS = 300;

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
    scene = Scene.on(folder);
    scene.appendSome(30);
    tab = browser.open(1280, 900);
    tab.go(scene.page("/logs/main/live"));
    tab.waitFor("document.querySelector('.badge.live')");
  }

  @AfterEach
  void close() throws Exception {
    tab.close();
    scene.close();
  }

  @Test
  void an_event_appears_when_it_is_appended() throws Exception {
    assertThat(tab.evaluate(ROWS + ".length")).as("the last before").isEqualTo(20);
    scene.append(Scene.event("doors", "door.closed", "{\"door\": 99}"));
    tab.waitFor(ROWS + "[0].textContent.includes('door.closed')");
    assertThat(tab.text()).contains("{\"door\": 99}");
    tab.waitFor("document.querySelector('[aria-live=polite]').textContent === '1 new event'");
    scene.assertWellBehaved(tab);
  }

  @Test
  void rows_are_bounded_and_the_newest_stay() throws Exception {
    scene.appendSome(MAX_ROWS + 10);
    tab.waitFor(ROWS + "[0].textContent.startsWith('" + (30 + MAX_ROWS + 10) + "')");
    assertThat(tab.evaluate(ROWS + ".length")).isEqualTo(MAX_ROWS);
  }

  @Test
  void while_it_is_paused_events_wait() throws Exception {
    tab.click(".page-head button");
    tab.waitForText("paused, 0 events waiting");
    scene.appendSome(3);
    tab.waitForText("paused, 3 events waiting");
    assertThat(tab.evaluate(ROWS + "[0].textContent.startsWith('30')")).isEqualTo(true);
    tab.click(".page-head button");
    tab.waitFor(ROWS + "[0].textContent.startsWith('33')");
    assertThat(tab.evaluate(ROWS + ".length")).isEqualTo(23);
  }

  @Test
  void a_filter_shows_only_what_it_names() throws Exception {
    tab.click("input[title], form label:nth-child(2) input");
    tab.type("door.closed");
    tab.waitFor("document.querySelector('.badge.live') && " + ROWS + ".length === 0");
    scene.append(
        Scene.event("doors", "door.opened", "1"), Scene.event("doors", "door.closed", "2"));
    tab.waitFor(ROWS + ".length === 1");
    assertThat(tab.evaluate(ROWS + "[0].textContent.includes('door.closed')")).isEqualTo(true);
  }

  @Test
  void a_connection_that_breaks_is_taken_up_where_it_was() throws Exception {
    scene.front().answer(false);
    // The stream ends at the next event that it would hand on.
    scene.append(Scene.event("doors", "lost.meanwhile", "1"));
    tab.waitForText("connection lost");
    tab.waitForText("The server does not answer");
    scene.append(Scene.event("doors", "lost.too", "2"));
    scene.front().answer(true);
    tab.waitForText("lost.too");
    assertThat(tab.text()).contains("lost.meanwhile");
    tab.waitFor("!document.body.innerText.includes('The server does not answer')");
    assertThat(tab.complaints()).isEmpty();
  }
}
