package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Head;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.ViewStoreTck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ViewStoreInALogTest extends ViewStoreTck {
  private final Map<Path, SqliteLogEngine> logs = new HashMap<>();

  @Override
  protected ViewStore open(Path folder) {
    return logs.computeIfAbsent(folder.resolve("log.db"), file -> SqliteLogEngine.openWriter(file))
        .views();
  }

  @AfterEach
  void closeLogs() {
    logs.values().forEach(SqliteLogEngine::close);
  }

  @Override
  protected boolean persists() {
    return true;
  }

  @Test
  void moves_the_write_ahead_log_also_while_the_log_rests(@TempDir Path folder) throws IOException {
    byte[] payload = new byte[1 << 20];
    long written = 0;
    long longest = 0;
    ViewStore store = open(folder);
    store.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
    while (written < 256L << 20) {
      for (int i = 0; i < 8; i++) {
        payload[0]++;
        long position = 1 + written / payload.length;
        store.change(
            "entries",
            Slot.LIVE,
            tables -> {
              tables.put(
                  EntriesView.ENTRIES, position, "s", "t", 1L, "id-" + position, payload.clone());
              return new Head(position, new byte[32]);
            });
        written += payload.length;
      }
      longest = Math.max(longest, Files.size(folder.resolve("log.db-wal")));
    }
    assertThat(longest).isBetween(1L << 20, 80L << 20);
    assertThat(Files.size(folder.resolve("log.db"))).isGreaterThan(100L << 20);
    store.close();
  }
}
