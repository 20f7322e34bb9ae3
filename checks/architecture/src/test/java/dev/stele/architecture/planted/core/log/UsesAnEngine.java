package dev.stele.architecture.planted.core.log;

import dev.stele.architecture.planted.sqlite.UsesAnotherEngine;

/** Planted: core that uses an engine, and asks the machine for time and chance. */
public final class UsesAnEngine {
  public UsesAnEngine() {}

  public Object engine() {
    return new UsesAnotherEngine();
  }

  public long now() {
    return System.currentTimeMillis();
  }

  public java.util.function.Supplier<java.util.random.RandomGenerator> chance() {
    return java.security.SecureRandom::new;
  }
}
