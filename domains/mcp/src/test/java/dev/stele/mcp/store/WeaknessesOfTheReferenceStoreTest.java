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
import dev.stele.mcp.config.EventStoreConfig;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong in the store that its users have had so far, and does not go wrong here. */
@Tag("engine")
class WeaknessesOfTheReferenceStoreTest {
  private static final long SEED = 2_025;

  @TempDir Path folder;

  private final McpEventStoreTck.HandClock clock = new McpEventStoreTck.HandClock();

  private McpStoreOptions options() {
    return McpStoreOptions.DEFAULT
        .with(clock, new Random(SEED))
        .at(Durability.OS)
        .keeping(McpRetention.NONE)
        .paced(1_000_000, 50)
        .anchoredIn(folder.resolve("anchor"));
  }

  private McpEventStore open(McpStoreOptions options) {
    return McpEventStores.open("sqlite:" + folder.resolve("events.db"), options);
  }

  // ---- order ----

  @Test
  void events_of_one_moment_are_all_replayed() {
    try (McpEventStore store = open(options())) {
      store.appendAll(ALICE, "1", notes(6));
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 1)).messages())
          .isEqualTo(jsons(2, 6));
    }
    try (McpEventStore store = open(options())) {
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 1)).messages())
          .as("and from the disk")
          .isEqualTo(jsons(2, 6));
    }
  }

  @Test
  void an_event_is_replayed_though_the_clock_stepped_back() {
    try (McpEventStore store = open(options())) {
      append(store, ALICE, "1", note(1));
      clock.advance(Duration.ofHours(-2));
      append(store, ALICE, "1", note(2));
    }
    try (McpEventStore store = open(options())) {
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 1)).messages())
          .containsExactly(json(2));
    }
  }

  // ---- bounds ----

  @Test
  void the_bound_of_a_stream_holds_without_an_expired_event() {
    try (McpEventStore store = open(options().keeping(perStream(5)))) {
      store.appendAll(ALICE, "1", notes(20));
      store.retain();
      assertThat(McpEventStores.streamStats(store)).isEqualTo(Map.of("mcp/acme/alice/s-1/1", 5L));
    }
  }

  @Test
  void the_bound_of_a_stream_wipes_no_other_stream() {
    McpRetention bounds = perStream(5).maxAge(Duration.ofDays(1));
    try (McpEventStore store = open(options().keeping(bounds))) {
      append(store, ALICE, "old", note(1));
      clock.advance(Duration.ofDays(2));
      for (String stream : List.of("X", "Y", "Z")) {
        store.appendAll(ALICE, stream, notes(8));
      }
      store.retain();
      assertThat(McpEventStores.streamStats(store).values()).containsExactly(5L, 5L, 5L);
    }
  }

  private static McpRetention perStream(long events) {
    return McpRetention.NONE.perStream(events, McpRetention.UNBOUNDED);
  }

  @Test
  void what_was_dropped_is_not_replayed_from_memory() {
    try (McpEventStore store = open(options().keeping(perStream(2)))) {
      store.appendAll(ALICE, "1", notes(5));
      assertThat(store.stats().cacheSize()).isEqualTo(5);
      store.retain();
      assertThat(store.stats().cacheSize()).isEqualTo(2);
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 1)).end())
          .isEqualTo(new McpReplay.Expired("1", 4));
      store.clearStream(ALICE, "1");
      assertThat(store.stats().cacheSize()).isZero();
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 4)).messages()).isEmpty();
    }
  }

  @Test
  void a_clean_up_comes_after_so_many_appends_and_not_with_each() throws InterruptedException {
    AtomicInteger runs = new AtomicInteger();
    Semaphore ran = new Semaphore(0);
    try (Keeper keeper =
        new Keeper(
            100,
            _ -> {
              runs.incrementAndGet();
              ran.release();
            })) {
      for (int hundred = 1; hundred <= 5; hundred++) {
        for (int i = 0; i < 100; i++) {
          keeper.appended(1);
        }
        ran.acquire();
        assertThat(runs).hasValue(hundred);
      }
      for (int i = 0; i < 99; i++) {
        keeper.appended(1);
      }
    }
    assertThat(runs).as("99 more are not a hundred").hasValue(5);
  }

  // ---- setting up ----

  @Test
  void a_store_is_made_of_whatever_a_configuration_says() {
    long seed = SEED;
    for (EventStoreConfig config :
        List.of(
            EventStoreConfig.DEVELOPMENT,
            EventStoreConfig.TESTING,
            EventStoreConfig.DEFAULT.with(
                Map.of("db_path", folder.resolve("default.db").toString())),
            EventStoreConfig.PRODUCTION.with(
                Map.of("db_path", folder.resolve("deep/er/production.db").toString())))) {
      Map<String, Object> settings = new LinkedHashMap<>(config.toMap());
      // Each is a log of its own, with a key of its own.
      McpStoreOptions own = options().with(clock, new Random(++seed));
      try (McpEventStore store =
          McpEventStores.open(EventStoreConfig.DEFAULT.with(settings), own)) {
        String first = append(store, ALICE, "1", note(1)).eventId();
        append(store, ALICE, "1", note(2));
        assertThat(replay(store, ALICE, first).messages()).containsExactly(json(2));
        assertThat(McpEventStores.databaseInfo(store, config))
            .containsEntry("database_path", config.absoluteDbPath())
            .containsEntry("total_events", 2L)
            .containsEntry("total_streams", 1L)
            .containsEntry("oldest_event", "2023-11-14T22:13:20Z")
            .containsKey("database_size_mb")
            .containsEntry("cache_size", 2L)
            .containsEntry("retention_days", config.retentionDays());
      }
    }
    try (McpEventStore store = McpEventStores.create(EventStoreConfig.DEVELOPMENT.toMap())) {
      assertThat(append(store, ALICE, "1", note(1)).durable()).isFalse();
    }
    try (McpEventStore store = McpEventStores.create(false, Map.of("max_events_per_stream", 2))) {
      store.appendAll(ALICE, "1", notes(3));
      assertThat(store.stats().totalEvents()).isEqualTo(2);
    }
  }

  @Test
  void a_database_in_memory_is_one_for_as_long_as_the_store_is_open() {
    try (McpEventStore store = McpEventStores.open(EventStoreConfig.TESTING, options())) {
      String first = append(store, ALICE, "1", note(1)).eventId();
      store.appendAll(ALICE, "1", notes(40));
      assertThat(replay(store, ALICE, first).messages()).isEqualTo(jsons(1, 40));
      assertThat(store.stats().totalEvents()).isEqualTo(41);
      assertThat(store.clearAll()).isEqualTo(41);
    }
  }

  @Test
  void the_environment_is_read_when_it_is_asked_and_profiles_do_not_change() {
    Map<String, String> environment = new HashMap<>();
    EventStoreConfig before = EventStoreConfig.of("from_env", environment::get);
    environment.put("EVENT_STORE_MAX_EVENTS", "7");
    EventStoreConfig after = EventStoreConfig.of("from_env", environment::get);

    assertThat(before.maxEventsPerStream()).isEqualTo(1_000);
    assertThat(after.maxEventsPerStream()).isEqualTo(7);
    after.toMap().put("max_events_per_stream", 8);
    assertThat(after.maxEventsPerStream()).isEqualTo(7);
  }

  // ---- messages ----

  @Test
  void a_message_comes_back_with_every_byte_and_nothing_added() {
    String sent = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"b\":1.0,\"a\":[ ]} }";
    try (McpEventStore store = open(options())) {
      append(store, ALICE, "1", note(1));
      append(store, ALICE, "1", McpMessage.Json.of(sent));
    }
    try (McpEventStore store = open(options())) {
      assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 1)).messages())
          .containsExactly(sent);
    }
  }

  @Test
  void what_is_no_message_is_refused_and_not_replaced_by_its_description() {
    try (McpEventStore store = open(options())) {
      for (String text : List.of("plain text", "{\"raw_message\":1,\"type\":\"Thing\"}", "{}")) {
        assertThat(store.append(ALICE, "1", McpMessage.Json.of(text)))
            .isInstanceOf(McpAppend.Refused.class);
      }
      assertThat(store.stats().totalEvents()).isZero();
    }
  }

  // ---- with a client ----

  @Test
  void a_cursor_that_was_stored_does_not_break_the_next_resume() {
    try (McpEventStore store = open(options())) {
      String priming = append(store, ALICE, "1", new McpMessage.Priming()).eventId();
      append(store, ALICE, "1", note(1));
      for (int resume = 0; resume < 3; resume++) {
        assertThat(replay(store, ALICE, priming).messages()).containsExactly(json(1));
        append(store, ALICE, "1", new McpMessage.Priming());
      }
    }
  }

  @Test
  void events_that_memory_no_longer_has_are_replayed_as_well() {
    try (McpEventStore store = open(options().caching(10, 1_000_000))) {
      store.appendAll(ALICE, "1", notes(50));
      Messages.Got got = replay(store, ALICE, McpEventId.of(ALICE, "1", 1));
      assertThat(got.messages()).isEqualTo(jsons(2, 50));
      assertThat(got.end()).isEqualTo(new McpReplay.Open("1", 49, 50, false));
      assertThat(store.stats().cacheMisses()).isEqualTo(1);
    }
  }

  @Test
  void a_session_and_its_events_are_there_after_a_restart() {
    String first;
    try (McpEventStore store = open(options())) {
      store.putSession(ALICE, SESSION);
      first = append(store, ALICE, "1", note(1)).eventId();
      append(store, ALICE, "1", note(2));
    }
    try (McpEventStore store = open(options())) {
      assertThat(store.getSession(ALICE)).isInstanceOf(McpSessionState.Live.class);
      assertThat(replay(store, ALICE, first).messages()).containsExactly(json(2));
    }
  }

  @Test
  void a_session_is_told_nothing_of_another_whose_event_id_it_presents() {
    try (McpEventStore store = open(options())) {
      String alices = append(store, ALICE, "1", note(1)).eventId();
      append(store, ALICE, "1", note(2));
      append(store, BOB, "1", note(3));

      assertThat(replay(store, BOB, alices).messages()).isEmpty();
      assertThat(replay(store, BOB, alices).end()).isEqualTo(new McpReplay.Unknown());
    }
  }

  @Test
  void streams_that_two_sessions_call_the_same_do_not_merge() {
    try (McpEventStore store = open(options())) {
      String alices = append(store, ALICE, "1", note(1)).eventId();
      append(store, BOB, "1", note(2));
      append(store, ALICE, "1", note(3));

      assertThat(replay(store, ALICE, alices).messages()).containsExactly(json(3));
    }
  }

  // ---- the sample that comes with another library ----

  @Test
  void a_burst_is_replayed_in_the_order_in_which_it_was_sent() {
    try (McpEventStore store = open(options())) {
      String first = append(store, ALICE, "1", new McpMessage.Priming()).eventId();
      for (int i = 1; i <= 200; i++) {
        append(store, ALICE, "1", note(i));
      }
      Messages.Got got = replay(store, ALICE, first);
      assertThat(got.messages()).isEqualTo(jsons(1, 200));
      // As text these ids are in another order: 10 before 9.
      assertThat(got.ids().stream().sorted().toList()).isNotEqualTo(got.ids());
    }
  }

  @Test
  void the_stream_of_a_get_resumes_though_its_name_has_an_underscore() {
    try (McpEventStore store = open(options())) {
      String first = append(store, ALICE, "_GET_stream", note(1)).eventId();
      append(store, ALICE, "_GET_stream", note(2));

      assertThat(store.streamOf(ALICE, first)).contains("_GET_stream");
      assertThat(replay(store, ALICE, first).messages()).containsExactly(json(2));
    }
  }

  @Test
  void the_stream_of_a_get_is_one_for_each_session_though_all_have_the_same_name() {
    try (McpEventStore store = open(options())) {
      McpScope other = McpScope.ofSession("other");
      String first = append(store, ALICE, "_GET_stream", note(1)).eventId();
      append(store, other, "_GET_stream", note(2));

      assertThat(replay(store, ALICE, first).messages()).isEmpty();
      assertThat(replay(store, other, first).end()).isEqualTo(new McpReplay.Unknown());
    }
  }
}
