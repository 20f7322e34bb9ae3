package dev.stele.nostr.view;

import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** The hits of several sources in their common order, each once. One thread. */
final class Merge implements Hits {
  private record Waiting(Hit hit, Hits source) implements Comparable<Waiting> {
    @Override
    public int compareTo(Waiting other) {
      return hit.compareTo(other.hit);
    }
  }

  private final PriorityQueue<Waiting> queue = new PriorityQueue<>();
  private @Nullable Hit last;

  Merge(List<? extends Hits> sources) {
    sources.forEach(this::advance);
  }

  private void advance(Hits source) {
    Hit hit = source.next();
    if (hit != null) {
      queue.add(new Waiting(hit, source));
    }
  }

  @Override
  public @Nullable Hit next() {
    for (Waiting first = queue.poll(); first != null; first = queue.poll()) {
      advance(first.source);
      if (!first.hit.equals(last)) {
        last = first.hit;
        return first.hit;
      }
    }
    return null;
  }
}
