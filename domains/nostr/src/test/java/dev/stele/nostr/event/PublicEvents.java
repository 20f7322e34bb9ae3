package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/** Events that people published, where a folder holds them; see {@link PublicEventsTest}. */
public final class PublicEvents {
  private static final String GENUINE = "nostr_events.jsonl.gz";

  private PublicEvents() {}

  /** Each event, in the order of the file; the test is skipped where there is none. */
  public static List<NostrEvent> all() throws IOException {
    return lines().stream()
        .map(line -> EventJson.parse(line.getBytes(UTF_8)))
        .map(parsed -> ((ParsedEvent.Wellformed) parsed).event())
        .toList();
  }

  static List<String> lines() throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(find(GENUINE))), UTF_8))) {
      return reader.lines().toList();
    }
  }

  /** A file beside them; the test is skipped where there is none. */
  public static Path find(String file) {
    Optional<Path> found =
        folders().stream().map(f -> f.resolve(file)).filter(Files::exists).findFirst();
    Assumptions.assumeTrue(
        found.isPresent(),
        "SKIPPED: no " + file + "; name its folder with -Dstele.vectors=FOLDER to run this test");
    return found.orElseThrow();
  }

  private static List<Path> folders() {
    String named = System.getProperty("stele.vectors", "");
    if (!named.isEmpty()) {
      return List.of(Path.of(named));
    }
    List<Path> folders = new ArrayList<>();
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      folders.add(p.resolve("shared/vectors"));
    }
    return folders;
  }
}
