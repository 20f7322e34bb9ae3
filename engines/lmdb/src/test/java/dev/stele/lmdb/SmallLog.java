package dev.stele.lmdb;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;

/** A log with its keys and its anchor, for tests that lay hands on its file. */
final class SmallLog {
  /** Small steps, so that there are few bytes that hold nothing. */
  static final LmdbOptions SMALL_STEPS = new LmdbOptions(1L << 20, 1L << 30, 1);

  final LogHome home;

  SmallLog(Path file) {
    this.home = LogHome.of(file);
  }

  /** Makes the keys of a log at {@code file}; its anchor is in {@code anchors}. */
  static SmallLog make(Path file, Path anchors) {
    return new SmallLog(
        LogHome.create(file, "test.example/log", Optional.of(anchors), new Random(1)).database());
  }

  EventLog open() {
    LogOptions options = TestLogs.options(11, home.anchor()).checkpointEvery(Duration.ofHours(1));
    return EventLog.open(
        LmdbLogEngine.openWriter(home.database(), SMALL_STEPS),
        LogId.MAIN,
        home.keys().orElseThrow(),
        options);
  }

  /** Appends events, each in a commit of its own; the last one is signed, so none is unanchored. */
  static void append(EventLog log, int count) {
    for (int i = 0; i < count; i++) {
      long position = log.head().size() + 1;
      String payload = position % 4 == 0 ? "x".repeat(3_000) : "payload " + position;
      Append append =
          Append.of(TestGate.event("stream-" + position % 2, "id-" + position, payload));
      AppendResult result = log.append(i + 1 == count ? append.proven() : append);
      if (!(result instanceof AppendResult.Appended)) {
        throw new AssertionError("appending " + position + " gave " + result);
      }
    }
  }

  /** What is found wrong with the log. Any failure but that of the storage is the caller's. */
  Optional<String> found() {
    try (LogEngine engine = LmdbLogEngine.openReader(home.database())) {
      FileAnchor anchor = (FileAnchor) home.anchor();
      Verdict verdict =
          Verifier.of(engine, LogId.MAIN, home.vkey())
              .withAnchor(anchor.last())
              .withStranger(anchor.stranger())
              .withIndexKey(home.keys().orElseThrow().indexKey())
              .threads(1)
              .verify();
      if (verdict instanceof Verdict.Broken || !verdict.scope().anchored()) {
        return Optional.of(verdict.toString());
      }
      return anchor.damage();
    } catch (StorageFailed e) {
      return Optional.of(e.toString());
    }
  }
}
