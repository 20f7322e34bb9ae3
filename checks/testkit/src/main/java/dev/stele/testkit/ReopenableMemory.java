package dev.stele.testkit;

import dev.stele.core.engine.MemoryLogEngine;

/**
 * A memory engine that keeps its rows when it is closed, so that a log on it can be opened again.
 */
public final class ReopenableMemory extends ForwardingEngine {
  /** An engine without rows. */
  public ReopenableMemory() {
    super(new MemoryLogEngine());
  }

  @Override
  public void close() {
    // The rows are to outlive the log that was opened on them.
  }
}
