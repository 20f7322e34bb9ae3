package dev.stele.crypto;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The decoded form of the public keys seen last, found by their 32 bytes.
 *
 * <p>A fixed table of slots, each holding the last key that fell into it: bounded, without a lock,
 * and a collision costs one decoding. A forger who aims at a slot can slow the key in it down and
 * no more.
 *
 * <p>Thread-safe.
 */
final class RecentKeys<K> {
  /** A power of two; about 200 kB when full, and more authors than most logs have. */
  static final int SLOTS = 1024;

  private final AtomicReferenceArray<@Nullable Entry<K>> slots = new AtomicReferenceArray<>(SLOTS);

  @Nullable K get(byte[] publicKey) {
    Entry<K> entry = slots.getAcquire(slot(publicKey));
    return entry != null && Arrays.equals(entry.publicKey, publicKey) ? entry.decoded : null;
  }

  /** Remembers {@code decoded}; {@code publicKey} must not change afterwards. */
  void put(byte[] publicKey, K decoded) {
    slots.setRelease(slot(publicKey), new Entry<>(publicKey, decoded));
  }

  // The bytes of an honest key are as good as random, so two of them are a fair hash.
  private static int slot(byte[] publicKey) {
    return ((publicKey[0] & 0xff) | (publicKey[1] & 0xff) << 8) & (SLOTS - 1);
  }

  private static final class Entry<K> {
    final byte[] publicKey;
    final K decoded;

    Entry(byte[] publicKey, K decoded) {
      this.publicKey = publicKey;
      this.decoded = decoded;
    }
  }
}
