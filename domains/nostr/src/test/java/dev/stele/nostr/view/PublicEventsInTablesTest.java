package dev.stele.nostr.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent.Wellformed;
import dev.stele.nostr.event.Zap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Events that people published come to the same tables from either end, and to none when all go.
 *
 * <p>They are read from the folder that the system property {@code stele.vectors} names, or from
 * {@code shared/vectors} beside any folder above this one; where neither holds them these tests are
 * skipped.
 */
class PublicEventsInTablesTest {
  private static final String EVENTS = "nostr_events.jsonl.gz";

  @Test
  void from_either_end_the_tables_are_the_same_and_empty_when_all_are_gone() {
    List<NostrEvent> events = read();
    String followed =
        events.stream()
            .filter(event -> event.kind() == Graph.KIND)
            .max(Comparator.comparingInt(event -> event.tags().size()))
            .orElseThrow()
            .pubkey();
    for (Part part :
        List.of(new RelayHints(), new Graph(followed, Graph.MAX_DEPTH), new Aggregates())) {
      try (Followed forwards = Followed.inMemory(part);
          Followed backwards = Followed.inMemory(part)) {
        String empty = forwards.hash();
        events.forEach(forwards::appears);
        events.reversed().forEach(backwards::appears);
        assertThat(forwards.hash()).isEqualTo(backwards.hash()).isNotEqualTo(empty);
        events.reversed().forEach(forwards::goes);
        assertThat(forwards.hash()).as(part.getClass().getSimpleName()).isEqualTo(empty);
      }
    }
  }

  @Test
  void every_word_goes_with_its_events() {
    List<NostrEvent> events = read();
    try (Followed search = Followed.inMemory(new Search())) {
      String empty = search.hash();
      events.forEach(search::appears);
      List<Search.Hit> hits = search.read(tables -> Search.rank(tables, "nostr bitcoin"));
      assertThat(hits).hasSizeGreaterThan(50);
      for (Search.Hit hit : hits) {
        NostrEvent event = events.get((int) hit.position() - 1);
        assertThat(new String(EventJson.write(event), UTF_8).toLowerCase(Locale.ROOT))
            .containsAnyOf("nostr", "bitcoin");
      }
      events.forEach(search::goes);
      assertThat(search.hash()).isEqualTo(empty);
    }
  }

  @Test
  void zaps_of_the_public_are_read() {
    List<NostrEvent> receipts = read().stream().filter(each -> each.kind() == Zap.KIND).toList();
    long toEvents = receipts.stream().filter(each -> Zap.lastEvent(each).isPresent()).count();
    long read = receipts.stream().filter(each -> Zap.of(each).isPresent()).count();
    assertThat(receipts).hasSize(476);
    assertThat(toEvents).isEqualTo(470);
    // One has a sentence where the request should stand.
    assertThat(read).isEqualTo(469);
  }

  private static List<NostrEvent> read() {
    List<NostrEvent> events = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(find(EVENTS))), UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (EventJson.parse(line.getBytes(UTF_8)) instanceof Wellformed(NostrEvent event)) {
          events.add(event);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return events;
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
