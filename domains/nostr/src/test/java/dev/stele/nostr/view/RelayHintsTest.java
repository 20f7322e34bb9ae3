package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.view.TableRow;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.RelayList;
import dev.stele.sqlite.SqliteViewStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An author is looked for where the newest list says, and nowhere else. */
class RelayHintsTest {
  private static final NostrKey ALICE = People.person(1);
  private static final NostrKey BOB = People.person(2);

  private final Followed hints = Followed.inMemory(new RelayHints());

  private static NostrEvent list(NostrKey author, long at, String... relays) {
    return author.sign(
        at,
        RelayList.KIND,
        Stream.of(relays).map(r -> List.of(("r " + r).split(" "))).toList(),
        "");
  }

  private List<RelayHints.Hint> of(NostrKey author) {
    return hints.read(tables -> RelayHints.of(tables, author.pubkey()));
  }

  private List<String> relays(NostrKey author) {
    return of(author).stream().map(RelayHints.Hint::relay).sorted().toList();
  }

  @Test
  void a_list_is_a_row_for_each_relay() {
    NostrEvent list =
        list(ALICE, 7, "wss://A.example/ read", "wss://b.example write", "ws://c.example");
    hints.appears(list);

    assertThat(of(ALICE))
        .containsExactlyInAnyOrder(
            new RelayHints.Hint("wss://a.example", true, false, 7, list.id()),
            new RelayHints.Hint("wss://b.example", false, true, 7, list.id()),
            new RelayHints.Hint("ws://c.example", true, true, 7, list.id()));
    assertThat(hints.rows(RelayHints.HINTS))
        .extracting(TableRow::toString)
        .first()
        .isEqualTo(
            "relay_hints[%s, ws://c.example, 1, 1, 7, %s]".formatted(ALICE.pubkey(), list.id()));
  }

  @Test
  void the_newest_list_wins_whole_and_what_it_drops_goes() {
    NostrEvent old = list(ALICE, 1, "wss://a.example", "wss://b.example");
    hints.appears(old).appears(list(ALICE, 2, "wss://b.example read")).goes(old);

    assertThat(of(ALICE)).hasSize(1).allMatch(hint -> !hint.write() && hint.freshness() == 2);
  }

  @Test
  void whether_the_older_goes_before_or_after_the_newer_appears_does_not_matter() {
    NostrEvent old = list(ALICE, 1, "wss://a.example");
    NostrEvent next = list(ALICE, 2, "wss://b.example");
    String hash = hints.appears(old).goes(old).appears(next).hash();

    assertThat(Followed.inMemory(new RelayHints()).appears(old, next).goes(old).hash())
        .isEqualTo(hash);
  }

  @Test
  void an_older_list_that_comes_late_changes_nothing() {
    hints.appears(list(ALICE, 2, "wss://b.example"), list(ALICE, 1, "wss://a.example"));
    assertThat(relays(ALICE)).containsExactly("wss://b.example");
  }

  @Test
  void an_empty_list_leaves_nothing_and_no_older_one_comes_back() {
    NostrEvent old = list(ALICE, 1, "wss://a.example");
    hints.appears(old).appears(list(ALICE, 2)).appears(list(ALICE, 1, "wss://c.example"));
    assertThat(relays(ALICE)).isEmpty();
  }

  @Test
  void of_two_lists_of_one_second_the_lower_id_counts() {
    List<NostrEvent> lists =
        new ArrayList<>(
            List.of(list(ALICE, 1, "wss://a.example"), list(ALICE, 1, "wss://b.example")));
    lists.sort(Comparator.comparing(NostrEvent::id));
    for (List<NostrEvent> order : List.of(lists, lists.reversed())) {
      try (Followed either = Followed.inMemory(new RelayHints())) {
        either.appears(order.toArray(NostrEvent[]::new));
        List<RelayHints.Hint> left = either.read(tables -> RelayHints.of(tables, ALICE.pubkey()));
        assertThat(left).hasSize(1).allMatch(hint -> hint.eventId().equals(lists.getFirst().id()));
      }
    }
  }

  @Test
  void a_list_that_goes_leaves_nothing_at_all() {
    NostrEvent list = list(ALICE, 1, "wss://a.example");
    NostrEvent other = list(BOB, 1, "wss://a.example");
    hints.appears(list, other).goes(list);
    assertThat(relays(ALICE)).isEmpty();
    assertThat(relays(BOB)).hasSize(1);
    hints.goes(other);
    assertThat(hints.hash()).isEqualTo(Followed.inMemory(new RelayHints()).hash());
  }

  @Test
  void events_of_other_kinds_say_nothing() {
    hints.appears(ALICE.sign(1, 3, List.of(List.of("r", "wss://a.example")), ""));
    assertThat(hints.rows(RelayHints.HINTS)).isEmpty();
  }

  @Test
  void the_longest_url_and_the_longest_list_fit_their_keys() {
    String[] relays = new String[RelayList.MAX_RELAYS];
    for (int i = 0; i < relays.length; i++) {
      String host = "wss://r" + i + ".example/";
      relays[i] = host + "x".repeat(RelayList.MAX_URL_CHARS - host.length());
    }
    NostrEvent list = list(ALICE, 1, relays);
    assertThat(hints.appears(list).rows(RelayHints.HINTS)).hasSize(RelayList.MAX_RELAYS);
    assertThat(hints.goes(list).rows(RelayHints.HINTS)).isEmpty();
  }

  @Test
  void a_store_in_a_file_holds_the_same(@TempDir Path folder) {
    NostrEvent old = list(ALICE, 1, "wss://a.example", "wss://b.example");
    NostrEvent next = list(ALICE, 2, "wss://b.example read");
    NostrEvent other = list(BOB, 3, "wss://a.example");
    try (Followed inFile =
        new Followed(
            SqliteViewStore.openWriter(folder.resolve("parts.views.db")), new RelayHints())) {
      assertThat(inFile.appears(old, next, other).goes(old).hash())
          .isEqualTo(hints.appears(old, next, other).goes(old).hash());
    }
  }
}
