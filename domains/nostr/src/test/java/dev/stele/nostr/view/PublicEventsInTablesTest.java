package dev.stele.nostr.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.PublicEvents;
import dev.stele.nostr.event.Zap;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Events that people published come to the same tables from either end, and to none when all go;
 * skipped where there are none ({@link PublicEvents}).
 */
class PublicEventsInTablesTest {
  @Test
  void from_either_end_the_tables_are_the_same_and_empty_when_all_are_gone() throws IOException {
    List<NostrEvent> events = PublicEvents.all();
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
  void every_word_goes_with_its_events() throws IOException {
    List<NostrEvent> events = PublicEvents.all();
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
  void all_but_a_few_zaps_of_the_public_are_read() throws IOException {
    List<NostrEvent> receipts =
        PublicEvents.all().stream().filter(each -> each.kind() == Zap.KIND).toList();
    long toEvents = receipts.stream().filter(each -> Zap.lastEvent(each).isPresent()).count();
    long read = receipts.stream().filter(each -> Zap.of(each).isPresent()).count();
    // Now and then somebody puts a sentence where the request should stand.
    assertThat(read).isBetween(toEvents - receipts.size() / 100, toEvents).isPositive();
  }
}
