package dev.stele.testkit;

import dev.stele.core.log.Anchor;
import dev.stele.core.log.Proven;
import java.util.Optional;

/** An anchor that outlives a log but not the test. Thread-safe. */
public final class MemoryAnchor implements Anchor {
  private volatile Optional<byte[]> last = Optional.empty();
  private volatile boolean suspected;
  private volatile Proven proven = Proven.NOTHING;

  @Override
  public Optional<byte[]> last() {
    return last.map(byte[]::clone);
  }

  @Override
  public void record(byte[] signedNote) {
    last = Optional.of(signedNote.clone());
  }

  @Override
  public Proven proven() {
    return proven;
  }

  @Override
  public void recordProven(Proven now) {
    proven = now;
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
