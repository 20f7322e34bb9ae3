package dev.stele.cli;

import dev.stele.core.backup.BackupChain;
import dev.stele.core.backup.BackupManifest;
import dev.stele.core.backup.Progress;
import dev.stele.core.backup.Restore;
import dev.stele.core.backup.RestoreResult;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.LogReader;
import dev.stele.core.log.Proven;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import dev.stele.core.storage.HeapAnchor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One restore: a fresh database beside the log's, verified, and then put in its place. On a server
 * the schema that is named must be empty, for a schema has no other to take its place.
 *
 * <p>The anchor is held all the while, so that nobody else writes the log.
 */
final class Restoration {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'.'SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final LogLocation location;
  private final Optional<Path> anchorFolder;
  private final BackupChain chain;
  private final String suffix;
  private final boolean allowRewind;

  /** What came of it. */
  sealed interface Outcome {
    /** The log is back; how far it was known before, where it was put back to an older state. */
    record Done(long forgotten, OptionalLong lost, List<Path> aside) implements Outcome {}

    /** Nothing was changed. */
    record Refused(long at, String detail) implements Outcome {}
  }

  Restoration(
      LogLocation location,
      Optional<Path> anchorFolder,
      BackupChain chain,
      String suffix,
      boolean allowRewind) {
    this.location = location;
    this.anchorFolder = anchorFolder;
    this.chain = chain;
    this.suffix = suffix;
    this.allowRewind = allowRewind;
  }

  /** What is added to the names of what is kept aside: no two in one millisecond. */
  static String suffix() {
    return ".before-restore-" + STAMP.format(Instant.now());
  }

  Outcome run(Progress progress) {
    try (Anchor anchor = location.anchor(anchorFolder)) {
      anchor.take();
      Optional<Checkpoint> lost = lost(anchor);
      if (lost.isPresent() && !allowRewind) {
        throw new CannotRun(
            "rewind",
            "the log is known to have %,d events, and the backup holds %,d; putting it back would lose the others, and what was signed for"
                .formatted(lost.get().size(), chain.tip().manifest().size()),
            "stele restore --allow-rewind, if they are lost already");
      }
      if (lost.isPresent() && location.home().keys().isEmpty()) {
        throw new CannotRun(
            "no-key",
            "a log is put back to an older state with a receipt, which needs its key file",
            "put the file NAME.key back from your backup");
      }
      return location.isFile() ? beside(anchor, lost, progress) : into(anchor, lost, progress);
    }
  }

  /** Refuses where somebody else has the log open to write. */
  static void requireUnused(LogLocation location) {
    if (location.isFile() && !location.isGone()) {
      var _ = stateOf(location);
    }
  }

  /** A state of the log that is known and that the backup does not reach. */
  private Optional<Checkpoint> lost(Anchor anchor) {
    VerifierKey key = chain.tip().manifest().key();
    Optional<Checkpoint> known =
        anchor
            .last()
            .map(note -> SignedCheckpoint.open(note, key))
            .filter(SignedCheckpoint.Opening.Opened.class::isInstance)
            .map(SignedCheckpoint.Opening.Opened.class::cast)
            .map(opened -> opened.checkpoint().checkpoint());
    Optional<Checkpoint> there =
        location.isFile() && !location.isGone() ? stateOf(location) : Optional.empty();
    // What is there may be another log, which was to be replaced.
    there = there.filter(state -> state.origin().equals(key.name()));
    long size = chain.tip().manifest().size();
    return (there.map(Checkpoint::size).orElse(0L) > known.map(Checkpoint::size).orElse(0L)
            ? there
            : known)
        .filter(state -> state.size() > size);
  }

  /**
   * Where the log that is there ends: found by opening it to write, which also settles what a crash
   * has left. Empty where it cannot be read any more, which is why it is put back.
   */
  private static Optional<Checkpoint> stateOf(LogLocation location) {
    try (LogEngine engine = location.openBareWriter();
        LogReader reader =
            LogReader.open(engine, LogId.MAIN, location.home().vkey(), location.home().keys())) {
      Head head = reader.head();
      return Optional.of(new Checkpoint(reader.origin(), head.size(), reader.root(head.size())));
    } catch (StorageFailed e) {
      if (!e.damaged()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  // ---- into a file beside the log's ----

  private Outcome beside(Anchor anchor, Optional<Checkpoint> lost, Progress progress) {
    Path database = location.database();
    Path fresh = database.resolveSibling(freshName(database));
    LogLocation there = location.at(fresh);
    try {
      Outcome outcome;
      try (LogEngine engine = there.openBareWriter()) {
        outcome = write(engine, anchor, lost, progress);
      }
      if (!(outcome instanceof Outcome.Done done)) {
        return outcome;
      }
      there.replayTables();
      List<Path> aside = location.place().put(fresh, suffix);
      settle(anchor, lost);
      return new Outcome.Done(done.forgotten(), done.lost(), aside);
    } finally {
      deleteAll(there);
    }
  }

  private String freshName(Path database) {
    String name = String.valueOf(database.getFileName());
    int dot = name.lastIndexOf('.');
    return dot < 0
        ? name + suffix.replace("before-restore", "restoring")
        : name.substring(0, dot)
            + suffix.replace("before-restore", "restoring")
            + name.substring(dot);
  }

  /** What is left of a fresh database that took no place, and of its locks. */
  private static void deleteAll(LogLocation fresh) {
    try {
      Path database = fresh.database();
      Files.deleteIfExists(database);
      for (String ending : List.of("-wal", "-shm", "-lock", ".lock")) {
        Files.deleteIfExists(Path.of(database + ending));
      }
    } catch (IOException e) {
      throw new StorageFailed("%s is left over and cannot be deleted".formatted(fresh), e);
    }
  }

  // ---- into an empty schema ----

  private Outcome into(Anchor anchor, Optional<Checkpoint> lost, Progress progress) {
    try (LogEngine engine = location.openBareWriter()) {
      long size = engine.head(LogId.MAIN).size();
      if (size > 0) {
        throw new CannotRun(
            "not-empty",
            "there are %,d events at %s; a schema is not put in the place of another"
                .formatted(size, location),
            "stele restore --log 'postgres://…?schema=ANOTHER&home=DIR'");
      }
      Outcome outcome = write(engine, anchor, lost, progress);
      if (outcome instanceof Outcome.Done) {
        settle(anchor, lost);
      }
      return outcome;
    }
  }

  // ---- both ----

  private Outcome write(
      LogEngine engine, Anchor anchor, Optional<Checkpoint> lost, Progress progress) {
    BackupManifest tip = chain.tip().manifest();
    Optional<LogKeys> keys = location.home().keys();
    RestoreResult result =
        Restore.into(
            engine,
            LogId.MAIN,
            chain,
            new Restore.Checks(
                lost.isPresent() ? Optional.empty() : anchor.last(),
                keys.map(LogKeys::indexKey),
                () -> FullCheck.auditors(engine, tip.key())),
            progress);
    return switch (result) {
      case RestoreResult.Unsound(long at, String detail) -> new Outcome.Refused(at, detail);
      case RestoreResult.Restored(var _, long forgotten) -> {
        if (lost.isPresent()) {
          rewind(engine, keys.orElseThrow(), lost.get());
        }
        yield new Outcome.Done(
            forgotten,
            lost.isPresent() ? OptionalLong.of(lost.get().size()) : OptionalLong.empty(),
            List.of());
      }
    };
  }

  /**
   * Leaves the receipt, and closes the engine; the log's own anchor is told once the fresh database
   * is in its place.
   */
  private static void rewind(LogEngine engine, LogKeys keys, Checkpoint lost) {
    try (EventLog log =
        EventLog.open(engine, LogId.MAIN, keys, LogOptions.withAnchor(new HeapAnchor()))) {
      var _ = log.recordRewind(lost);
    }
  }

  /** Tells the anchor what the log is now: only that way an older state can be opened again. */
  private void settle(Anchor anchor, Optional<Checkpoint> lost) {
    if (lost.isPresent()) {
      try (LogEngine engine = location.openReader()) {
        anchor.record(engine.latestCheckpoint(LogId.MAIN).orElseThrow().note());
      }
    }
    anchor.suspect(false);
    anchor.recordProven(
        new Proven(chain.tip().manifest().size(), Proven.Depth.SIGNATURES, Instant.now()));
  }
}
