package dev.stele.nostr.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.SyncProgress;
import dev.stele.sqlite.SqliteViewStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How far a relay was read moves forward with the word of the sync, and never back. */
class SyncStateTest {
  private static final String RELAY = "wss://a.example";

  private final SyncState part = new SyncState();
  private final Followed state = Followed.inMemory(part);

  private void advance(List<Integer> kinds, long since, long updatedAt) {
    SyncProgress progress = new SyncProgress(RELAY, kinds, since, updatedAt);
    state.change(tables -> part.progresses(progress, tables));
  }

  private long since(Integer... kinds) {
    return state.read(tables -> SyncState.since(tables, RELAY, List.of(kinds)));
  }

  @Test
  void a_kind_that_never_was_read_is_at_0_and_inherits_from_no_other() {
    advance(List.of(1, 7), 100, 1);
    assertThat(since(1, 7)).isEqualTo(100);
    assertThat(since(1, 6)).isZero();
    assertThat(since()).isZero();
  }

  @Test
  void several_kinds_begin_at_the_oldest_of_their_cursors() {
    advance(List.of(1), 100, 1);
    advance(List.of(7), 50, 2);
    assertThat(since(1, 7)).isEqualTo(50);
  }

  @Test
  void a_cursor_never_moves_back() {
    advance(List.of(1), 100, 10);
    advance(List.of(1), 99, 20);
    assertThat(state.lines(SyncState.STATE))
        .containsExactly("sync_state[wss://a.example, 1, 100, 10]");
    advance(List.of(1), 100, 20);
    advance(List.of(1), 101, 15);
    assertThat(state.lines(SyncState.STATE))
        .containsExactly("sync_state[wss://a.example, 1, 101, 20]");
  }

  @Test
  void every_cursor_is_listed_by_relay_and_kind() {
    advance(List.of(7, 1), 5, 6);
    List<SyncState.Row> all = state.read(SyncState::all);
    assertThat(all)
        .containsExactly(new SyncState.Row(RELAY, 1, 5, 6), new SyncState.Row(RELAY, 7, 5, 6));
  }

  @Test
  void events_move_nothing() {
    NostrEvent event = People.person(1).sign(5, 1, List.of(), "");
    assertThat(state.appears(event).goes(event).rows(SyncState.STATE)).isEmpty();
  }

  @Test
  void a_store_in_a_file_holds_the_same(@TempDir Path folder) {
    SyncProgress progress = new SyncProgress(RELAY, List.of(1, 7), 3, 4);
    state.change(tables -> part.progresses(progress, tables));
    try (Followed inFile =
        new Followed(SqliteViewStore.openWriter(folder.resolve("parts.views.db")), part)) {
      inFile.change(tables -> part.progresses(progress, tables));
      assertThat(inFile.hash()).isEqualTo(state.hash());
    }
  }

  @Test
  void word_of_progress_has_one_form_as_documented() throws IOException {
    SyncProgress progress =
        new SyncProgress("wss://relay.example", List.of(7, 0, 1, 1), 1_700_000_000, 1_700_000_900);
    String text =
        "{\"relay\":\"wss://relay.example\",\"kinds\":[0,1,7],"
            + "\"since\":1700000000,\"updated_at\":1700000900}";
    assertThat(new String(progress.write(), UTF_8)).isEqualTo(text);
    assertThat(SyncProgress.parse(progress.write())).contains(progress);
    assertThat(document("docs/format/nostr-tables.md")).contains("\n" + text + "\n");
  }

  private static String document(String name) throws IOException {
    Path above = Path.of("").toAbsolutePath();
    while (!Files.exists(above.resolve(name))) {
      above = Objects.requireNonNull(above.getParent(), name);
    }
    return Files.readString(above.resolve(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[1,],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[1,1],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[7,1],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[01],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[65536],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[99999999999],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example/\",\"kinds\":[1],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"https://a.example\",\"kinds\":[1],\"since\":1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[1],\"since\":-1,\"updated_at\":1}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[1],\"since\":1,\"updated_at\":9007199254740992}",
        "{\"relay\":\"wss://a.example\",\"kinds\":[1],\"since\":1,\"updated_at\":1} "
      })
  void any_other_form_is_none(String text) {
    assertThat(SyncProgress.parse(text.getBytes(UTF_8))).isEmpty();
  }

  @Test
  void progress_is_of_as_many_kinds_as_its_limit_and_no_more() {
    List<Integer> kinds = IntStream.range(0, SyncProgress.MAX_KINDS).boxed().toList();
    assertThat(new SyncProgress(RELAY, kinds, 0, 0).kinds()).isEqualTo(kinds);
    assertThatThrownBy(
            () ->
                new SyncProgress(
                    RELAY, IntStream.rangeClosed(0, SyncProgress.MAX_KINDS).boxed().toList(), 0, 0))
        .hasMessageContaining("256");
    assertThatThrownBy(() -> new SyncProgress(RELAY, Collections.emptyList(), 0, 0))
        .hasMessageContaining("1 to");
  }
}
