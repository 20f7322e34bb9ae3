package dev.stele.core.proof;

import java.util.random.RandomGenerator;

/**
 * Compares two large multisets in constant memory: fingerprints of equal sets are equal, and those
 * of different sets differ but for one chance in 2^50 at a billion entries.
 *
 * <p>An entry (a, b, c, d) becomes x = a·r1 + b·r2 + c·r3 + d·r4, and a set the product of (r0 −
 * x), modulo the prime 2^61 − 1, at random r: two polynomials that differ agree in few points
 * (Schwartz–Zippel). The r are drawn for one verification, so nobody can prepare sets that collide.
 *
 * <p>The points are immutable; a fingerprint belongs to one thread and can be joined with others.
 */
final class SetFingerprint {
  private static final long PRIME = (1L << 61) - 1;

  /** The random points of one verification. */
  record Points(long r0, long r1, long r2, long r3, long r4) {
    static Points draw(RandomGenerator random) {
      return new Points(
          random.nextLong(PRIME),
          random.nextLong(PRIME),
          random.nextLong(PRIME),
          random.nextLong(PRIME),
          random.nextLong(PRIME));
    }
  }

  private final Points points;
  private long product = 1;

  SetFingerprint(Points points) {
    this.points = points;
  }

  void add(long high, long low, long revision, long position) {
    long x = times(reduce(high), points.r1);
    x = plus(x, times(reduce(low), points.r2));
    // The top bits of 64-bit keys are lost in the reduction; give them a weight of their own.
    x = plus(x, (high >>> 61) << 3 | low >>> 61);
    x = plus(x, times(reduce(revision), points.r3));
    x = plus(x, times(reduce(position), points.r4));
    product = times(product, plus(points.r0, PRIME - x));
  }

  void join(SetFingerprint other) {
    product = times(product, other.product);
  }

  boolean matches(SetFingerprint other) {
    return product == other.product;
  }

  private static long reduce(long value) {
    long folded = (value & PRIME) + (value >>> 61);
    return folded >= PRIME ? folded - PRIME : folded;
  }

  private static long plus(long a, long b) {
    long sum = a + b;
    return sum >= PRIME ? sum - PRIME : sum;
  }

  private static long times(long a, long b) {
    long high = Math.multiplyHigh(a, b);
    long low = a * b;
    long folded = (low & PRIME) + (high << 3 | low >>> 61);
    folded = (folded & PRIME) + (folded >>> 61);
    return folded >= PRIME ? folded - PRIME : folded;
  }
}
