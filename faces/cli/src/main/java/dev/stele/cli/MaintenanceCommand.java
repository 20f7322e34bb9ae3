package dev.stele.cli;

import dev.stele.core.backup.Backup;
import dev.stele.core.backup.BackupChain;
import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupResult;
import dev.stele.core.backup.Progress;
import dev.stele.core.backup.Retention;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.LogHome;
import dev.stele.core.upkeep.Maintenance;
import dev.stele.core.upkeep.MaintenanceSchedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "maintenance",
    description = {
      "Do what a log needs from time to time: back it up where that is wanted, rotate backups,"
          + " validate it, count it. What fails stops nothing else.",
      "Exit 1: something failed, or the log is not valid."
    })
final class MaintenanceCommand extends SteleCommand {
  private static final Pattern PERIOD = Pattern.compile("([1-9][0-9]{0,8})([smhd])");

  @Option(names = "--backup", description = "make a backup; incremental where there is one")
  private boolean backup;

  @Mixin private BackupCommand.BackupFolderOption to = new BackupCommand.BackupFolderOption();

  @Mixin private RetentionOptions retention = new RetentionOptions();

  @Option(
      names = "--every",
      paramLabel = "TIME",
      description = "again and again, such as 90s, 15m, 6h, 1d; ends when the process is stopped")
  private @Nullable String every;

  /** What came of the last backup of a run, for its rotation. Confined to the run's thread. */
  private Optional<BackupFile> made = Optional.empty();

  @Override
  int run(Terminal terminal) throws InterruptedException {
    var _ = log.home();
    Optional<Retention> rule = retention.rule();
    if (every == null) {
      try (Stopping stopping = new Stopping()) {
        terminal.begin("maintaining");
        return answer(terminal, tasks(rule, stopping.with(terminal::progress)).run());
      }
    }
    Duration period = period(every);
    try (MaintenanceSchedule schedule =
        MaintenanceSchedule.start(
            tasks(rule, MaintenanceCommand::giveUpWhenStopped),
            period,
            results -> {
              var _ = answer(terminal, results);
            })) {
      Thread hook = Thread.ofPlatform().name("stele-stop").unstarted(schedule::close);
      Runtime.getRuntime().addShutdownHook(hook);
      schedule.join();
    }
    return ExitCode.DONE;
  }

  /** A schedule that is closed interrupts its run; the next sign of progress ends it. */
  private static void giveUpWhenStopped(long done, long total) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CannotRun("stopped", "the process was told to stop", "run it again");
    }
  }

  static Duration period(String text) {
    Matcher period = PERIOD.matcher(text);
    if (!period.matches()) {
      throw new CannotRun("bad-time", "'" + text + "' is no period of time", "--every 6h");
    }
    long count = Long.parseLong(period.group(1));
    return switch (period.group(2)) {
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  private Maintenance tasks(Optional<Retention> rule, Progress progress) {
    List<Maintenance.Task> tasks = new ArrayList<>();
    if (backup) {
      tasks.add(new Maintenance.Task("backup", () -> backUp(progress)));
    }
    if (rule.isPresent()) {
      tasks.add(new Maintenance.Task("backup_cleanup", () -> rotate(rule)));
    }
    tasks.add(new Maintenance.Task("validation", () -> validate(progress)));
    tasks.add(new Maintenance.Task("stats", () -> count(progress)));
    return new Maintenance(tasks);
  }

  private Map<String, Object> backUp(Progress progress) {
    made = Optional.empty();
    LogHome home = log.home();
    BackupFolder folder = to.folder(log.location());
    Optional<BackupChain> chain = folder.list().newestChain(LogId.MAIN, home.vkey());
    Map<String, Object> json = new LinkedHashMap<>();
    try (LogEngine engine = BackupCommand.signedEngine(log, home)) {
      BackupResult result =
          BackupCommand.make(
              engine,
              folder,
              home,
              new Backup.Request(chain, Optional.empty(), false, Optional.empty()),
              progress);
      if (result instanceof BackupResult.NotContinued) {
        // The log was put back since: its history begins a chain of its own.
        result = BackupCommand.make(engine, folder, home, Backup.Request.FULL, progress);
      }
      switch (result) {
        case BackupResult.Made(BackupFile file, long forgotten) -> {
          made = Optional.of(file);
          json.put("path", file.path().toString());
          json.put("full", file.manifest().isFull());
          json.put("forgottenHeld", forgotten + file.manifest().held());
        }
        case BackupResult.NothingNew(BackupFile last) -> {
          json.put("path", last.path().toString());
          json.put("nothingNew", true);
        }
        case BackupResult.NothingSigned() -> {
          json.put("success", false);
          json.put("reason", "the log has signed nothing yet");
        }
        case BackupResult.NotContinued(String reason) -> {
          json.put("success", false);
          json.put("reason", reason);
        }
        case BackupResult.Unsound(long at, String detail) -> {
          json.put("success", false);
          json.put("reason", "unsound at position %d: %s".formatted(at, detail));
        }
      }
    }
    return json;
  }

  private Map<String, Object> rotate(Optional<Retention> rule) {
    List<BackupFile> gone =
        BackupCommand.rotate(to.folder(log.location()), log.home().vkey(), rule, made);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("deleted_count", gone.size());
    json.put("deleted", gone.stream().map(each -> each.path().toString()).toList());
    return json;
  }

  private Map<String, Object> validate(Progress progress) throws InterruptedException {
    Validation found = Validation.of(log, progress);
    Map<String, Object> json = new LinkedHashMap<>(found.json());
    json.put("success", found.valid());
    return json;
  }

  private Map<String, Object> count(Progress progress) {
    try {
      return StatsCommand.figures(log, false, progress);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int answer(Terminal terminal, List<Maintenance.Result> results) {
    Map<String, Object> json = new LinkedHashMap<>();
    List<String> text = new ArrayList<>();
    boolean success = true;
    for (Maintenance.Result result : results) {
      Map<String, Object> values = new LinkedHashMap<>(result.values());
      result.error().ifPresent(error -> values.put("error", error));
      json.put(result.name(), values);
      success &= result.success();
      text.add(
          "%-16s %s"
              .formatted(
                  result.name(),
                  result.success() ? "done" : "FAILED: " + result.error().orElse(said(values))));
    }
    json.put("success", success);
    terminal.answer(json, text);
    return success ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
  }

  private static String said(Map<String, Object> values) {
    return String.valueOf(values.getOrDefault("reason", values.getOrDefault("errors", "no")));
  }
}
