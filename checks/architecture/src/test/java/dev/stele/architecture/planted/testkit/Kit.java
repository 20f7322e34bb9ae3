package dev.stele.architecture.planted.testkit;

/** Planted: a check. */
public final class Kit {
  public Kit() {}
}
