package dev.stele.testkit;

import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.engine.SharedEngine;
import java.time.Duration;

/**
 * One of several engines over the same rows in memory, each for a log of its own that appends to
 * them, as processes do that share a server. Closing one leaves the rows to the others.
 */
public final class SharedMemoryEngine extends ForwardingEngine implements SharedEngine {
  /** Short, as tests wait for it. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(5);

  /** An engine without rows. */
  public SharedMemoryEngine() {
    super(new MemoryLogEngine());
  }

  /** Another engine over the rows of {@code first}. */
  public SharedMemoryEngine(SharedMemoryEngine first) {
    super(first.engine);
  }

  @Override
  public Duration lookEvery() {
    return LOOK_EVERY;
  }

  @Override
  public void close() {
    // The rows are shared.
  }
}
