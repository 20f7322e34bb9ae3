package dev.stele.core.storage;

import dev.stele.core.log.Anchor;
import java.util.Optional;

/**
 * An anchor for a log that nothing outlives, or that nobody else can write: it remembers as long as
 * the process does. Thread-safe.
 */
public final class HeapAnchor implements Anchor {
  private volatile Optional<byte[]> last = Optional.empty();
  private volatile boolean suspected;

  /** Remembers nothing yet. */
  public HeapAnchor() {}

  @Override
  public Optional<byte[]> last() {
    return last.map(byte[]::clone);
  }

  @Override
  public void record(byte[] signedNote) {
    last = Optional.of(signedNote.clone());
  }

  @Override
  public boolean suspected() {
    return suspected;
  }

  @Override
  public void suspect(boolean broken) {
    suspected = broken;
  }

  @Override
  public String describe() {
    return "memory";
  }
}
