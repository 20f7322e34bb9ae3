package dev.stele.core.log;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.proof.Continuation;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes up what other writers of a shared log have appended, and checks it before anything is built
 * upon it.
 *
 * <pre>
 *   engine: HeadMoved ──► rows after the known head ──► chain, bodies ──► tree ──► tiles, checkpoints
 *                                                                                  of the others
 * </pre>
 *
 * <p>Confined to the writer.
 */
final class OtherWriters {
  /** How many rows are asked for at once; the engine bounds their bytes. */
  private static final int PAGE = 1_024;

  private final LogEngine engine;
  private final LogId log;
  private final VerifierKey key;

  OtherWriters(LogEngine engine, LogId log, VerifierKey key) {
    this.engine = engine;
    this.log = log;
    this.key = key;
  }

  /** What came of taking up. */
  sealed interface TakenUp {
    /** The linker has grown to the head asked for, or beyond. */
    record Continued() implements TakenUp {}

    /** Some of the rows are gone already, so that only a verification can tell. */
    record Trimmed() implements TakenUp {}

    /** What is there does not continue what is known. */
    record Broken(long at, Fault fault) implements TakenUp {}
  }

  /** Grows {@code linker} up to {@code actual}; before a fault it has grown up to the fault. */
  TakenUp takeUp(Linker linker, Head actual) {
    Head known = linker.head();
    if (actual.size() < known.size()) {
      return new TakenUp.Broken(
          actual.size() + 1,
          new Fault.Gap(
              "the log was cut or rolled back under its writer: it has %d events, %d are known"
                  .formatted(actual.size(), known.size())));
    }
    if (actual.size() == known.size() && actual.size() > 0 && !actual.equals(known)) {
      return new TakenUp.Broken(
          actual.size(),
          new Fault.Link("event %d is not the one that is known here".formatted(actual.size())));
    }
    Continuation continuation = new Continuation(known, linker.recordedAtMillis());
    while (linker.head().size() < actual.size()) {
      @Nullable TakenUp stopped = takePage(linker, continuation);
      if (stopped != null) {
        return stopped;
      }
    }
    return new TakenUp.Continued();
  }

  private @Nullable TakenUp takePage(Linker linker, Continuation continuation) {
    long after = linker.head().size();
    List<Row> rows = engine.read(log, after, PAGE);
    if (rows.isEmpty()) {
      return new TakenUp.Broken(
          after + 1, new Fault.Gap("event %d is missing".formatted(after + 1)));
    }
    if (rows.getFirst().position() > after + 1) {
      return new TakenUp.Trimmed();
    }
    Deque<StoredCheckpoint> signed =
        new ArrayDeque<>(engine.checkpoints(log, after + 1, rows.size()));
    for (Row row : rows) {
      Optional<Fault> fault = continuation.next(row);
      if (fault.isPresent()) {
        return new TakenUp.Broken(row.position(), fault.get());
      }
      linker.takeOver(row);
      if (!signed.isEmpty() && signed.getFirst().size() == row.position()) {
        byte[] note = signed.removeFirst().note();
        if (!signs(note, row.position(), linker.tree().root())) {
          return new TakenUp.Broken(
              row.position(),
              new Fault.Checkpoint(
                  "the checkpoint of size %d that another writer has stored is not that of the rows"
                      .formatted(row.position())));
        }
      }
    }
    return firstWrongTile(linker);
  }

  private boolean signs(byte[] note, long size, byte[] root) {
    return SignedCheckpoint.open(note, key)
            instanceof SignedCheckpoint.Opening.Opened(SignedCheckpoint opened)
        && opened.checkpoint().size() == size
        && Arrays.equals(opened.checkpoint().root(), root);
  }

  /** What others have filled is compared with what it must be: later tiles are built upon it. */
  private @Nullable TakenUp firstWrongTile(Linker linker) {
    for (Tile tile : linker.takeTiles()) {
      byte[] stored =
          engine.tile(log, tile.level(), tile.index()).map(Tile::hashes).orElse(new byte[0]);
      if (!Arrays.equals(stored, tile.hashes())) {
        return new TakenUp.Broken(
            linker.head().size(),
            new Fault.Checkpoint(
                "the stored tile %d of level %d is not that of the records"
                    .formatted(tile.index(), tile.level())));
      }
    }
    return null;
  }
}
