package dev.stele.cli;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.Verdict;
import dev.stele.core.storage.Storages;
import dev.stele.ledger.gate.KeyGate;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which log is meant, and how it is opened. */
final class LogOptionGroup {
  @Option(
      names = "--log",
      paramLabel = "URI",
      defaultValue = "${env:STELE_LOG:-sqlite:stele-data}",
      description =
          "the log: sqlite:FOLDER, sqlite:FILE.db, lmdb:FOLDER, lmdb:FILE.lmdb or"
              + " postgres://USER:PASSWORD@HOST/DATABASE"
              + " (default: $STELE_LOG, else sqlite:stele-data)")
  private String uri = "sqlite:stele-data";

  @Option(
      names = "--anchor",
      paramLabel = "DIR",
      description =
          "the folder that remembers the last signed checkpoint, outside the log's own"
              + " (default: the one given to init, else the user's state folder)")
  private @Nullable Path anchorFolder;

  /** The options of a command that names its logs by options of its own. */
  static LogOptionGroup of(String uri, Optional<Path> anchorFolder) {
    LogOptionGroup group = new LogOptionGroup();
    group.uri = uri;
    group.anchorFolder = anchorFolder.orElse(null);
    return group;
  }

  /** The log's URI for people: without a password. */
  String uri() {
    return Storages.withoutSecrets(uri);
  }

  /** The log's URI as it was given; never to be printed. */
  String secretUri() {
    return uri;
  }

  Optional<Path> anchorFolder() {
    return Optional.ofNullable(anchorFolder);
  }

  LogLocation location() {
    return LogLocation.of(uri);
  }

  /** The database file that the URI means. */
  Path database() {
    return location().database();
  }

  LogHome home() {
    LogHome home = location().home();
    if (!home.exists()) {
      throw new CannotRun("no-log", "there is no log at " + uri(), "stele init --log " + uri());
    }
    return home;
  }

  Anchor anchor(LogHome home) {
    return anchorFolder().map(home::anchorIn).orElseGet(home::anchor);
  }

  LogKeys keys(LogHome home) {
    return home.keys()
        .orElseThrow(
            () ->
                new CannotRun(
                    "no-key",
                    "the key file of "
                        + uri()
                        + " is not beside its database, and writing needs it",
                    "put the file NAME.key back from your backup"));
  }

  /** Opens the log to write; a log that does not verify is refused with its verdict. */
  EventLog openWriter() {
    LogHome home = home();
    return openWriter(home, openEngine(home));
  }

  /** The engine below a log that is to be written, with the views that move in its transactions. */
  LogLocation.Writing openEngine(LogHome home) {
    // Before anything is opened: without it nothing can be written.
    var _ = keys(home);
    return location().openWriter(anchorFolder());
  }

  /** As {@link #openWriter()}, on an engine that is closed with the log. */
  EventLog openWriter(LogHome home, LogLocation.Writing writing) {
    EventLog log =
        EventLog.open(
            writing.engine(),
            LogId.MAIN,
            keys(home),
            LogOptions.withAnchor(writing.anchor()).keeping(Set.of(KeyGate.STREAM)));
    if (log.verdict() instanceof Verdict.Broken broken) {
      log.close();
      throw new CannotRun(
          "broken-log",
          "the log does not verify at position %d: %s; nothing was changed"
              .formatted(broken.at(), broken.fault().detail()),
          "stele verify --log " + uri());
    }
    return log;
  }

  /** Opens the log to read, also while another process writes it. */
  LogReader openReader() {
    LogHome home = home();
    return LogReader.open(openReadingEngine(), LogId.MAIN, home.vkey(), home.keys());
  }

  /** The engine alone, to read. */
  LogEngine openReadingEngine() {
    return location().openReader();
  }
}
