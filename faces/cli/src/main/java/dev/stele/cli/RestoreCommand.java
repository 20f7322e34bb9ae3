package dev.stele.cli;

import dev.stele.core.backup.BackupChain;
import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupManifest;
import dev.stele.core.log.LogHome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description = {
      "Put the log back from a backup, with all that it continues. Everything is verified in a"
          + " fresh database before that takes the place of the current one, which is kept aside.",
      "Exit 1: the backup is not what a log signed for, and nothing was changed."
    })
final class RestoreCommand extends SteleCommand {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "the backup; what it continues is looked for beside it (default: the newest)")
  private @Nullable Path file;

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = "the folder of backups (default: that of FILE, else backups beside the keys)")
  private @Nullable Path folder;

  @Option(
      names = "--allow-rewind",
      description =
          "put the log back to an older state than is known of it: events are lost, and a signed"
              + " receipt in the log says so")
  private boolean allowRewind;

  @Option(
      names = "--another-log",
      description =
          "put another log in the place of the one that is there, whose keys are kept aside")
  private boolean anotherLog;

  @Override
  int run(Terminal terminal) {
    LogLocation location = log.location();
    BackupChain chain = chain(location);
    BackupManifest tip = chain.tip().manifest();
    try (Stopping stopping = new Stopping()) {
      terminal.begin("checking");
      chain.check(stopping.with(terminal::progress));
      String suffix = Restoration.suffix();
      List<Path> aside = new ArrayList<>(home(location, chain, suffix));
      terminal.begin("restoring");
      Restoration.Outcome outcome = restore(location, chain, suffix, aside, stopping, terminal);
      return switch (outcome) {
        case Restoration.Outcome.Refused(long at, String detail) -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put("restored", false);
          json.put("reason", "unsound");
          json.put("brokenAt", at);
          json.put("detail", detail);
          terminal.answer(
              json,
              List.of("UNSOUND at position %,d: %s; nothing was changed".formatted(at, detail)));
          yield ExitCode.REFUSED_OR_BROKEN;
        }
        case Restoration.Outcome.Done done -> {
          aside.addAll(done.aside());
          yield answer(terminal, tip, done, aside);
        }
      };
    }
  }

  /** Restores; where that comes to nothing, keys that were set aside for it are taken back. */
  private Restoration.Outcome restore(
      LogLocation location,
      BackupChain chain,
      String suffix,
      List<Path> aside,
      Stopping stopping,
      Terminal terminal) {
    boolean done = false;
    try {
      Restoration.Outcome outcome =
          new Restoration(location, log.anchorFolder(), chain, suffix, allowRewind)
              .run(stopping.with(terminal::progress));
      done = outcome instanceof Restoration.Outcome.Done;
      return outcome;
    } finally {
      if (!done && !aside.isEmpty()) {
        location.home().takeBack(suffix);
      }
    }
  }

  private int answer(
      Terminal terminal, BackupManifest tip, Restoration.Outcome.Done done, List<Path> aside) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("restored", true);
    json.put("log", log.uri());
    json.put("origin", tip.origin());
    json.put("size", tip.size());
    json.put("root", HexFormat.of().formatHex(tip.checkpoint().checkpoint().root()));
    json.put("madeAt", tip.madeAt().toString());
    json.put("forgotten", done.forgotten());
    json.put("rewoundFrom", done.lost().isPresent() ? done.lost().getAsLong() : null);
    json.put("keptAside", aside.stream().map(Path::toString).toList());
    json.put("writable", log.location().home().keys().isPresent());
    List<String> text = new ArrayList<>();
    text.add(
        "restored   %,d events of %s, all of them verified".formatted(tip.size(), tip.origin()));
    if (done.forgotten() > 0) {
      text.add(
          "forgotten  %,d events in the files were erased or trimmed later, and stay so"
              .formatted(done.forgotten()));
    }
    if (done.lost().isPresent()) {
      text.add(
          "REWOUND    from %,d events to %,d; event %,d is the receipt for it"
              .formatted(done.lost().getAsLong(), tip.size(), tip.size() + 1));
      text.add("next       tell everybody who holds a later checkpoint");
    }
    aside.forEach(path -> text.add("kept aside " + path));
    if (log.location().home().keys().isEmpty()) {
      text.add("READ ONLY  no key file: put NAME.key back from where you keep it");
    }
    terminal.answer(json, text);
    return ExitCode.DONE;
  }

  private BackupChain chain(LogLocation location) {
    Path named = file;
    Path beside = named == null ? null : named.toAbsolutePath().getParent();
    BackupFolder.Listing listing =
        BackupCommand.folderOr(folder == null ? beside : folder, location).list();
    if (named == null) {
      return newest(listing, location);
    }
    BackupFile tip = BackupFile.open(named);
    return listing
        .chainOf(tip)
        .orElseThrow(
            () ->
                new CannotRun(
                    "broken-chain",
                    "a backup that %s continues is not in the folder, or cannot be read"
                        .formatted(named),
                    "stele backup --list"));
  }

  private static BackupChain newest(BackupFolder.Listing listing, LogLocation location) {
    CannotRun none =
        new CannotRun(
            "no-backup",
            "there is no backup of this log that is whole; %d files cannot be read"
                .formatted(listing.unreadable().size()),
            "stele restore FILE");
    if (location.home().exists()) {
      return listing
          .newestChain(dev.stele.core.engine.LogId.MAIN, location.home().vkey())
          .orElseThrow(() -> none);
    }
    return listing.backups().reversed().stream()
        .flatMap(each -> listing.chainOf(each).stream())
        .findFirst()
        .orElseThrow(() -> none);
  }

  /** Sees to it that the keys at the place are those of the backup; what was set aside for it. */
  private List<Path> home(LogLocation location, BackupChain chain, String suffix) {
    BackupManifest tip = chain.tip().manifest();
    LogHome home = location.home();
    List<Path> aside = List.of();
    Optional<Path> anchor = log.anchorFolder();
    if (home.exists()) {
      if (home.vkey().equals(tip.key())) {
        return aside;
      }
      if (!anotherLog) {
        throw new CannotRun(
            "another-log",
            "the backup is of %s, and the log here is %s".formatted(tip.key(), home.vkey()),
            "stele restore --another-log, or another --log");
      }
      Restoration.requireUnused(location);
      anchor = anchor.or(() -> Optional.of(home.anchorFolder()));
      aside = home.setAside(suffix);
    }
    Optional<String> secrets =
        chain.parts().reversed().stream().flatMap(part -> part.secrets().stream()).findFirst();
    LogHome.adopt(home.database(), tip.key(), secrets, anchor);
    return aside;
  }
}
