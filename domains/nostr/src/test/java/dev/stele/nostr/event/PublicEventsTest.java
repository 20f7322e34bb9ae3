package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.ParsedEvent.Wellformed;
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
import org.junit.jupiter.api.Test;

/**
 * Events that people published are read and found genuine, and false ones false.
 *
 * <p>They are other people's words, so they are not part of this project. They are read from the
 * folder that the system property {@code stele.vectors} names, or from {@code shared/vectors}
 * beside any folder above this one; where neither holds them these tests are skipped.
 */
class PublicEventsTest {
  private static final String GENUINE = "nostr_events.jsonl.gz";
  private static final String FALSE = "nostr_events_invalid.jsonl";

  @Test
  void all_5000_public_events_are_genuine() throws IOException {
    List<String> lines;
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(find(GENUINE))), UTF_8))) {
      lines = reader.lines().toList();
    }
    assertThat(lines).hasSize(5000);
    int ephemeral = 0;
    for (String line : lines) {
      NostrEvent event = read(line);
      assertThat(event.check()).as(line).isEqualTo(EventVerdict.AUTHENTIC);
      assertThat(EventJson.parse(EventJson.write(event))).isEqualTo(new Wellformed(event));
      if (event.kindClass() == KindClass.EPHEMERAL) {
        ephemeral++;
      }
    }
    assertThat(ephemeral).isEqualTo(34);
  }

  @Test
  void all_40_false_events_are_refused_for_the_stated_reason() throws IOException {
    List<String> lines = Files.readAllLines(find(FALSE), UTF_8);
    assertThat(lines).hasSize(40);
    for (String line : lines) {
      // {"reason":"...","source":"...","event":{...}}
      String reason = line.split("\"", 5)[3];
      String event = line.substring(line.indexOf("\"event\":") + 8, line.length() - 1);
      assertThat(read(event).check().code()).as(line).isEqualTo(reason);
    }
  }

  private static NostrEvent read(String text) {
    ParsedEvent parsed = EventJson.parse(text.getBytes(UTF_8));
    assertThat(parsed).as(text).isInstanceOf(Wellformed.class);
    return ((Wellformed) parsed).event();
  }

  private static Path find(String file) {
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
