package dev.stele.core.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one commit adds: all of it or none.
 *
 * @param rows in order of position, without a gap, starting right after the expected head; may be
 *     empty when only a checkpoint is to be kept
 * @param tiles the tiles that these rows made full
 * @param checkpoint a checkpoint signed over the state after this batch, or null
 */
public record Batch(List<Row> rows, List<Tile> tiles, @Nullable StoredCheckpoint checkpoint) {
  /**
   * Checks that the rows continue {@code expected} without a gap: what an engine asks before it
   * stores any of them.
   *
   * @throws IllegalArgumentException when they do not
   */
  public void requireContinues(Head expected) {
    long next = expected.size() + 1;
    for (Row row : rows) {
      if (row.position() != next) {
        throw new IllegalArgumentException(
            "a batch after %d holds the row %d where %d is next"
                .formatted(expected.size(), row.position(), next));
      }
      next++;
    }
  }
}
