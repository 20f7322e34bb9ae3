package dev.stele.browser;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real Chromium without a window, with a profile of its own in a temporary folder.
 *
 * <p>It is looked for on the machine; where there is none, and this process may install packages,
 * Debian's is installed. Otherwise {@link #start} says what to do. One thread at a time; closing it
 * ends the process and deletes the profile.
 */
public final class Chromium implements AutoCloseable {
  /** Where browsers of this family are found, the first that is there is taken. */
  private static final List<String> PLACES =
      List.of(
          "/usr/bin/chromium",
          "/usr/bin/chromium-browser",
          "/usr/bin/google-chrome",
          "/Applications/Chromium.app/Contents/MacOS/Chromium",
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");

  /** Names another place. */
  private static final String PLACE_VARIABLE = "STELE_CHROMIUM";

  /** 10 minutes: some 100 MB over a slow line. */
  private static final Duration INSTALLATION = Duration.ofMinutes(10);

  /** 30 seconds to end by itself, before it is made to. */
  private static final Duration SHUTDOWN = Duration.ofSeconds(30);

  private static final String LISTENING = "DevTools listening on ";

  private final Process process;
  private final Path profile;
  private final DevTools devTools;

  private Chromium(Process process, Path profile, DevTools devTools) {
    this.process = process;
    this.profile = profile;
    this.devTools = devTools;
  }

  /**
   * Starts a browser.
   *
   * @throws IllegalStateException if there is none and none can be installed; the message says how
   *     to get one
   */
  public static Chromium start() {
    try {
      Path profile = Files.createTempDirectory("stele-chromium-");
      List<String> command =
          List.of(
              found().or(Chromium::installed).orElseThrow(Chromium::missing).toString(),
              "--headless=new",
              "--no-sandbox",
              "--disable-gpu",
              "--disable-dev-shm-usage",
              // Nothing but the page may speak to the network.
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-default-apps",
              "--disable-sync",
              "--disable-breakpad",
              "--no-first-run",
              "--no-default-browser-check",
              "--hide-scrollbars",
              "--force-color-profile=srgb",
              "--remote-debugging-port=0",
              "--user-data-dir=" + profile,
              "about:blank");
      Process process =
          new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      Runtime.getRuntime()
          .addShutdownHook(new Thread(process::destroyForcibly, "stele-chromium-stop"));
      return new Chromium(process, profile, DevTools.connect(address(process)));
    } catch (IOException e) {
      throw new UncheckedIOException("Chromium did not start", e);
    }
  }

  private static Optional<Path> found() {
    return Stream.concat(
            Optional.ofNullable(System.getenv(PLACE_VARIABLE)).stream(), PLACES.stream())
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Debian's, where apt-get is there and the user is root. */
  private static Optional<Path> installed() {
    if (!Files.isExecutable(Path.of("/usr/bin/apt-get"))
        || !System.getProperty("user.name").equals("root")) {
      return Optional.empty();
    }
    boolean done =
        runs("apt-get", "update")
            && runs("apt-get", "install", "-y", "--no-install-recommends", "chromium");
    return done ? found() : Optional.empty();
  }

  private static boolean runs(String... command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
    try {
      Process process = builder.start();
      if (process.waitFor(INSTALLATION.toSeconds(), TimeUnit.SECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      return false;
    } catch (IOException notThere) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static IllegalStateException missing() {
    return new IllegalStateException(
        "no Chromium was found, and none could be installed; install one (for example: apt-get"
            + " install chromium) or name it in "
            + PLACE_VARIABLE);
  }

  private static URI address(Process process) throws IOException {
    List<String> said = new ArrayList<>();
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    for (String line = errors.readLine(); line != null; line = errors.readLine()) {
      said.add(line);
      if (line.startsWith(LISTENING)) {
        // What it says from now on is nobody's concern, but a full pipe would stop it.
        Thread.ofVirtual().start(() -> errors.lines().forEach(_ -> {}));
        return URI.create(line.substring(LISTENING.length()));
      }
    }
    throw new IllegalStateException("Chromium ended at once: " + String.join("\n", said));
  }

  /**
   * Opens an empty tab that shares no cookie and no storage with any other.
   *
   * @param width of the window, in CSS pixels
   * @param height of the window, in CSS pixels
   */
  public Tab open(int width, int height) {
    Map<?, ?> context = devTools.call("", "Target.createBrowserContext", Map.of());
    Map<?, ?> target =
        devTools.call(
            "",
            "Target.createTarget",
            Map.of(
                "url",
                "about:blank",
                "browserContextId",
                DevTools.text(context, "browserContextId")));
    Map<?, ?> session =
        devTools.call(
            "",
            "Target.attachToTarget",
            Map.of("targetId", DevTools.text(target, "targetId"), "flatten", true));
    Tab tab =
        new Tab(
            devTools,
            DevTools.text(session, "sessionId"),
            DevTools.text(context, "browserContextId"));
    tab.resize(width, height);
    return tab;
  }

  /** Ends the browser with all its processes, and deletes its profile. */
  @Override
  public void close() {
    devTools.close();
    List<ProcessHandle> all =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    process.destroy();
    try {
      if (!process.waitFor(SHUTDOWN.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      for (ProcessHandle one : all) {
        one.destroyForcibly();
        one.onExit().orTimeout(SHUTDOWN.toSeconds(), TimeUnit.SECONDS).join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    deleteProfile();
  }

  /** A process that left the family may still write; what it does is over soon. */
  private void deleteProfile() {
    long end = System.nanoTime() + SHUTDOWN.toNanos();
    while (true) {
      try (Stream<Path> files = Files.walk(profile)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
        return;
      } catch (IOException | UncheckedIOException e) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException("Chromium left files in " + profile, e);
        }
        Thread.onSpinWait();
      }
    }
  }
}
