package dev.stele.core.log;

import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  private static final Pattern LINE =
      Pattern.compile("([0-9]{1,18}) (HASHES|SIGNATURES) ([0-9]{1,15})");

  /** Nothing was re-computed yet. */
  public static final Proven NOTHING = new Proven(0, Depth.HASHES, Instant.EPOCH);

  /** One line: size, depth, milliseconds. */
  String text() {
    return "%d %s %d\n".formatted(size, depth, at.toEpochMilli());
  }

  /** Reads {@link #text} back; nothing is proven by what cannot be read. */
  static Proven parse(String text) {
    Matcher line = LINE.matcher(text.strip());
    return line.matches()
        ? new Proven(
            Long.parseLong(line.group(1)),
            Depth.valueOf(line.group(2)),
            Instant.ofEpochMilli(Long.parseLong(line.group(3))))
        : NOTHING;
  }
}
