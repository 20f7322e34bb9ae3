package dev.stele.bench;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a row needs while it runs: its sides, and what is to be released after. One thread. */
final class Scene {
  /** Builds a scene in an empty folder. */
  interface Builder {
    void build(Scene scene) throws Exception;
  }

  private final Workplace workplace;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private final List<Side> others = new ArrayList<>();
  private @Nullable Side ours;

  Scene(Workplace workplace) {
    this.workplace = workplace;
  }

  /** The folder, the sizes and the peer program of this run. */
  Workplace workplace() {
    return workplace;
  }

  /** Keeps something open for the length of the row. */
  <T extends AutoCloseable> T keep(T resource) {
    resources.push(resource);
    return resource;
  }

  /** What the row is about. */
  void ours(Side side) {
    ours = side;
  }

  /** What the same work costs without us. */
  void against(Side side) {
    others.add(side);
  }

  /** All sides, ours first. */
  List<Side> sides() {
    if (ours == null) {
      throw new IllegalStateException("the scene was built without our side");
    }
    List<Side> sides = new ArrayList<>(List.of(ours));
    sides.addAll(others);
    return sides;
  }

  /** Releases everything that was kept, the last first. */
  void release() throws Exception {
    while (!resources.isEmpty()) {
      resources.pop().close();
    }
  }
}
