package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.config.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers who click, type, press keys, come with a token, or put markup into their events. */
@Tag("engine")
class ReadersOfTheConsoleTest {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  /** The virtual key codes of a keyboard. */
  private static final int TAB = 9;

  private static final int ENTER = 13;
  private static final int RIGHT = 39;

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
    scene.appendSome(60);
    tab = browser.open(1280, 900);
  }

  @AfterEach
  void close() throws Exception {
    tab.close();
    scene.close();
  }

  @Test
  void a_way_of_clicks_leads_from_all_logs_to_the_neighbour_of_an_event() {
    tab.go(scene.page("/"));
    tab.click("a.card[href='#/logs/main']");
    tab.waitForText("Newest events");
    tab.click(".event-row");
    tab.waitForText("Proven in this browser");
    assertThat(tab.evaluate("document.querySelector('h1').textContent")).isEqualTo("Event 60");
    tab.click("nav[aria-label=Neighbours] a");
    tab.waitFor("document.querySelector('h1').textContent === 'Event 59'");
    tab.press("ArrowRight", RIGHT);
    tab.waitFor("document.querySelector('h1').textContent === 'Event 60'");
    tab.click("[role=tab]:nth-child(3)");
    tab.waitForText("000000  7b 22");
    tab.click("main .lead a");
    tab.waitForText("oldest first");
    assertThat(tab.evaluate("document.querySelector('input[name=stream]').value"))
        .isEqualTo(tab.evaluate("document.querySelector('.event-row .stream').textContent"));
    scene.assertWellBehaved(tab);
  }

  @Test
  void a_search_finds_page_by_page() {
    tab.go(scene.page("/logs/main/events"));
    tab.click("input[name=q]");
    tab.type("alice");
    tab.press("Enter", ENTER);
    tab.waitFor("location.hash.includes('q=alice')");
    tab.waitFor("document.querySelectorAll('.event-row').length === 50");
    tab.click("nav[aria-label='Pages of the result'] a:last-child");
    tab.waitFor("document.querySelectorAll('.event-row').length === 10");
    tab.waitForText("That is all.");
    tab.click("nav[aria-label='Pages of the result'] a");
    tab.waitFor("document.querySelectorAll('.event-row').length === 50");
  }

  @Test
  void a_keyboard_is_enough_and_the_focus_is_seen() {
    tab.go(scene.page("/logs/main"));
    tab.waitForText("Newest events");
    tab.press("Tab", TAB);
    assertThat(tab.evaluate("document.activeElement.id")).isEqualTo("skip");
    tab.press("Enter", ENTER);
    assertThat(tab.evaluate("document.activeElement.id")).isEqualTo("content");
    for (int i = 0; i < 12; i++) {
      tab.press("Tab", TAB);
      assertThat(
              tab.evaluate(
                  """
                  (() => {
                    const style = getComputedStyle(document.activeElement);
                    return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle === "solid";
                  })()\
                  """))
          .as("outline of %s", tab.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
          .isEqualTo(true);
    }
    tab.evaluate("document.querySelector('.event-row').focus()");
    tab.press("Enter", ENTER);
    tab.waitForText("Proven in this browser");
  }

  @Test
  void what_events_say_is_text_and_never_markup() throws Exception {
    String markup = "<img src=x onerror=\"window.isTaken=1\"><script>window.isTaken=1</script>";
    scene.append(
        JsonText.write(
            Map.of(
                "stream",
                "s" + markup,
                "type",
                "t" + markup,
                "subject",
                "u" + markup,
                "id",
                "i" + markup,
                "payloadText",
                "{\"" + markup.replace("\"", "'") + "\": \"" + markup.replace("\"", "'") + "\"}")));
    for (String page :
        List.of("", "/live", "/events", "/events/61", "/streams", "/events?q=%3Cimg%20src%3Dx")) {
      tab.go("about:blank");
      tab.go(scene.page("/logs/main" + page));
      tab.waitForText("<img src=x");
      assertThat(tab.evaluate("window.isTaken === undefined")).as(page).isEqualTo(true);
      assertThat(tab.evaluate("document.querySelectorAll('main img, main script').length"))
          .as(page)
          .isEqualTo(0);
    }
    assertThat(tab.complaints()).isEmpty();
  }

  @Test
  void a_server_that_wants_a_token_gets_one_for_this_tab_alone() throws Exception {
    String issued = scene.post("/v1/tokens", "{\"name\":\"reader\",\"roles\":{\"main\":\"read\"}}");
    String token = String.valueOf(JsonText.readObject(issued).get("token"));
    scene.serveInstead(
        folder.resolve("log"),
        config -> config.with(Setting.AUTH, "required").with(Setting.PUBLIC, "console"));
    tab.go(scene.page("/logs/main/events/7"));
    tab.waitForText("API token");
    tab.screenshot(SCREENSHOTS.resolve("token-wanted.png"));
    tab.click("input[type=password]");
    tab.type(token);
    tab.press("Enter", ENTER);
    tab.waitForText("Proven in this browser");
    assertThat(tab.text()).contains("You are token:reader");
    tab.reload();
    tab.waitForText("Proven in this browser");
    tab.go(scene.page("/logs/main/live"));
    tab.waitFor("document.querySelector('.badge.live')");
    assertThat(tab.evaluate("Object.values(localStorage).join().includes('stele_')"))
        .isEqualTo(false);
    try (Tab other = browser.open(800, 600)) {
      other.go(scene.page("/logs/main"));
      other.waitForText("API token");
    }
    tab.go(scene.page("/logs/main/verification"));
    tab.waitForText("The server's own word");
    tab.click("button.first");
    tab.waitForText("That takes the role admin on this log.");
  }

  @Test
  void a_scrub_is_started_and_events_are_checked_by_chance() throws Exception {
    tab.go(scene.page("/logs/main/verification"));
    tab.waitForText("nothing re-computed since it was opened");
    tab.click("button.first");
    tab.waitForText("the first 60 (");
    tab.click(".page > section button");
    tab.waitForText("24 hold, 0 do not, 0 could not be checked to the end.");
    tab.screenshot(SCREENSHOTS.resolve("verification-done.png"));
    scene.assertWellBehaved(tab);
  }

  @Test
  void a_token_is_made_shown_once_and_revoked() {
    tab.go(scene.page("/access"));
    tab.waitForText("Give one to each program");
    tab.click("input[name=name]");
    tab.type("ci");
    tab.press("Enter", ENTER);
    tab.waitForText("it is not shown again");
    assertThat(tab.text()).contains("stele_");
    tab.reload();
    tab.waitForText("read on every log");
    assertThat(tab.text()).doesNotContain("stele_");
    scene.assertWellBehaved(tab);
    tab.click("button[aria-label='Revoke ci']");
    tab.waitForText("Revoke ci?");
    tab.click("dialog button.danger");
    tab.waitForText("Give one to each program");
  }

  @Test
  void groups_show_how_far_they_are_and_what_is_parked() throws Exception {
    tab.go(scene.page("/logs/main/subscriptions"));
    tab.waitForText("No groups");
    scene.put("/v1/logs/main/subscriptions/mailer", "{}");
    scene.post("/v1/logs/main/subscriptions/mailer/fetch", "{\"limit\":10}");
    scene.post(
        "/v1/logs/main/subscriptions/mailer/ack",
        "{\"positions\":[1,2,3,4,5,6,8,9,10],\"park\":[7],\"reason\":\"no such address\"}");
    tab.reload();
    tab.waitForText("1 parked");
    tab.click("section button");
    tab.waitForText("no such address");
    tab.screenshot(SCREENSHOTS.resolve("subscriptions.png"));
    scene.assertWellBehaved(tab);
    tab.click("button[aria-label='Drop event 7']");
    tab.waitForText("nothing parked");
  }

  @Test
  void a_log_is_made() {
    tab.go(scene.page("/"));
    tab.click("main button");
    tab.waitForText("Make a log");
    tab.click("dialog input");
    tab.type("new-one");
    tab.press("Enter", ENTER);
    tab.waitForText("No events yet");
    assertThat(tab.evaluate("location.hash")).isEqualTo("#/logs/new-one");
  }
}
