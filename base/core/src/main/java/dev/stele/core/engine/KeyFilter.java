package dev.stele.core.engine;

/**
 * Tells of most keys that are not in a set that they are not, without asking the set: a Bloom
 * filter over index keys.
 *
 * <p>Almost every append claims what nobody has claimed, and asking an index on disk for it costs
 * more than storing the event. Keys are hashes already, so their own bits serve as the probes. With
 * 16 bits for a key and 6 probes, about one miss in a thousand is asked for in vain.
 *
 * <p>One thread adds; any thread may ask meanwhile, and a key that was added before the question
 * began is never denied.
 */
public final class KeyFilter {
  /** 64 MiB of bits: some 32 million keys. */
  public static final int MAX_KEYS = 1 << 25;

  private static final int BITS_PER_KEY = 16;
  private static final int PROBES = 6;

  private final long[] bits;
  private final long capacity;
  private long keys;

  /**
   * Read after the bits and written after them, so that whoever sees a key counted sees its bits.
   */
  private volatile long published;

  private KeyFilter(long capacity) {
    this.capacity = capacity;
    this.bits = new long[(int) (Long.highestOneBit(capacity * BITS_PER_KEY * 2 - 1) / Long.SIZE)];
  }

  /**
   * An empty filter.
   *
   * @param keys how many keys it is to hold, at most {@link #MAX_KEYS}; it has room for twice as
   *     many, and for 65,536 in any case
   */
  public static KeyFilter forKeys(long keys) {
    return new KeyFilter(Math.min(MAX_KEYS, Math.max(1L << 16, 2 * keys)));
  }

  /** Whether another key would make it answer "perhaps" too often. */
  public boolean isFull() {
    return keys >= capacity;
  }

  /** How many keys were added; one that was added twice counts twice. */
  public long size() {
    return published;
  }

  /** Adds a key. */
  public void add(IndexKey key) {
    long step = key.high() | 1;
    long at = key.low();
    for (int probe = 0; probe < PROBES; probe++) {
      bits[word(at)] |= 1L << at;
      at += step;
    }
    keys++;
    published = keys;
  }

  /** Whether a key may have been added; false is certain. */
  public boolean mayHold(IndexKey key) {
    if (published == 0) {
      return false;
    }
    long step = key.high() | 1;
    long at = key.low();
    for (int probe = 0; probe < PROBES; probe++) {
      if ((bits[word(at)] & 1L << at) == 0) {
        return false;
      }
      at += step;
    }
    return true;
  }

  /** The low six bits choose the bit, the others the word. */
  private int word(long at) {
    return (int) (at >>> 6) & (bits.length - 1);
  }
}
