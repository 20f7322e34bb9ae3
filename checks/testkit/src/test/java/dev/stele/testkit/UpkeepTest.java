package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.backup.Backup;
import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupResult;
import dev.stele.core.backup.Progress;
import dev.stele.core.backup.Retention;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.upkeep.LogStatistics;
import dev.stele.core.upkeep.Maintenance;
import dev.stele.core.upkeep.MaintenanceSchedule;
import dev.stele.testkit.gate.TestGate;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpkeepTest {
  private static final LocalDate DAY = LocalDate.of(2026, 3, 10);

  @TempDir Path folder;

  private Instant now = Instant.parse("2026-03-10T23:59:59.500Z");
  private final InstantSource clock = () -> now;
  private final ReopenableMemory engine = new ReopenableMemory();
  private final Random random = new Random(3);
  private final EventLog log =
      EventLog.open(
          engine,
          LogId.MAIN,
          TestLogs.keys(),
          TestLogs.options(0, new MemoryAnchor()).with(clock, random));

  @AfterEach
  void close() {
    log.close();
  }

  private void append(String stream, int count) {
    for (int i = 0; i < count; i++) {
      assertThat(
              log.append(Append.of(TestGate.event(stream, stream + log.head().size(), "payload"))))
          .isInstanceOf(AppendResult.Appended.class);
    }
  }

  // ---- figures ----

  @Test
  void streams_are_counted_and_the_ten_largest_named_in_order() {
    for (int stream = 0; stream < 12; stream++) {
      append("s" + (char) ('a' + stream), stream == 7 ? 3 : 1);
    }
    LogStatistics found = LogStatistics.of(log, now, _ -> {});
    assertThat(found.events()).isEqualTo(14);
    assertThat(found.streams()).isEqualTo(12);
    assertThat(found.top())
        .extracting(LogStatistics.StreamCount::stream)
        .containsExactly("sh", "sa", "sb", "sc", "sd", "se", "sf", "sg", "si", "sj");
    assertThat(found.top().getFirst().events()).isEqualTo(3);
  }

  @Test
  void days_are_utc_s_the_newest_first_and_no_more_than_thirty() {
    now = Instant.parse("2026-02-08T23:59:59.999Z");
    append("s", 1);
    now = Instant.parse("2026-02-09T00:00:00Z");
    append("s", 2);
    now = Instant.parse("2026-03-10T23:59:59.500Z");
    append("s", 3);
    LogStatistics found = LogStatistics.of(log, now, _ -> {});
    assertThat(found.daily())
        .containsExactly(
            new LogStatistics.DayCount(DAY, 3),
            new LogStatistics.DayCount(LocalDate.of(2026, 2, 9), 2));
    assertThat(found.first()).contains(Instant.parse("2026-02-08T23:59:59.999Z"));
    assertThat(found.last()).contains(now);
  }

  @Test
  void a_log_without_events_has_no_first_and_no_last() {
    LogStatistics found = LogStatistics.of(log, now, _ -> {});
    assertThat(found.events()).isZero();
    assertThat(found.first()).isEmpty();
    assertThat(found.last()).isEmpty();
    assertThat(found.top()).isEmpty();
  }

  // ---- which backups may go ----

  private BackupFile backup(BackupFolder backups, boolean continuing, boolean pinned) {
    append("s", 1);
    var _ = log.checkpoint();
    Backup.Request request =
        new Backup.Request(
            continuing
                ? backups.list().newestChain(LogId.MAIN, log.verifierKey())
                : Optional.empty(),
            Optional.empty(),
            pinned,
            Optional.empty());
    BackupResult result =
        Backup.of(engine, LogId.MAIN, log.verifierKey(), clock, random)
            .make(backups, request, Progress.SILENT);
    assertThat(result).isInstanceOf(BackupResult.Made.class);
    now = now.plus(Duration.ofDays(1));
    return ((BackupResult.Made) result).file();
  }

  private List<BackupFile> going(BackupFolder backups, OptionalInt count, Optional<Duration> age) {
    return new Retention(count, age)
        .going(backups.list(), LogId.MAIN, log.verifierKey(), Optional.empty(), now);
  }

  @Test
  void the_newest_stay_by_count_and_the_young_by_age() {
    BackupFolder backups = new BackupFolder(folder);
    List<BackupFile> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      made.add(backup(backups, false, false));
    }
    assertThat(going(backups, OptionalInt.of(2), Optional.empty()))
        .containsExactlyElementsOf(made.subList(0, 3));
    assertThat(going(backups, OptionalInt.empty(), Optional.of(Duration.ofDays(3))))
        .containsExactlyElementsOf(made.subList(0, 3));
    assertThat(going(backups, OptionalInt.of(1), Optional.of(Duration.ofDays(4))))
        .containsExactlyElementsOf(made.subList(0, 2));
    assertThat(going(backups, OptionalInt.empty(), Optional.empty())).isEmpty();
  }

  @Test
  void a_chain_is_never_broken_and_what_is_pinned_never_goes() {
    BackupFolder backups = new BackupFolder(folder);
    BackupFile pinned = backup(backups, false, true);
    BackupFile old = backup(backups, false, false);
    BackupFile oldNext = backup(backups, true, false);
    backup(backups, false, false);
    backup(backups, true, false);
    backup(backups, true, false);
    List<BackupFile> going = going(backups, OptionalInt.of(1), Optional.empty());
    assertThat(going).containsExactlyInAnyOrder(old, oldNext);
    backups.delete(going);
    assertThat(backups.list().backups()).hasSize(4).contains(pinned);
    assertThat(backups.list().newestChain(LogId.MAIN, log.verifierKey()).orElseThrow().parts())
        .hasSize(3);
  }

  @Test
  void the_last_that_a_log_can_be_put_back_from_stays_however_old() {
    BackupFolder backups = new BackupFolder(folder);
    backup(backups, false, false);
    BackupFile last = backup(backups, false, false);
    now = now.plus(Duration.ofDays(1_000));
    List<BackupFile> going = going(backups, OptionalInt.empty(), Optional.of(Duration.ZERO));
    assertThat(going).hasSize(1).doesNotContain(last);
  }

  @Test
  void a_count_below_one_keeps_nothing_and_is_refused() {
    assertThatThrownBy(() -> new Retention(OptionalInt.of(0), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---- maintenance ----

  @Test
  void every_task_runs_and_one_that_fails_says_so() throws InterruptedException {
    List<Maintenance.Result> results =
        new Maintenance(
                List.of(
                    new Maintenance.Task("one", () -> Map.of("n", 1)),
                    new Maintenance.Task(
                        "two",
                        () -> {
                          throw new IllegalStateException("no disk");
                        }),
                    new Maintenance.Task("three", () -> Map.of("success", false))))
            .run();
    assertThat(results)
        .extracting(Maintenance.Result::name, Maintenance.Result::success)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("one", true),
            org.assertj.core.groups.Tuple.tuple("two", false),
            org.assertj.core.groups.Tuple.tuple("three", false));
    assertThat(results.get(0).values()).containsEntry("success", true).containsEntry("n", 1);
    assertThat(results.get(1).error()).contains("no disk");
  }

  @Test
  void a_schedule_that_is_closed_in_the_middle_of_a_backup_leaves_none() throws Exception {
    append("s", 3);
    var _ = log.checkpoint();
    BackupFolder backups = new BackupFolder(folder);
    CountDownLatch writing = new CountDownLatch(1);
    Progress hanging =
        (_, _) -> {
          writing.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("stopped", e);
          }
        };
    Maintenance maintenance =
        new Maintenance(
            List.of(
                new Maintenance.Task(
                    "backup",
                    () -> {
                      var _ =
                          Backup.of(engine, LogId.MAIN, log.verifierKey(), clock, random)
                              .make(backups, Backup.Request.FULL, hanging);
                      return Map.of();
                    })));
    List<Maintenance.Result> results = new ArrayList<>();
    try (MaintenanceSchedule _ =
        MaintenanceSchedule.start(maintenance, Duration.ofDays(1), results::addAll)) {
      assertThat(writing.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(folder).isDirectoryContaining("glob:**.writing");
    }
    assertThat(results).isEmpty();
    assertThat(backups.list().backups()).isEmpty();
    assertThat(folder).isDirectoryNotContaining("glob:**.writing");
  }

  @Test
  void a_schedule_runs_again_and_again() throws Exception {
    CountDownLatch runs = new CountDownLatch(2);
    Maintenance maintenance =
        new Maintenance(
            List.of(
                new Maintenance.Task(
                    "count",
                    () -> {
                      runs.countDown();
                      return Map.of();
                    })));
    try (MaintenanceSchedule _ =
        MaintenanceSchedule.start(maintenance, MaintenanceSchedule.SHORTEST, _ -> {})) {
      assertThat(runs.await(1, TimeUnit.MINUTES)).isTrue();
    }
    assertThatThrownBy(
            () -> MaintenanceSchedule.start(maintenance, Duration.ofMillis(999), _ -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
