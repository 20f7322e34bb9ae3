package dev.stele.architecture.planted.sqlite;

/** Planted: an engine that uses another, and a domain. */
public final class UsesAnotherEngine {
  public UsesAnotherEngine() {}

  public Object other() {
    return new dev.stele.architecture.planted.lmdb.OtherEngine();
  }

  public boolean domain(Object thing) {
    return thing instanceof dev.stele.architecture.planted.graph.event.Round;
  }
}
