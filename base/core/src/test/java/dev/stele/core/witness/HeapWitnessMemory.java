package dev.stele.core.witness;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.SignedCheckpoint;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers as long as the test runs; what it keeps was read back from bytes, as from a disk. */
final class HeapWitnessMemory implements WitnessMemory {
  final AtomicInteger advances = new AtomicInteger();
  private final Map<String, byte[]> notes = new ConcurrentHashMap<>();

  @Override
  public synchronized Optional<SignedCheckpoint> last(String origin) {
    return Optional.ofNullable(notes.get(origin)).map(AddCheckpointTest::read);
  }

  @Override
  public synchronized boolean advance(Optional<SignedCheckpoint> from, SignedCheckpoint to) {
    Optional<SignedCheckpoint> kept = last(to.checkpoint().origin());
    if (kept.isPresent() != from.isPresent()
        || (kept.isPresent() && !sameTree(kept.get().checkpoint(), from.get().checkpoint()))) {
      return false;
    }
    notes.put(to.checkpoint().origin(), to.bytes());
    advances.incrementAndGet();
    return true;
  }

  private static boolean sameTree(Checkpoint one, Checkpoint other) {
    return one.size() == other.size() && Arrays.equals(one.root(), other.root());
  }
}
