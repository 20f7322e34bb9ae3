package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.testkit.Rows;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In one transaction, more than the 131,071 changed pages that LMDB keeps in memory. */
@Tag("engine")
class ForgettingMuchAtOnceTest {
  private static final int EVENTS = 270_000;
  private static final int BATCH = 4_500;

  @TempDir Path folder;

  private final Rows rows = new Rows();

  private LmdbLogEngine filled(int events, int payloadBytes) {
    LmdbLogEngine writer = LmdbLogEngine.openWriter(folder.resolve("log.lmdb"));
    for (int done = 0; done < events; done += BATCH) {
      List<Row> batch = new java.util.ArrayList<>(BATCH);
      for (int i = 0; i < BATCH; i++) {
        byte[] payload = new byte[payloadBytes];
        batch.add(i % 2 == 0 ? rows.next("a", payload) : rows.nextExpiring("b", payload, 5_000));
      }
      rows.commit(writer, LogId.MAIN, Rows.batch(batch));
    }
    return writer;
  }

  @Test
  void trims_260_000_rows() {
    try (LmdbLogEngine writer = filled(EVENTS, 16)) {
      CommitResult result =
          writer.commitTrimming(
              LogId.MAIN, rows.head(), Rows.batch(List.of()), 260_000, Durability.OS);
      assertThat(result).isInstanceOf(CommitResult.Committed.class);
      assertThat(writer.read(LogId.MAIN, 0, 1).getFirst().position()).isEqualTo(260_001);
      assertThat(writer.find(LogId.MAIN, Rows.claimOf(1))).isEqualTo(1);
      assertThat(writer.find(LogId.MAIN, Rows.claimOf(2))).as("an expiring claim").isZero();
      assertThat(writer.selfCheck()).isEmpty();
      rows.commit(writer, LogId.MAIN, "a", 3);
      assertThat(writer.head(LogId.MAIN)).isEqualTo(rows.head());
    }
  }

  @Test
  void erases_the_bodies_of_67_500_large_rows() {
    int events = 15 * BATCH;
    try (LmdbLogEngine writer = filled(events, 2_500)) {
      CommitResult result =
          writer.commitErasing(
              LogId.MAIN,
              rows.head(),
              Rows.batch(List.of()),
              List.of(new PositionRange(1, events)),
              Durability.OS);
      assertThat(result).isInstanceOf(CommitResult.Committed.class);
      assertThat(writer.readPage(LogId.MAIN, events - 100L, 100).rows())
          .hasSize(100)
          .allMatch(row -> row.body() == null);
      assertThat(writer.selfCheck()).isEmpty();
    }
  }
}
