package dev.stele.architecture.planted.core.proof;

/** Planted: a verifier that uses the writer's code. */
public final class Verifier {
  public Verifier() {}

  public Object borrowed() {
    return new dev.stele.architecture.planted.core.log.UsesAnEngine();
  }
}
