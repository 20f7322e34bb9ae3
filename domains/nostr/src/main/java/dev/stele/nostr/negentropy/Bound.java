package dev.stele.nostr.negentropy;

import java.util.Arrays;

/**
 * Where a range ends: before the first item that is not below it. A time and the beginning of an
 * id, the rest of which counts as zeros.
 */
final class Bound {
  /** Above every item: no event is dated 2^64 - 1. */
  static final long INFINITY = -1;

  /** Laid out as the keys of {@link ItemTree}. */
  final byte[] key;

  /** How many bytes of the id are said. */
  final int prefixBytes;

  private Bound(byte[] key, int prefixBytes) {
    this.key = key;
    this.prefixBytes = prefixBytes;
  }

  static Bound of(long time, byte[] prefix) {
    return new Bound(ItemTree.key(time, Arrays.copyOf(prefix, ItemTree.ID_BYTES)), prefix.length);
  }

  static Bound infinity() {
    return of(INFINITY, new byte[0]);
  }

  /** The bound just before an item. */
  static Bound before(byte[] key) {
    return new Bound(key, ItemTree.ID_BYTES);
  }

  /** The shortest bound that stands between two neighbours, of which {@code last} is the lower. */
  static Bound between(byte[] last, byte[] next) {
    int differs = Arrays.mismatch(last, next);
    int said = Math.max(0, differs + 1 - ItemTree.TIME_BYTES);
    if (differs < ItemTree.TIME_BYTES) {
      said = 0;
    }
    byte[] key = Arrays.copyOf(Arrays.copyOf(next, ItemTree.TIME_BYTES + said), next.length);
    return new Bound(key, said);
  }

  long time() {
    return ItemTree.time(key);
  }
}
