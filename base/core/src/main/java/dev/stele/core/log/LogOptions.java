package dev.stele.core.log;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What a log takes from outside, and its limits.
 *
 * @param clock tells the time for {@code recordedAt}; the same times give the same bytes
 * @param random gives the salts; must be cryptographically strong outside tests
 * @param anchor remembers the last signed checkpoint outside the log
 * @param checkpointEvery how old the last signed checkpoint may become while the log grows: what
 *     came after it is linked, but could be cut off unnoticed; zero signs every commit
 * @param queueCapacity how many appends may wait for the writer; further callers wait for a place
 * @param maxBatch how many appends share one commit at most
 * @param linger how long the writer waits for callers that it expects to come back
 * @param opening how much is checked before the log opens
 * @param whenBroken what a log that does not verify still does
 * @param keptStreams streams of which nothing is ever erased or trimmed, besides the log's own
 */
public record LogOptions(
    InstantSource clock,
    RandomGenerator random,
    Anchor anchor,
    Duration checkpointEvery,
    int queueCapacity,
    int maxBatch,
    Duration linger,
    Opening opening,
    WhenBroken whenBroken,
    Set<String> keptStreams) {
  /** One second: a signature and an anchor sync a second cost nothing that can be measured. */
  public static final Duration DEFAULT_CHECKPOINT_EVERY = Duration.ofSeconds(1);

  /** 4,096 waiting appends: at 64 callers or at 4,000, each has its place. */
  public static final int DEFAULT_QUEUE_CAPACITY = 4_096;

  /** 2,048 appends a commit: past that a larger batch is no faster. */
  public static final int DEFAULT_MAX_BATCH = 2_048;

  /** 100 microseconds, less than one sync: waiting longer than a sync cannot pay. */
  public static final Duration DEFAULT_LINGER = Duration.ofNanos(100_000);

  /** Checks the bounds. */
  public LogOptions {
    if (queueCapacity < 1 || maxBatch < 1 || maxBatch > queueCapacity) {
      throw new IllegalArgumentException(
          "a queue of %d and batches of %d: both are 1 or more, and a batch fits the queue"
              .formatted(queueCapacity, maxBatch));
    }
    if (checkpointEvery.isNegative() || linger.isNegative()) {
      throw new IllegalArgumentException("durations are zero or longer");
    }
    keptStreams = Set.copyOf(keptStreams);
  }

  /** The system's clock, a strong random source and the default limits. */
  public static LogOptions withAnchor(Anchor anchor) {
    return new LogOptions(
        InstantSource.system(),
        new SecureRandom(),
        anchor,
        DEFAULT_CHECKPOINT_EVERY,
        DEFAULT_QUEUE_CAPACITY,
        DEFAULT_MAX_BATCH,
        DEFAULT_LINGER,
        Opening.TAIL,
        WhenBroken.SERVE_PROVEN,
        Set.of());
  }

  /** The same with another clock and source of randomness. */
  public LogOptions with(InstantSource otherClock, RandomGenerator otherRandom) {
    return new LogOptions(
        otherClock,
        otherRandom,
        anchor,
        checkpointEvery,
        queueCapacity,
        maxBatch,
        linger,
        opening,
        whenBroken,
        keptStreams);
  }

  /** The same with checkpoints signed at another pace. */
  public LogOptions checkpointEvery(Duration pace) {
    return new LogOptions(
        clock,
        random,
        anchor,
        pace,
        queueCapacity,
        maxBatch,
        linger,
        opening,
        whenBroken,
        keptStreams);
  }

  /** The same with more or less checked on opening. */
  public LogOptions opening(Opening other) {
    return new LogOptions(
        clock,
        random,
        anchor,
        checkpointEvery,
        queueCapacity,
        maxBatch,
        linger,
        other,
        whenBroken,
        keptStreams);
  }

  /** The same with another answer to a log that does not verify. */
  public LogOptions whenBroken(WhenBroken other) {
    return new LogOptions(
        clock,
        random,
        anchor,
        checkpointEvery,
        queueCapacity,
        maxBatch,
        linger,
        opening,
        other,
        keptStreams);
  }

  /** The same with streams that must be kept whole. */
  public LogOptions keeping(Set<String> streams) {
    return new LogOptions(
        clock,
        random,
        anchor,
        checkpointEvery,
        queueCapacity,
        maxBatch,
        linger,
        opening,
        whenBroken,
        streams);
  }
}
