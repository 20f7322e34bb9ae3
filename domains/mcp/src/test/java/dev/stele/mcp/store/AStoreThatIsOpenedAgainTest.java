package dev.stele.mcp.store;

import static dev.stele.mcp.store.Messages.ALICE;
import static dev.stele.mcp.store.Messages.BOB;
import static dev.stele.mcp.store.Messages.SESSION;
import static dev.stele.mcp.store.Messages.append;
import static dev.stele.mcp.store.Messages.json;
import static dev.stele.mcp.store.Messages.jsons;
import static dev.stele.mcp.store.Messages.note;
import static dev.stele.mcp.store.Messages.notes;
import static dev.stele.mcp.store.Messages.replay;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.proof.Verdict;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.gate.McpAuditor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
class AStoreThatIsOpenedAgainTest {
  private static final long SEED = 11_235;

  @TempDir Path folder;

  private final McpEventStoreTck.HandClock clock = new McpEventStoreTck.HandClock();

  private McpEventStore open(String engine, McpRetention retention) {
    return McpEventStores.open(
        engine + ":" + folder.resolve("store"),
        McpStoreOptions.DEFAULT
            .with(clock, new Random(SEED))
            .at(Durability.OS)
            .paced(1_000_000, 50)
            .keeping(retention)
            .anchoredIn(folder.resolve("anchor")));
  }

  private McpEventStore open(String engine) {
    return open(engine, McpRetention.NONE);
  }

  private static Verdict verify(McpEventStore store) {
    return McpEventStores.log(store).orElseThrow().scrub(() -> List.of(new McpAuditor()), _ -> {});
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void knows_every_stream_and_session_as_they_were(String engine) {
    String first;
    try (McpEventStore store = open(engine)) {
      store.putSession(ALICE, SESSION);
      store.putSession(BOB, SESSION);
      first = append(store, ALICE, "open", note(1)).eventId();
      store.appendAll(ALICE, "open", notes(3));
      append(store, ALICE, "done", note(1));
      store.complete(ALICE, "done");
      append(store, BOB, "1", note(1));
      store.endSession(BOB);
    }
    try (McpEventStore store = open(engine)) {
      assertThat(replay(store, ALICE, first).messages()).isEqualTo(jsons(1, 3));
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "done", 1)).end())
          .isInstanceOf(McpReplay.Complete.class);
      assertThat(store.append(ALICE, "done", note(2))).isEqualTo(new McpAppend.StreamCompleted());
      assertThat(store.append(BOB, "1", note(2))).isEqualTo(new McpAppend.SessionEnded());
      assertThat(replay(store, BOB, McpEventId.of(BOB, "1", 1)).end())
          .isEqualTo(new McpReplay.Unknown());
      assertThat(store.getSession(BOB)).isEqualTo(new McpSessionState.Ended());
      assertThat(store.getSession(ALICE))
          .isInstanceOfSatisfying(
              McpSessionState.Live.class, live -> assertThat(live.session()).isEqualTo(SESSION));
      assertThat(store.openStreams()).extracting(McpOpenStream::stream).containsExactly("open");
      assertThat(append(store, ALICE, "open", note(4)).sequence()).isEqualTo(5);
      assertThat(replay(store, ALICE, first).messages()).isEqualTo(jsons(1, 4));
      assertThat(verify(store)).isInstanceOf(Verdict.Intact.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void keeps_the_word_that_a_stream_is_complete_when_all_of_it_was_erased(String engine) {
    try (McpEventStore store = open(engine)) {
      store.putSession(BOB, SESSION);
      store.appendAll(ALICE, "1", notes(3));
      store.complete(ALICE, "1");
      store.appendAll(BOB, "1", notes(3));
      store.endSession(BOB);
      assertThat(store.clearAll()).isEqualTo(6);
    }
    try (McpEventStore store = open(engine)) {
      assertThat(store.append(ALICE, "1", note(4))).isEqualTo(new McpAppend.StreamCompleted());
      assertThat(store.append(BOB, "1", note(4))).isEqualTo(new McpAppend.SessionEnded());
      assertThat(store.complete(ALICE, "1")).isTrue();
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 3)).end())
          .isEqualTo(new McpReplay.Expired("1", 5));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void drops_the_logs_beginning_once_all_of_it_has_gone_and_the_rest_verifies(String engine) {
    McpRetention day = McpRetention.NONE.maxAge(Duration.ofDays(1));
    McpScope live = McpScope.ofSession("live");
    try (McpEventStore store = open(engine, day)) {
      store.putSession(BOB, SESSION);
      for (int i = 0; i < 40; i++) {
        store.appendAll(ALICE, "request " + i, notes(20));
      }
      store.endSession(BOB);
      clock.advance(Duration.ofDays(2));
      store.putSession(live, SESSION);
      store.appendAll(live, "1", notes(300));

      McpRetained retained = store.retain();

      assertThat(retained.streams()).as("and the session that has ended").isEqualTo(41);
      assertThat(retained.events()).isEqualTo(802);
      assertThat(retained.receipts()).as("one for each stream").isEqualTo(41);
      assertThat(retained.trimmed()).as("whole tiles before what is left").isEqualTo(768);
      assertThat(verify(store)).isInstanceOf(Verdict.Intact.class);
      assertThat(store.getSession(live)).isInstanceOf(McpSessionState.Live.class);
    }
    try (McpEventStore store = open(engine, day)) {
      assertThat(verify(store)).isInstanceOf(Verdict.Intact.class);
      assertThat(replay(store, live, McpEventId.of(live, "1", 1)).messages())
          .isEqualTo(jsons(2, 300));
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "request 1", 5)).end())
          .as("trimmed")
          .isEqualTo(new McpReplay.Expired("request 1", 21));
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "request 39", 19)).end())
          .as("erased, and not trimmed yet")
          .isEqualTo(new McpReplay.Expired("request 39", 21));
      assertThat(append(store, ALICE, "request 1", note(1)).sequence())
          .as("an id is never given twice")
          .isEqualTo(21);
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "request 1", 5)).end())
          .isEqualTo(new McpReplay.Expired("request 1", 21));
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "request 1", 20)).messages())
          .containsExactly(json(1));
      assertThat(store.stats().totalEvents()).isEqualTo(301);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void keeps_a_live_session_however_old_and_what_came_behind_it_in_the_log(String engine) {
    try (McpEventStore store = open(engine, McpRetention.NONE.maxAge(Duration.ofDays(1)))) {
      store.putSession(ALICE, SESSION);
      for (int i = 0; i < 30; i++) {
        store.appendAll(ALICE, "request " + i, notes(20));
      }
      clock.advance(Duration.ofDays(400));

      McpRetained retained = store.retain();

      assertThat(retained.events()).isEqualTo(600);
      assertThat(retained.trimmed()).as("the session is at the log's beginning").isZero();
      assertThat(store.getSession(ALICE)).isInstanceOf(McpSessionState.Live.class);

      store.endSession(ALICE);
      clock.advance(Duration.ofDays(2));
      assertThat(store.retain().trimmed()).isEqualTo(512);
      assertThat(verify(store)).isInstanceOf(Verdict.Intact.class);
      assertThat(store.getSession(ALICE)).isEqualTo(new McpSessionState.Ended());
    }
  }
}
