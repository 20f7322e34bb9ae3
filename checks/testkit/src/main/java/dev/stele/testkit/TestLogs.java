package dev.stele.testkit;

import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.Opening;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** Logs whose every byte follows from a seed. */
public final class TestLogs {
  /** When every test's clock starts. */
  public static final Instant START = Instant.ofEpochMilli(1_700_000_000_000L);

  private TestLogs() {}

  /** The keys of the log that tests write; nobody else may use them. */
  public static LogKeys keys() {
    return LogKeys.generate("test.example/log", new Random(20_231_114));
  }

  /** A clock that goes on by {@code stepMillis} each time it is asked. */
  public static InstantSource clock(long stepMillis) {
    AtomicLong now = new AtomicLong(START.toEpochMilli());
    return () -> Instant.ofEpochMilli(now.getAndAdd(stepMillis));
  }

  /**
   * Options that draw everything from {@code seed}; a checkpoint is signed at most every hour of
   * the test's clock, and on close; everything is checked on opening.
   */
  public static LogOptions options(long seed, Anchor anchor) {
    return LogOptions.withAnchor(anchor)
        .with(clock(1), new Random(seed))
        .checkpointEvery(Duration.ofHours(1))
        .opening(Opening.WHOLE);
  }
}
