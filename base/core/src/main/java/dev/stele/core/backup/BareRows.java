package dev.stele.core.backup;

import dev.stele.core.engine.PositionRange;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Rows that were read without a body, in order: each needs a receipt, which may stand behind it.
 * One thread at a time.
 */
final class BareRows {
  private final List<PositionRange> ranges = new ArrayList<>();

  void add(long position) {
    if (!ranges.isEmpty() && ranges.getLast().last() == position - 1) {
      ranges.set(ranges.size() - 1, new PositionRange(ranges.getLast().first(), position));
    } else {
      ranges.add(new PositionRange(position, position));
    }
  }

  /** How many there are. */
  long count() {
    return ranges.stream().mapToLong(PositionRange::count).sum();
  }

  /** How many of them come after a position. */
  long countAfter(long position) {
    long count = 0;
    for (PositionRange range : ranges) {
      count += Math.max(0, range.last() - Math.max(range.first(), position + 1) + 1);
    }
    return count;
  }

  /** The first of them that no receipt names. */
  OptionalLong withoutReason(Gone gone) {
    for (PositionRange range : ranges) {
      for (long at = range.first(); at <= range.last(); at++) {
        if (!gone.erased(at) && at > gone.trimmed()) {
          return OptionalLong.of(at);
        }
      }
    }
    return OptionalLong.empty();
  }
}
