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
public record Batch(List<Row> rows, List<Tile> tiles, @Nullable StoredCheckpoint checkpoint) {}
