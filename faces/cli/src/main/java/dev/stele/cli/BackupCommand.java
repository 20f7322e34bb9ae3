package dev.stele.cli;

import dev.stele.core.backup.Backup;
import dev.stele.core.backup.BackupChain;
import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupManifest;
import dev.stele.core.backup.BackupResult;
import dev.stele.core.backup.Retention;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.log.LogHome;
import dev.stele.core.proof.VerifierKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "backup",
    description = {
      "Copy the log into a file of a folder, as far as it is signed, while others write it.",
      "The file is the same whatever the engine, and 'stele restore' puts it back into any.",
      "Exit 1: the log is not what it signed for, and nothing was kept."
    })
final class BackupCommand extends SteleCommand {
  @Mixin private BackupFolderOption to = new BackupFolderOption();

  @ArgGroup private @Nullable How how;

  /** At most one of these. */
  static final class How {
    @Option(
        names = "--incremental",
        description = "only what is new since the newest backup there; a full one if there is none")
    private boolean incremental;

    @Option(
        names = "--forget",
        description =
            "a full one; then delete every backup that still holds what the log has forgotten,"
                + " pinned ones excepted")
    private boolean forget;

    @Option(names = "--list", description = "make none, and list those that are there")
    private boolean list;
  }

  @Option(names = "--name", paramLabel = "NAME", description = "call the file so")
  private @Nullable String name;

  @Option(names = "--pin", description = "keep it, whatever its age")
  private boolean pin;

  @Option(
      names = "--with-keys",
      description = "put the log's secret keys into it too; the file is then as secret as they are")
  private boolean withKeys;

  @Mixin private RetentionOptions retention = new RetentionOptions();

  @Override
  int run(Terminal terminal) {
    LogHome home = log.home();
    BackupFolder folder = to.folder(log.location());
    if (how != null && how.list) {
      return list(terminal, folder, home.vkey());
    }
    Optional<Retention> rule = retention.rule();
    try (Stopping stopping = new Stopping();
        LogEngine engine = signedEngine(log, home)) {
      terminal.begin("backing up");
      BackupResult result =
          make(
              engine,
              folder,
              home,
              new Backup.Request(
                  chain(folder, home.vkey()),
                  Optional.ofNullable(name),
                  pin,
                  withKeys ? Optional.of(secrets(home)) : Optional.empty()),
              stopping.with(terminal::progress));
      return answer(terminal, folder, home.vkey(), engine, rule, result);
    } catch (IllegalArgumentException e) {
      throw new CannotRun("bad-name", String.valueOf(e.getMessage()), "stele backup --help");
    }
  }

  static BackupResult make(
      LogEngine engine,
      BackupFolder folder,
      LogHome home,
      Backup.Request request,
      dev.stele.core.backup.Progress progress) {
    return Backup.of(engine, LogId.MAIN, home.vkey(), InstantSource.system(), new SecureRandom())
        .make(folder, request, progress);
  }

  private Optional<BackupChain> chain(BackupFolder folder, VerifierKey key) {
    return how != null && how.incremental
        ? folder.list().newestChain(LogId.MAIN, key)
        : Optional.empty();
  }

  private String secrets(LogHome home) {
    return home.secretText()
        .orElseThrow(
            () ->
                new CannotRun(
                    "no-key",
                    "the key file of " + log.uri() + " is not beside its database",
                    "stele backup, without --with-keys"));
  }

  /**
   * The log to read, with its last events signed for: by the process that writes it, or by this one
   * where nobody does.
   */
  static LogEngine signedEngine(LogOptionGroup log, LogHome home) {
    LogEngine engine = log.openReadingEngine();
    try {
      long signed = engine.latestCheckpoint(LogId.MAIN).map(StoredCheckpoint::size).orElse(-1L);
      if (signed < engine.head(LogId.MAIN).size() && home.keys().isPresent()) {
        engine.close();
        sign(log);
        return log.openReadingEngine();
      }
      return engine;
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private static void sign(LogOptionGroup log) {
    try {
      log.openWriter().close();
    } catch (StorageFailed e) {
      if (e.damaged()) {
        throw e;
      }
      // Somebody writes, and signs at his own pace; what he has signed for is enough.
      return;
    }
  }

  private int answer(
      Terminal terminal,
      BackupFolder folder,
      VerifierKey key,
      LogEngine engine,
      Optional<Retention> rule,
      BackupResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    List<String> text = new ArrayList<>();
    switch (result) {
      case BackupResult.Made(BackupFile file, long forgotten) -> {
        json.put("made", true);
        json.putAll(describe(file));
        text.add("made       " + file.path());
        text.add(
            "holds      events up to %,d, %,d rows, %,d bytes"
                .formatted(file.manifest().size(), file.manifest().rows(), file.bytes()));
        if (file.manifest().keys()) {
          text.add(
              "SECRET     the log's keys are in this file: whoever reads it can sign for the log");
        }
        json.put("forgottenHeld", forgotten + file.manifest().held());
        if (forgotten + file.manifest().held() > 0) {
          text.add(
              "FORGOTTEN  %,d events in this chain were erased or trimmed since; a restore leaves them out, the files hold them"
                  .formatted(forgotten + file.manifest().held()));
          text.add("next       stele backup --forget");
        }
      }
      case BackupResult.NothingNew(BackupFile last) -> {
        json.put("made", false);
        json.put("reason", "nothing-new");
        json.putAll(describe(last));
        text.add("nothing new since " + last.path());
      }
      case BackupResult.NothingSigned() ->
          throw new CannotRun(
              "no-checkpoint", "the log has signed nothing yet", "stele checkpoint");
      case BackupResult.NotContinued(String reason) ->
          throw new CannotRun("not-continued", reason, "stele backup, for a full one");
      case BackupResult.Unsound(long at, String detail) -> {
        json.put("made", false);
        json.put("reason", "unsound");
        json.put("brokenAt", at);
        json.put("detail", detail);
        terminal.answer(
            json,
            List.of(
                "UNSOUND at position %,d: %s; no backup was made".formatted(at, detail),
                "next       stele verify"));
        return ExitCode.REFUSED_OR_BROKEN;
      }
    }
    Optional<BackupFile> made =
        result instanceof BackupResult.Made(BackupFile file, long _)
            ? Optional.of(file)
            : Optional.empty();
    List<BackupFile> gone = rotate(folder, key, rule, made);
    if (how != null && how.forget) {
      gone = new ArrayList<>(gone);
      gone.addAll(forget(folder, key, engine, made));
    }
    json.put("deleted", gone.stream().map(each -> each.path().toString()).toList());
    gone.forEach(each -> text.add("deleted    " + each.path()));
    if (how != null && how.forget) {
      List<String> left = stillHolding(folder, key, engine);
      json.put("stillHolding", left);
      left.forEach(
          each -> text.add("PINNED     %s still holds what was forgotten".formatted(each)));
    }
    terminal.answer(json, text);
    return ExitCode.DONE;
  }

  /** Deletes what may go, by a rule. */
  static List<BackupFile> rotate(
      BackupFolder folder, VerifierKey key, Optional<Retention> rule, Optional<BackupFile> made) {
    if (rule.isEmpty()) {
      return List.of();
    }
    List<BackupFile> going = rule.get().going(folder.list(), LogId.MAIN, key, made, Instant.now());
    folder.delete(going);
    return going;
  }

  /** Deletes what still holds what was forgotten, with all that continues it. */
  private static List<BackupFile> forget(
      BackupFolder folder, VerifierKey key, LogEngine engine, Optional<BackupFile> made) {
    List<BackupFile> going = new ArrayList<>();
    BackupFolder.Listing listing = folder.list();
    List<BackupFile> pinned = new ArrayList<>();
    for (BackupFile each : listing.of(LogId.MAIN, key)) {
      if (each.manifest().pinned()) {
        listing.chainOf(each).ifPresent(chain -> pinned.addAll(chain.parts()));
      }
    }
    for (BackupFile each : listing.of(LogId.MAIN, key)) {
      boolean holds =
          listing
              .chainOf(each)
              .map(chain -> chain.forgottenSince(engine, LogId.MAIN, key) > 0)
              .orElse(true);
      if (holds && !pinned.contains(each) && !made.equals(Optional.of(each))) {
        going.add(each);
      }
    }
    folder.delete(going);
    return going;
  }

  private static List<String> stillHolding(BackupFolder folder, VerifierKey key, LogEngine engine) {
    BackupFolder.Listing listing = folder.list();
    return listing.of(LogId.MAIN, key).stream()
        .flatMap(each -> listing.chainOf(each).stream())
        .filter(chain -> chain.forgottenSince(engine, LogId.MAIN, key) > 0)
        .map(chain -> chain.tip().path().toString())
        .toList();
  }

  // ---- listing ----

  static Map<String, Object> describe(BackupFile file) {
    BackupManifest manifest = file.manifest();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("path", file.path().toString());
    json.put("id", manifest.id());
    json.put("madeAt", manifest.madeAt().toString());
    json.put("origin", manifest.origin());
    json.put("full", manifest.isFull());
    json.put("after", manifest.after());
    json.put("size", manifest.size());
    json.put("root", HexFormat.of().formatHex(manifest.checkpoint().checkpoint().root()));
    json.put("rows", manifest.rows());
    json.put("erased", manifest.erased());
    json.put("trimmed", manifest.trimmed());
    json.put("keys", manifest.keys());
    json.put("pinned", manifest.pinned());
    json.put("bytes", file.bytes());
    return json;
  }

  private static int list(Terminal terminal, BackupFolder folder, VerifierKey key) {
    BackupFolder.Listing listing = folder.list();
    List<Map<String, Object>> backups = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("made at", "kind", "events", "bytes", "whole", "file"));
    for (BackupFile file : listing.of(LogId.MAIN, key)) {
      boolean whole = listing.chainOf(file).isPresent();
      Map<String, Object> described = describe(file);
      described.put("chainIsWhole", whole);
      backups.add(described);
      rows.add(
          List.of(
              file.manifest().madeAt().toString(),
              (file.manifest().isFull() ? "full" : "incremental")
                  + (file.manifest().pinned() ? ", pinned" : ""),
              "%,d".formatted(file.manifest().size()),
              "%,d".formatted(file.bytes()),
              whole ? "yes" : "NO",
              String.valueOf(file.path().getFileName())));
    }
    if (terminal.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("folder", folder.path().toString());
      json.put("backups", backups);
      json.put(
          "unreadable",
          listing.unreadable().entrySet().stream()
              .map(each -> Map.of("path", each.getKey().toString(), "reason", each.getValue()))
              .toList());
      terminal.answer(json, List.of());
    } else {
      terminal.table(rows);
      listing.unreadable().forEach((path, why) -> terminal.say("UNREADABLE " + path + ": " + why));
    }
    return listing.unreadable().isEmpty() ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
  }

  /** Where backups are. */
  static final class BackupFolderOption {
    @Option(
        names = "--to",
        paramLabel = "DIR",
        description = "the folder of backups (default: backups, beside the log's keys)")
    private @Nullable Path folder;

    BackupFolder folder(LogLocation location) {
      return folderOr(folder, location);
    }
  }

  static BackupFolder folderOr(@Nullable Path given, LogLocation location) {
    return new BackupFolder(given == null ? location.database().resolveSibling("backups") : given);
  }
}
