package dev.stele.envelope.gate;

import dev.stele.envelope.event.EnvelopeTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * A replay guard in memory, which forgets when the process ends.
 *
 * <p>A nonce is remembered until its envelope is older than the horizon, and an envelope older than
 * that is refused: so forgetting never lets one in twice. A full guard throws {@link
 * ReplayGuardFull}; it never calls a new nonce a replay and never forgets a young one.
 *
 * <p>Thread-safe; each call costs O(log n) and about 200 bytes for a nonce.
 */
public final class MemoryReplayGuard implements ReplayGuard {
  private record Used(String keyId, String nonce, Instant issuedAt) {}

  private record Name(String keyId, String nonce) {}

  private final int capacity;
  private final Duration horizon;
  private final InstantSource clock;
  // Both under the lock of this: every name in the set is in the queue once.
  private final Set<Name> names = new HashSet<>();
  private final PriorityQueue<Used> oldestFirst =
      new PriorityQueue<>(Comparator.comparing(Used::issuedAt));

  /** A guard for at most {@code capacity} nonces of envelopes no older than {@code horizon}. */
  public MemoryReplayGuard(int capacity, Duration horizon, InstantSource clock) {
    if (capacity < 1 || !horizon.isPositive()) {
      throw new IllegalArgumentException(
          "a guard has room and a horizon, not %d and %s".formatted(capacity, horizon));
    }
    this.capacity = capacity;
    this.horizon = horizon;
    this.clock = clock;
  }

  @Override
  public boolean admit(String keyId, String nonce, String issuedAt) {
    Optional<Instant> issued = EnvelopeTime.parse(issuedAt);
    Instant oldest = clock.instant().minus(horizon);
    if (issued.isEmpty() || issued.get().isBefore(oldest)) {
      return false;
    }
    Name name = new Name(keyId, nonce);
    synchronized (this) {
      forget(oldest);
      if (names.contains(name)) {
        return false;
      }
      if (names.size() >= capacity) {
        throw new ReplayGuardFull(capacity);
      }
      names.add(name);
      oldestFirst.add(new Used(keyId, nonce, issued.get()));
      return true;
    }
  }

  private void forget(Instant oldest) {
    for (Used used = oldestFirst.peek();
        used != null && used.issuedAt().isBefore(oldest);
        used = oldestFirst.peek()) {
      oldestFirst.remove();
      names.remove(new Name(used.keyId(), used.nonce()));
    }
  }

  /** How many nonces are remembered. */
  public synchronized int size() {
    return names.size();
  }
}
