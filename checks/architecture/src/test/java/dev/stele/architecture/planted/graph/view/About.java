package dev.stele.architecture.planted.graph.view;

/** Planted: the other half of a circle. */
public final class About {
  public About() {}

  public boolean sees(Object thing) {
    return thing instanceof dev.stele.architecture.planted.graph.event.Round;
  }
}
