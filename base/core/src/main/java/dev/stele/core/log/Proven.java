package dev.stele.core.log;

import java.time.Instant;

/**
 * How much of a log was re-computed from its bytes, how, and when.
 *
 * @param size the events up to here: 0 when nothing is known
 * @param depth what of them was re-computed
 * @param at when that was finished
 */
public record Proven(long size, Depth depth, Instant at) {
  /** What was re-computed. */
  public enum Depth {
    /** Hashes: links, bodies, claims, indexes, tiles, checkpoints. */
    HASHES,
    /** Hashes, and every signature that the domains' gates once checked. */
    SIGNATURES
  }

  /** Nothing was re-computed yet. */
  public static final Proven NOTHING = new Proven(0, Depth.HASHES, Instant.EPOCH);
}
