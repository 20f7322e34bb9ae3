package dev.stele.architecture.planted.graph.event;

/** Planted: one half of a circle. */
public final class Round {
  public Round() {}

  public boolean sees(Object thing) {
    return thing instanceof dev.stele.architecture.planted.graph.view.About;
  }
}
