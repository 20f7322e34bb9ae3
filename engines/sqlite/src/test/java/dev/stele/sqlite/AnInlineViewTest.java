package dev.stele.sqlite;

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
import dev.stele.core.log.EventLog;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewStore;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Rows;
import dev.stele.testkit.StreamsView;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A view in the log's own file and transactions. */
@Tag("engine")
class AnInlineViewTest {
  @TempDir Path folder;
  @TempDir Path anchors;

  private SmallLog small;

  @BeforeEach
  void make() {
    small = SmallLog.make(folder, anchors, 5);
  }

  private SqliteLogEngine writer(View... views) {
    return SqliteLogEngine.openWriter(
        small.database(),
        SqliteOptions.DEFAULT,
        List.of(views).stream().map(view -> (InlineView) new InlineTables(view)).toList());
  }

  private static ViewStore.Answer<String> hash(SqliteLogEngine engine, View view) {
    return engine.readView(new InlineTables(view), tables -> StateHash.of(view.tables(), tables));
  }

  private static String replayed(EventLog log, View view) throws InterruptedException {
    try (ViewStore clean = new MemoryViewStore()) {
      new ViewRunner(view, log, clean).catchUp();
      return StateHash.of(clean, view.name(), ViewStore.Slot.LIVE).value();
    }
  }

  @Test
  void is_current_at_the_ack_and_the_same_as_beside_the_log() throws Exception {
    SqliteLogEngine engine = writer(new EntriesView(), new StreamsView());
    try (EventLog log = small.open(engine, Duration.ofHours(1))) {
      for (int i = 1; i <= 20; i++) {
        SmallLog.append(log, 1);
        long position = i;
        ViewStore.Answer<Optional<TableRow>> answer =
            engine.readView(
                new InlineTables(new EntriesView()),
                tables -> tables.get(EntriesView.ENTRIES, position));
        assertThat(answer.value()).isPresent();
        assertThat(answer.position()).isEqualTo(i);
      }
      for (View view : List.of(new EntriesView(), new StreamsView())) {
        assertThat(hash(engine, view)).isEqualTo(new ViewStore.Answer<>(replayed(log, view), 20L));
      }
    }
  }

  @Test
  void is_built_when_it_is_new_and_again_when_its_version_or_its_tables_are() throws Exception {
    small.with(30);
    for (int version : new int[] {1, 2}) {
      SqliteLogEngine engine = writer(new StreamsView(version));
      try (EventLog log = small.open(engine, Duration.ofHours(1))) {
        assertThat(hash(engine, new StreamsView(version)).value())
            .isEqualTo(replayed(log, new StreamsView(version)));
      }
    }
    small.sql("DROP INDEX streams_by_size");
    SqliteLogEngine engine = writer(new StreamsView(2));
    try (EventLog log = small.open(engine, Duration.ofHours(1))) {
      assertThat(hash(engine, new StreamsView(2)).value())
          .isEqualTo(replayed(log, new StreamsView(2)));
    }
  }

  @Test
  void that_fails_is_detached_and_replayed_from_the_beginning_later() throws Exception {
    View failing =
        new View() {
          @Override
          public String name() {
            return "entries";
          }

          @Override
          public int version() {
            return 1;
          }

          @Override
          public List<dev.stele.core.view.Table> tables() {
            return new EntriesView().tables();
          }

          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            new EntriesView().apply(events, tables);
            if (events.getLast().position() == 3) {
              throw new UnsupportedOperationException("as the test wants");
            }
          }
        };
    SqliteLogEngine engine = writer(failing, new StreamsView());
    try (EventLog log = small.open(engine, Duration.ofHours(1))) {
      SmallLog.append(log, 5);
      assertThat(engine.inlineViews())
          .containsExactly(new InlineStatus("entries", 1, 2), new InlineStatus("streams", 1, 5));
      assertThat(hash(engine, new StreamsView()).value())
          .isEqualTo(replayed(log, new StreamsView()));
    }
    SqliteLogEngine again = writer(new EntriesView());
    try (EventLog log = small.open(again, Duration.ofHours(1))) {
      assertThat(hash(again, new EntriesView()).value())
          .isEqualTo(replayed(log, new EntriesView()));
    }
  }

  @Test
  void is_rebuilt_in_one_go_on_demand() throws Exception {
    small.with(3);
    SqliteLogEngine engine = writer(new EntriesView());
    try (EventLog log = small.open(engine, Duration.ofHours(1))) {
      small.sql("UPDATE entries SET stream = 'changed by hand' WHERE position = 2");
      assertThat(hash(engine, new EntriesView()).value())
          .isNotEqualTo(replayed(log, new EntriesView()));
      long[] told = {0};
      assertThat(engine.rebuildView("entries", position -> told[0] = position)).isEqualTo(3);
      assertThat(told[0]).isEqualTo(3);
      assertThat(hash(engine, new EntriesView()).value())
          .isEqualTo(replayed(log, new EntriesView()));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.rebuildView("unknown", _ -> {}));
      assertThatIllegalArgumentException().isThrownBy(() -> hash(engine, new StreamsView()));
    }
  }

  @Test
  void that_cannot_be_rebuilt_stays_what_it_was() throws Exception {
    boolean[] fails = {false};
    StreamsView streams = new StreamsView();
    InlineView failing =
        new InlineView() {
          private final InlineTables tables = new InlineTables(streams);

          @Override
          public String name() {
            return "streams";
          }

          @Override
          public int version() {
            return 1;
          }

          @Override
          public void create(Connection connection) throws SQLException {
            tables.create(connection);
          }

          @Override
          public void reset(Connection connection) throws SQLException {
            tables.reset(connection);
          }

          @Override
          public void apply(Connection connection, List<dev.stele.core.engine.Row> rows)
              throws SQLException {
            if (fails[0]) {
              throw new SQLException("as the test wants");
            }
            tables.apply(connection, rows);
          }
        };
    SqliteLogEngine engine =
        SqliteLogEngine.openWriter(small.database(), SqliteOptions.DEFAULT, List.of(failing));
    try (EventLog log = small.open(engine, Duration.ofHours(1))) {
      SmallLog.append(log, 4);
      fails[0] = true;
      assertThatThrownBy(() -> engine.rebuildView("streams", _ -> {}))
          .isInstanceOf(StorageFailed.class);
      assertThat(hash(engine, streams).value()).isEqualTo(replayed(log, streams));
    }
  }

  @Test
  void forgets_what_is_erased_in_the_transaction_of_the_erase() throws Exception {
    Rows rows = new Rows();
    try (SqliteLogEngine engine = writer(new EntriesView())) {
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
      assertThat(engine.inlineViews()).containsExactly(new InlineStatus("entries", 1, 6));
    }
    try (Connection connection = small.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT group_concat(position) FROM entries WHERE payload IS NULL")) {
      assertThat(row.getString(1)).isEqualTo("2,3");
    }
  }
}
