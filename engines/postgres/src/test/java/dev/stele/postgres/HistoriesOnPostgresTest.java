package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.Histories;
import dev.stele.testkit.ReopenableMemory;
import dev.stele.testkit.Scale;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class HistoriesOnPostgresTest {
  @Test
  void give_the_bytes_and_the_root_they_give_in_memory() {
    String database = PostgresServer.shared().freshDatabase();
    for (long seed = 0; seed < Scale.of(300); seed++) {
      PostgresOptions schema = new PostgresOptions("seed" + seed, 2);
      LogEngine memory = new ReopenableMemory();
      List<String> inMemory = Histories.run(seed, 60, () -> memory);
      List<String> onServer =
          Histories.run(seed, 60, () -> PostgresLogEngine.openWriter(database, schema, List.of()));
      assertThat(onServer).as("seed %d", seed).isEqualTo(inMemory);
    }
  }
}
