package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.Rows;
import dev.stele.testkit.StreamsView;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A view in the log's own schema and transactions. */
@Tag("engine")
class AnInlineViewTest {
  private String database;
  private MemoryAnchor anchor;

  @BeforeEach
  void make() {
    database = PostgresServer.shared().freshDatabase();
    anchor = new MemoryAnchor();
  }

  private PostgresLogEngine writer(View... views) {
    return PostgresLogEngine.openWriter(database, PostgresOptions.DEFAULT, List.of(views));
  }

  private EventLog open(PostgresLogEngine engine) {
    return EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(3, anchor));
  }

  private static void append(EventLog log, int count) {
    List<Append> appends = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      long position = log.head().size() + i;
      appends.add(
          Append.of(
              TestGate.event("stream-" + position % 2, "id-" + position, "payload " + position)));
    }
    assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
  }

  private static ViewStore.Answer<String> hash(PostgresLogEngine engine, View view) {
    return engine.readView(view.name(), tables -> StateHash.of(view.tables(), tables));
  }

  private static String replayed(EventLog log, View view) throws InterruptedException {
    try (ViewStore clean = new MemoryViewStore()) {
      new ViewRunner(view, log, clean).catchUp();
      return StateHash.of(clean, view.name(), ViewStore.Slot.LIVE).value();
    }
  }

  private void sql(String... statements) throws SQLException {
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("SET search_path = stele");
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private String ask(String sql) throws SQLException {
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("SET search_path = stele; SET timezone = 'UTC'");
      try (ResultSet row = statement.executeQuery(sql)) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /** A view that fails where the test wants. */
  private static final class Failing implements View {
    long at = 3;

    @Override
    public String name() {
      return "entries";
    }

    @Override
    public int version() {
      return 1;
    }

    @Override
    public List<Table> tables() {
      return new EntriesView().tables();
    }

    @Override
    public void apply(List<StoredEvent> events, Tables tables) {
      new EntriesView().apply(events, tables);
      if (events.getFirst().position() <= at && at <= events.getLast().position()) {
        throw new UnsupportedOperationException("as the test wants");
      }
    }
  }

  @Test
  void is_current_at_the_ack_and_the_same_as_beside_the_log() throws Exception {
    PostgresLogEngine engine = writer(new EntriesView(), new StreamsView());
    try (EventLog log = open(engine)) {
      for (int i = 1; i <= 20; i++) {
        append(log, 1);
        long position = i;
        ViewStore.Answer<Optional<TableRow>> answer =
            engine.readView("entries", tables -> tables.get(EntriesView.ENTRIES, position));
        assertThat(answer.value()).isPresent();
        assertThat(answer.position()).isEqualTo(i);
      }
      append(log, 100);
      for (View view : List.of(new EntriesView(), new StreamsView())) {
        assertThat(hash(engine, view)).isEqualTo(new ViewStore.Answer<>(replayed(log, view), 120L));
      }
    }
  }

  @Test
  void is_built_when_it_is_new_and_again_when_its_version_or_its_tables_are() throws Exception {
    try (EventLog log = open(writer())) {
      append(log, 2_500);
    }
    for (int version : new int[] {1, 2}) {
      PostgresLogEngine engine = writer(new StreamsView(version));
      try (EventLog log = open(engine)) {
        assertThat(hash(engine, new StreamsView(version)).value())
            .isEqualTo(replayed(log, new StreamsView(version)));
      }
    }
    sql("DROP INDEX streams_by_size");
    PostgresLogEngine engine = writer(new StreamsView(2));
    try (EventLog log = open(engine)) {
      assertThat(hash(engine, new StreamsView(2)).value())
          .isEqualTo(replayed(log, new StreamsView(2)));
      assertThat(ask("SELECT count(*) FROM pg_indexes WHERE indexname = 'streams_by_size'"))
          .isEqualTo("1");
    }
  }

  @Test
  void that_fails_is_detached_and_the_log_and_the_other_views_go_on() throws Exception {
    Failing failing = new Failing();
    PostgresLogEngine engine = writer(failing, new StreamsView());
    try (EventLog log = open(engine)) {
      for (int i = 0; i < 5; i++) {
        append(log, 1);
      }
      assertThat(engine.inlineViews())
          .containsExactly(
              new ViewStatus(
                  "entries",
                  1,
                  2,
                  5,
                  new ViewState.Failed(
                      3, "java.lang.UnsupportedOperationException: as the test wants")),
              new ViewStatus("streams", 1, 5, 5, new ViewState.Live()));
      assertThat(hash(engine, new StreamsView()).value())
          .isEqualTo(replayed(log, new StreamsView()));
      engine.retryView("entries");
      assertThat(engine.inlineViews().getFirst().state()).isInstanceOf(ViewState.Failed.class);
      failing.at = 0;
      engine.retryView("entries");
      append(log, 1);
      assertThat(engine.inlineViews().getFirst())
          .isEqualTo(new ViewStatus("entries", 1, 6, 6, new ViewState.Live()));
      assertThat(hash(engine, new EntriesView()).value())
          .isEqualTo(replayed(log, new EntriesView()));
    }
  }

  @Test
  void that_was_detached_catches_up_when_it_is_opened_again() throws Exception {
    try (EventLog log = open(writer(new Failing()))) {
      for (int i = 0; i < 5; i++) {
        append(log, 1);
      }
      log.erase(new Erasure.OfEvent(1));
    }
    PostgresLogEngine again = writer(new EntriesView());
    try (EventLog log = open(again)) {
      assertThat(hash(again, new EntriesView()).value())
          .isEqualTo(replayed(log, new EntriesView()));
    }
  }

  @Test
  void is_rebuilt_in_one_go_on_demand() throws Exception {
    PostgresLogEngine engine = writer(new EntriesView());
    try (EventLog log = open(engine)) {
      append(log, 3);
      sql("UPDATE entries SET stream = 'changed by hand' WHERE position = 2");
      assertThat(hash(engine, new EntriesView()).value())
          .isNotEqualTo(replayed(log, new EntriesView()));
      engine.rebuildView("entries");
      assertThat(hash(engine, new EntriesView()).value())
          .isEqualTo(replayed(log, new EntriesView()));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.rebuildView("unknown"));
      assertThatIllegalArgumentException().isThrownBy(() -> hash(engine, new StreamsView()));
    }
  }

  @Test
  void that_cannot_be_rebuilt_stays_what_it_was() throws Exception {
    Failing failing = new Failing();
    failing.at = 0;
    PostgresLogEngine engine = writer(failing);
    try (EventLog log = open(engine)) {
      append(log, 4);
      failing.at = 2;
      assertThatThrownBy(() -> engine.rebuildView("entries"))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("as the test wants");
      assertThat(hash(engine, new EntriesView()))
          .isEqualTo(new ViewStore.Answer<>(replayed(log, new EntriesView()), 4L));
    }
  }

  @Test
  void forgets_what_is_erased_in_the_transaction_of_the_erase() throws Exception {
    Rows rows = new Rows();
    try (PostgresLogEngine engine = writer(new EntriesView())) {
      rows.commit(engine, LogId.MAIN, "a", 5);
      Batch receipt = Rows.batch(rows.next("stele/receipts", 1));
      CommitResult result =
          engine.commitErasing(
              LogId.MAIN,
              rows.committed(),
              receipt,
              List.of(new PositionRange(2, 3)),
              Durability.DURABLE);
      assertThat(result).isInstanceOf(CommitResult.Committed.class);
      assertThat(engine.inlineViews().getFirst().position()).isEqualTo(6);
    }
    assertThat(
            ask(
                "SELECT string_agg(position::text, ',' ORDER BY position) FROM entries"
                    + " WHERE payload IS NULL"))
        .isEqualTo("2,3");
  }

  @Test
  void that_cannot_forget_lets_nothing_be_erased() {
    Failing failing = new Failing();
    failing.at = 0;
    PostgresLogEngine engine = writer(failing);
    try (EventLog log = open(engine)) {
      append(log, 4);
      failing.at = 2;
      assertThatThrownBy(() -> log.erase(new Erasure.OfEvent(4)))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("cannot forget");
      assertThat(log.get(4).orElseThrow().erased()).isFalse();
      assertThat(log.head().size()).isEqualTo(4);
    }
  }

  @Test
  void takes_up_what_a_process_without_views_has_appended_and_erased() throws Exception {
    PostgresLogEngine engine = writer(new EntriesView(), new StreamsView());
    Rows rows = new Rows();
    try (engine;
        PostgresLogEngine plain = writer()) {
      rows.commit(engine, LogId.MAIN, "a", 3);
      rows.commit(plain, LogId.MAIN, "b", 1_500);
      Batch receipt = Rows.batch(rows.next("stele/receipts", 1));
      plain.commitErasing(
          LogId.MAIN,
          rows.committed(),
          receipt,
          List.of(new PositionRange(2, 2)),
          Durability.DURABLE);
      rows.committed(rows.head());
      assertThat(hash(engine, new EntriesView()).position()).isEqualTo(3);
      rows.commit(engine, LogId.MAIN, "a", 2);
      assertThat(hash(engine, new EntriesView()).position()).isEqualTo(1_506);
      assertThat(ask("SELECT count(*) FROM entries")).isEqualTo("1506");
      assertThat(ask("SELECT string_agg(position::text, ',') FROM entries WHERE payload IS NULL"))
          .isEqualTo("2");
    }
  }

  @Test
  void uses_a_table_that_a_script_made_with_the_types_it_has() throws Exception {
    Table facts =
        Table.named("facts")
            .text("id")
            .integer("at")
            .nullableInteger("small")
            .text("note")
            .nullableBytes("raw")
            .key("id")
            .index("facts_by_at", "at")
            .build();
    try (PostgresLogEngine made = writer()) {
      assertThat(made.head(LogId.MAIN).size()).isZero();
    }
    sql(
        "CREATE TABLE facts (id uuid PRIMARY KEY, at timestamptz NOT NULL, small int,"
            + " note text NOT NULL, raw bytea, made timestamptz DEFAULT now())",
        "CREATE INDEX facts_by_at ON facts (at)");
    String id = "0a0b0c0d-0000-4000-8000-0000000000ff";
    long at = 1_700_000_000_123_457L;
    View view =
        new View() {
          @Override
          public String name() {
            return "facts";
          }

          @Override
          public int version() {
            return 1;
          }

          @Override
          public List<Table> tables() {
            return List.of(facts);
          }

          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            for (StoredEvent event : events) {
              tables.put(
                  facts,
                  id.replace("ff", "%02x".formatted(event.position())),
                  event.position() == 1 ? at : -event.position(),
                  event.position() == 2 ? null : 7L,
                  "a\0b\u0001\u0002",
                  new byte[] {0, -1});
            }
          }
        };
    PostgresLogEngine engine = writer(view);
    Rows rows = new Rows();
    rows.commit(engine, LogId.MAIN, "a", 3);
    assertThat(ask("SELECT at::text FROM facts WHERE id = '" + id.replace("ff", "01") + "'"))
        .isEqualTo("2023-11-14 22:13:20.123457+00");
    assertThat(ask("SELECT count(made)::text FROM facts")).isEqualTo("3");
    engine.readView(
        "facts",
        tables -> {
          TableRow row = tables.get(facts, id.replace("ff", "01")).orElseThrow();
          assertThat(row.integer("at")).isEqualTo(at);
          assertThat(row.text("note")).isEqualTo("a\0b\u0001\u0002");
          assertThat(row.bytes("raw")).containsExactly(0, -1);
          assertThat(tables.page(dev.stele.core.view.Scan.of(facts).by("facts_by_at").before(at)))
              .extracting(each -> each.integer("at"))
              .containsExactly(-3L, -2L);
          return row;
        });
    engine.close();
    sql("CREATE VIEW shown AS SELECT 1 AS position");
    Table shown = Table.named("shown").integer("position").key("position").build();
    assertThatThrownBy(() -> writer(viewOf(shown)))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("stele.shown is no table");
    sql("DROP VIEW shown", "CREATE TABLE shown (position text PRIMARY KEY)");
    assertThatThrownBy(() -> writer(viewOf(shown)))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("column position of table shown is of type text");
  }

  private static View viewOf(Table table) {
    return new View() {
      @Override
      public String name() {
        return "one";
      }

      @Override
      public int version() {
        return 1;
      }

      @Override
      public List<Table> tables() {
        return List.of(table);
      }

      @Override
      public void apply(List<StoredEvent> events, Tables tables) {
        for (StoredEvent event : events) {
          tables.put(table, event.position());
        }
      }
    };
  }
}
