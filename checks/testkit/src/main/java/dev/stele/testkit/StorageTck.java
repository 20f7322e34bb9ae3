package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogReader;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageProvider;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.View;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of a {@link StorageProvider}, as tests, found by its URI as everyone finds it.
 *
 * <p>A provider's own test extends this class, makes a URI for a folder, and says whether what is
 * stored outlives the storage.
 */
public abstract class StorageTck {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Table NOTES =
      Table.named("notes").text("name").nullableText("text").key("name").build();

  private static final Table TASKS =
      Table.named("tasks").integer("number").bytes("what").key("number").build();

  private static final SideTables.Definition SIDE =
      new SideTables.Definition("work", 1, List.of(NOTES));

  /** Where this test's storage may keep its files. */
  @TempDir protected Path folder;

  private LogKeys keys = TestLogs.keys();

  /** Made once for each test. */
  protected StorageTck() {}

  /** A URI of the provider, the same for the same folder. */
  protected abstract String uri(Path folder);

  /** Tells whether what is stored outlives the storage. */
  protected abstract boolean persists();

  private StorageRequest request(boolean readOnly, List<View> views, SideTables.Definition side) {
    return new StorageRequest(
        uri(folder), readOnly, views, side, List.of(), Optional.of(folder.resolve("anchors")));
  }

  private Storage open(List<View> views, SideTables.Definition side) {
    return Storages.open(request(false, views, side));
  }

  private Storage open(SideTables.Definition side) {
    return open(List.of(), side);
  }

  private Storage openReader(List<View> views, SideTables.Definition side) {
    Assumptions.assumeTrue(persists(), "nothing outlives this storage, so nothing is only read");
    return Storages.open(request(true, views, side));
  }

  /** Opens the log, with keys that are made where there are none and are in its home, if any. */
  private EventLog log(Storage storage) {
    storage
        .home()
        .ifPresent(
            home -> {
              if (!home.exists()) {
                var _ =
                    LogHome.create(
                        home.database(),
                        "test.example/log",
                        Optional.of(folder.resolve("anchors")),
                        new Random(7));
              }
              keys = home.keys().orElseThrow();
            });
    return EventLog.open(storage.engine(), LogId.MAIN, keys, TestLogs.options(1, storage.anchor()));
  }

  private static void append(EventLog log, int count) {
    for (int i = 0; i < count; i++) {
      String id = "id-" + log.head().size();
      assertThat(log.append(Append.of(TestGate.event("a", id, "payload of " + id))))
          .isInstanceOf(AppendResult.Appended.class);
    }
  }

  private static List<Long> positions(KeptViews views) {
    return views
        .read(
            "entries",
            tables -> {
              List<Long> read = new ArrayList<>();
              tables.forEach(
                  Scan.of(EntriesView.ENTRIES), row -> read.add(row.integer("position")));
              return read;
            })
        .value();
  }

  @Test
  void its_provider_is_found_by_its_uri_and_says_how_such_look() {
    StorageProvider provider = Storages.find(uri(folder)).orElseThrow();
    assertThat(uri(folder)).startsWith(provider.scheme() + ":");
    assertThat(provider.form()).contains(provider.scheme() + ":");
    assertThatThrownBy(() -> Storages.open(StorageRequest.of("nowhere:at-all")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(provider.form())
        .hasMessageContaining("memory:")
        .hasMessageContaining("'nowhere:at-all'");
  }

  @Test
  void what_is_appended_is_in_the_log_and_in_its_views() throws Exception {
    try (Storage storage = open(List.of(new EntriesView()), SideTables.Definition.NONE);
        EventLog log = log(storage);
        KeptViews views = storage.keep(log)) {
      append(log, 5);
      assertThat(views.await("entries", 5, PATIENCE)).isInstanceOf(Awaited.Reached.class);
      assertThat(positions(views)).containsExactly(1L, 2L, 3L, 4L, 5L);
      assertThat(views.status()).hasSize(1);
      assertThatThrownBy(() -> views.rebuild("unknown"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void everything_is_there_when_it_is_opened_again() throws Exception {
    Assumptions.assumeTrue(persists(), "nothing outlives this storage");
    for (int opened = 1; opened <= 3; opened++) {
      try (Storage storage = open(List.of(new EntriesView()), SIDE);
          EventLog log = log(storage);
          KeptViews views = storage.keep(log)) {
        int round = opened;
        assertThat(log.head().size()).isEqualTo(3L * (round - 1));
        append(log, 3);
        storage.side().change(tables -> tables.put(NOTES, "round-" + round, "text"));
        assertThat(views.await("entries", 3L * round, PATIENCE))
            .isInstanceOf(Awaited.Reached.class);
        assertThat(positions(views)).hasSize(3 * round);
        assertThat(names(storage.side())).hasSize(round);
      }
    }
  }

  @Test
  void views_are_kept_once_and_without_any_nothing_is_opened() throws Exception {
    try (Storage storage = open(SideTables.Definition.NONE);
        EventLog log = log(storage);
        KeptViews views = storage.keep(log)) {
      append(log, 1);
      assertThat(views.status()).isEmpty();
      assertThatThrownBy(() -> storage.keep(log)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(storage::side).isInstanceOf(IllegalStateException.class);
      assertThat(files()).noneMatch(name -> name.contains("views") || name.contains("side"));
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  // ---- side tables ----

  private static List<String> names(SideTables side) {
    return side.read(
        tables -> tables.page(Scan.of(NOTES)).stream().map(row -> row.text("name")).toList());
  }

  @Test
  void a_change_of_side_tables_is_all_or_nothing_and_read_as_of_one_moment() {
    try (Storage storage = open(SIDE)) {
      SideTables side = storage.side();
      side.change(
          tables -> {
            tables.put(NOTES, "a", "one");
            tables.put(NOTES, "b", null);
          });
      assertThatThrownBy(
              () ->
                  side.change(
                      tables -> {
                        tables.put(NOTES, "c", "three");
                        assertThat(tables.delete(NOTES, "a")).isTrue();
                        throw new IllegalStateException("changed my mind");
                      }))
          .hasMessage("changed my mind");
      assertThat(names(side)).containsExactly("a", "b");
      assertThat(side.<Optional<TableRow>>read(tables -> tables.get(NOTES, "b")))
          .hasValueSatisfying(row -> assertThat(row.isNull("text")).isTrue());
      assertThatThrownBy(() -> side.change(tables -> tables.put(TASKS, 1L, new byte[0])))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void a_version_that_adds_tables_keeps_every_row_of_those_there_are() {
    Assumptions.assumeTrue(persists(), "nothing outlives this storage");
    int rows = 2_500;
    try (Storage storage = open(SIDE)) {
      storage
          .side()
          .change(
              tables -> {
                for (int i = 0; i < rows; i++) {
                  tables.put(NOTES, "name-" + i, i % 7 == 0 ? null : "text " + i);
                }
              });
    }
    SideTables.Definition more = new SideTables.Definition("work", 2, List.of(NOTES, TASKS));
    for (int opened = 0; opened < 2; opened++) {
      try (Storage storage = open(more)) {
        List<String> nulls = new ArrayList<>();
        List<String> all = new ArrayList<>();
        storage
            .side()
            .read(
                tables -> {
                  tables.forEach(
                      Scan.of(NOTES),
                      row -> (row.isNull("text") ? nulls : all).add(row.text("name")));
                  return true;
                });
        assertThat(nulls).hasSize((rows + 6) / 7);
        assertThat(all).hasSize(rows - (rows + 6) / 7);
        storage.side().change(tables -> tables.put(TASKS, 1L, new byte[] {7}));
      }
    }
    assertThatThrownBy(() -> open(SIDE)).isInstanceOf(StorageFailed.class);
  }

  @Test
  void a_version_that_changes_or_drops_a_table_is_refused_and_changes_nothing() {
    Assumptions.assumeTrue(persists(), "nothing outlives this storage");
    try (Storage storage = open(SIDE)) {
      storage.side().change(tables -> tables.put(NOTES, "a", "one"));
    }
    Table changed = Table.named("notes").text("name").integer("size").key("name").build();
    for (List<Table> tables : List.of(List.of(changed), List.of(TASKS))) {
      assertThatThrownBy(() -> open(new SideTables.Definition("work", 2, tables)))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("notes");
      assertThatThrownBy(() -> open(new SideTables.Definition("work", 1, tables)))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("version 1");
    }
    try (Storage storage = open(SIDE)) {
      assertThat(names(storage.side())).containsExactly("a");
    }
  }

  // ---- read only ----

  @Test
  void what_was_opened_to_read_reads_and_changes_nothing() throws Exception {
    try (Storage reading = openReaderOfSome();
        LogReader log =
            LogReader.open(reading.engine(), LogId.MAIN, keys.signer().vkey(), Optional.of(keys));
        KeptViews views = reading.keep(log)) {
      assertThat(log.head().size()).isEqualTo(4);
      assertThat(views.await("entries", 4, PATIENCE)).isInstanceOf(Awaited.Reached.class);
      assertThat(views.await("entries", 5, Duration.ofMillis(1)))
          .isInstanceOf(Awaited.NotReached.class);
      assertThat(positions(views)).containsExactly(1L, 2L, 3L, 4L);
      assertThat(views.status().getFirst().lag()).isZero();
      assertThat(names(reading.side())).containsExactly("a");
      assertThatThrownBy(() -> reading.side().change(tables -> tables.put(NOTES, "b", "two")))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> views.rebuild("entries")).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> views.retry("entries")).isInstanceOf(IllegalStateException.class);
    }
  }

  private Storage openReaderOfSome() throws Exception {
    try (Storage storage = open(List.of(new EntriesView()), SIDE);
        EventLog log = log(storage);
        KeptViews views = storage.keep(log)) {
      append(log, 4);
      assertThat(views.await("entries", 4, PATIENCE)).isInstanceOf(Awaited.Reached.class);
      storage.side().change(tables -> tables.put(NOTES, "a", "one"));
    }
    return openReader(List.of(new EntriesView()), SIDE);
  }

  @Test
  void where_nothing_is_there_is_nothing_to_read_only() throws IOException {
    assertThatThrownBy(() -> Storages.open(request(true, List.of(), SideTables.Definition.NONE)))
        .isInstanceOf(StorageFailed.class);
    assertThat(files()).isEmpty();
  }

  // ---- closing ----

  @Test
  void closing_it_closes_everything_and_closing_it_again_does_nothing() {
    Storage storage = open(List.of(new EntriesView()), SIDE);
    EventLog log = log(storage);
    KeptViews views = storage.keep(log);
    views.close();
    log.close();
    storage.close();
    storage.close();
    assertThatThrownBy(() -> storage.engine().head(LogId.MAIN)).isInstanceOf(LogClosed.class);
    assertThatThrownBy(() -> names(storage.side())).isInstanceOf(LogClosed.class);
    assertThatThrownBy(() -> storage.keep(log)).isInstanceOf(IllegalStateException.class);
    Storage again = open(List.of(new EntriesView()), SIDE);
    again.close();
  }

  @Test
  void side_tables_that_are_refused_leave_nothing_open() {
    Assumptions.assumeTrue(persists(), "nothing outlives this storage");
    open(SIDE).close();
    assertThatThrownBy(() -> open(new SideTables.Definition("work", 2, List.of(TASKS))))
        .isInstanceOf(StorageFailed.class);
    try (Storage storage = open(SIDE)) {
      assertThat(names(storage.side())).isEmpty();
    }
  }

  @Test
  void the_anchor_of_a_log_that_outlives_its_process_is_in_the_folder_asked_for() {
    Assumptions.assumeTrue(persists(), "nothing outlives this storage");
    try (Storage storage = open(SideTables.Definition.NONE)) {
      EventLog log = log(storage);
      append(log, 1);
      log.close();
      assertThat(storage.anchor().last()).isPresent();
      assertThat(storage.anchor().describe()).contains(folder.resolve("anchors").toString());
    }
  }
}
