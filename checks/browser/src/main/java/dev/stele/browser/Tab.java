package dev.stele.browser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A tab of a browser, driven as a reader would: it clicks and types where something is, and sees
 * what is there.
 *
 * <p>It keeps what a page complains of: errors on its console, exceptions nobody caught, violations
 * of its content security policy; and the addresses it asked for. One thread at a time.
 */
public final class Tab implements AutoCloseable {
  /** 20 seconds for something to appear: many times what it takes, on a busy machine. */
  private static final int PATIENCE_MILLIS = 20_000;

  /** A phone: the width at and below which the console uses its narrow layout. */
  private static final int PHONE_WIDTH = 500;

  private final DevTools devTools;
  private final String session;
  private final String context;
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  Tab(DevTools devTools, String session, String context) {
    this.devTools = devTools;
    this.session = session;
    this.context = context;
    devTools.listen(session, this::notice);
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", Map.of());
    }
  }

  private void notice(String event, Map<?, ?> told) {
    switch (event) {
      case "Runtime.consoleAPICalled" -> {
        if (List.of("error", "warning", "assert").contains(DevTools.text(told, "type"))) {
          complaints.add("console: " + told.get("args"));
        }
      }
      case "Runtime.exceptionThrown" ->
          complaints.add("exception: " + told.get("exceptionDetails"));
      case "Log.entryAdded" -> {
        Map<?, ?> entry = DevTools.members(told, "entry");
        boolean isNetwork = DevTools.text(entry, "source").equals("network");
        if (DevTools.text(entry, "level").equals("error")) {
          (isNetwork ? failures : complaints)
              .add(entry.get("source") + ": " + entry.get("text") + " " + entry.get("url"));
        }
      }
      case "Network.requestWillBeSent" ->
          requests.add(DevTools.text(DevTools.members(told, "request"), "url"));
      default -> {
        // Of no interest here.
      }
    }
  }

  private Map<?, ?> call(String method, Map<String, ?> parameters) {
    return devTools.call(session, method, parameters);
  }

  /** Gives the window another size; one as narrow as a phone is one, with touch. */
  public void resize(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of(
            "width",
            width,
            "height",
            height,
            "deviceScaleFactor",
            1,
            "mobile",
            width <= PHONE_WIDTH));
  }

  /** Sets what the reader prefers, such as {@code prefers-color-scheme} to {@code dark}. */
  public void prefer(String feature, String value) {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", feature, "value", value))));
  }

  /** Goes to an address; one that differs in its hash alone does not load the page anew. */
  public void go(String address) {
    call("Page.navigate", Map.of("url", address));
  }

  /** Loads the page anew. */
  public void reload() {
    evaluate("window.isOld = true");
    call("Page.reload", Map.of());
    waitFor("!window.isOld && document.readyState === 'complete'");
  }

  /** Evaluates an expression in the page; promises are waited for. */
  public @Nullable Object evaluate(String expression) {
    Map<?, ?> answer =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
    if (answer.get("exceptionDetails") != null) {
      throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
    }
    return DevTools.members(answer, "result").get("value");
  }

  /** Evaluates an expression whose value is a list, and gives its elements as text. */
  public List<String> list(String expression) {
    return evaluate(expression) instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of("no list: " + expression);
  }

  /** Waits until an expression holds in the page. */
  public void waitFor(String condition) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    while (System.nanoTime() < end) {
      try {
        Object holds =
            evaluate(
                """
                new Promise((resolve) => {
                  const end = performance.now() + %d;
                  const look = () => {
                    if (%s) resolve(true);
                    else if (performance.now() > end) resolve(false);
                    else setTimeout(look, 20);
                  };
                  look();
                })\
                """
                    .formatted(PATIENCE_MILLIS, condition));
        if (Boolean.TRUE.equals(holds)) {
          return;
        }
      } catch (IllegalStateException e) {
        // The page was left while it was looked at; the next one is asked again.
        String reason = String.valueOf(e.getMessage());
        if (!reason.contains("context") && !reason.contains("navigated")) {
          throw e;
        }
      }
    }
    throw new IllegalStateException(
        "not seen in %d ms: %s%nat %s the page says:%n%s%ncomplaints: %s%nfailed requests: %s"
            .formatted(
                PATIENCE_MILLIS,
                condition,
                evaluate("location.href"),
                text(),
                complaints,
                failures));
  }

  /** Waits until the page shows a text. */
  public void waitForText(String text) {
    waitFor("document.body?.innerText.includes(" + JsonText.write(text) + ")");
  }

  /** All that the page shows. */
  public String text() {
    return String.valueOf(evaluate("document.body.innerText"));
  }

  /** Presses the mouse on what a selector finds, where it is on the screen. */
  public void click(String selector) {
    waitFor("document.querySelector(%s)".formatted(JsonText.write(selector)));
    Object at =
        evaluate(
            """
            (() => {
              const element = document.querySelector(%s);
              element.scrollIntoView({ block: "center", behavior: "instant" });
              const box = element.getBoundingClientRect();
              const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
              const hit = document.elementFromPoint(x, y);
              return { x, y, isHit: element.contains(hit) || hit?.contains(element) === true };
            })()\
            """
                .formatted(JsonText.write(selector)));
    if (!(at instanceof Map<?, ?> place)
        || !(place.get("x") instanceof Number x)
        || !(place.get("y") instanceof Number y)
        || !Boolean.TRUE.equals(place.get("isHit"))) {
      throw new IllegalStateException("nothing can be clicked at " + selector + ": " + at);
    }
    for (String type : List.of("mousePressed", "mouseReleased")) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("type", type);
      event.put("x", x.doubleValue());
      event.put("y", y.doubleValue());
      event.put("button", "left");
      event.put("clickCount", 1);
      call("Input.dispatchMouseEvent", event);
    }
  }

  /** Types a text where the focus is. */
  public void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  /** Presses one key, such as {@code Tab} or {@code Enter}. */
  public void press(String key, int code) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("key", key);
    event.put("code", key);
    event.put("windowsVirtualKeyCode", code);
    event.put("type", "keyDown");
    if (key.equals("Enter")) {
      event.put("text", "\r");
    }
    call("Input.dispatchKeyEvent", event);
    event.remove("text");
    event.put("type", "keyUp");
    call("Input.dispatchKeyEvent", event);
  }

  /** Keeps a picture of the whole page, also of what is below the window. */
  public void screenshot(Path file) throws IOException {
    Map<?, ?> shot =
        call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, Base64.getDecoder().decode(DevTools.text(shot, "data")));
  }

  /** Cuts the tab off the network, or connects it again. */
  public void setOffline(boolean isOffline) {
    call(
        "Network.emulateNetworkConditions",
        Map.of(
            "offline", isOffline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
  }

  /** What the page complained of so far, but for requests that failed. */
  public List<String> complaints() {
    return List.copyOf(complaints);
  }

  /** The requests that the browser calls failed, answers of 400 and above among them. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /** Every address that was asked for. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Closes the tab and forgets what it stored. */
  @Override
  public void close() {
    devTools.call("", "Target.disposeBrowserContext", Map.of("browserContextId", context));
  }
}
