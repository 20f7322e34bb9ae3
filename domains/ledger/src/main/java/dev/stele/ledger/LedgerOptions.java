package dev.stele.ledger;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.LogOptions;
import dev.stele.ledger.gate.Checks;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What a ledger takes from outside, and how strict it is.
 *
 * @param clock tells the time
 * @param random gives keys, ids and salts; must be cryptographically strong outside tests
 * @param checks what is re-computed of events that callers signed
 * @param durability what an ack means
 * @param checkpointEvery how old the last signed checkpoint may become; zero signs every commit
 * @param anchorFolder where the anchor of a ledger that is made is kept; by default in the user's
 *     state folder, and better on another disk
 * @param depthOnOpen how much is re-computed when the ledger is opened; {@link EventLedger#verify}
 *     re-computes everything
 */
public record LedgerOptions(
    InstantSource clock,
    RandomGenerator random,
    Checks checks,
    Durability durability,
    Duration checkpointEvery,
    Optional<Path> anchorFolder,
    LedgerAuditor.Depth depthOnOpen) {
  /** The system's clock, strong randomness, every check, durable acks. */
  public static LedgerOptions defaults() {
    return new LedgerOptions(
        InstantSource.system(),
        new SecureRandom(),
        Checks.ALL,
        Durability.DURABLE,
        LogOptions.DEFAULT_CHECKPOINT_EVERY,
        Optional.empty(),
        LedgerAuditor.Depth.HASHES);
  }

  /** The same with another clock and source of randomness. */
  public LedgerOptions with(InstantSource otherClock, RandomGenerator otherRandom) {
    return new LedgerOptions(
        otherClock, otherRandom, checks, durability, checkpointEvery, anchorFolder, depthOnOpen);
  }

  /** The same with other checks. */
  public LedgerOptions checking(Checks other) {
    return new LedgerOptions(
        clock, random, other, durability, checkpointEvery, anchorFolder, depthOnOpen);
  }

  /** The same with acks of another level. */
  public LedgerOptions at(Durability level) {
    return new LedgerOptions(
        clock, random, checks, level, checkpointEvery, anchorFolder, depthOnOpen);
  }

  /** The same with checkpoints signed at another pace. */
  public LedgerOptions checkpointEvery(Duration pace) {
    return new LedgerOptions(clock, random, checks, durability, pace, anchorFolder, depthOnOpen);
  }

  /** The same with the anchor of a new ledger in {@code folder}. */
  public LedgerOptions anchoredIn(Path folder) {
    return new LedgerOptions(
        clock, random, checks, durability, checkpointEvery, Optional.of(folder), depthOnOpen);
  }

  /** The same with more or less re-computed when the ledger is opened. */
  public LedgerOptions verifiedOnOpen(LedgerAuditor.Depth depth) {
    return new LedgerOptions(
        clock, random, checks, durability, checkpointEvery, anchorFolder, depth);
  }
}
