package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is LMDB's own about views: long keys, files that are written anew, one writer. */
@Tag("engine")
class AFileOfViewsInLmdbTest {
  private static final Table LONG =
      Table.named("long")
          .text("key")
          .text("label")
          .key("key")
          .index("long_by_label", "label")
          .build();

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("log.views.lmdb");
  }

  private static void change(ViewStore store, long position, Consumer<Tables> work) {
    store.change(
        "v",
        Slot.LIVE,
        tables -> {
          work.accept(tables);
          return new Head(position, new byte[32]);
        });
  }

  /** Of the same 400 bytes and some more, so that many go on behind the first piece of a key. */
  private static String text(Random random, int most) {
    int length = random.nextInt(400, most + 1);
    return "x".repeat(length - 1) + (char) ('a' + random.nextInt(3));
  }

  @Test
  void keys_up_to_the_longest_come_to_the_same_state_as_in_memory_when_put_changed_and_deleted() {
    for (long seed = 0; seed < 5; seed++) {
      Random random = new Random(seed);
      try (ViewStore lmdb = LmdbViewStore.openWriter(folder.resolve(seed + ".lmdb"));
          ViewStore memory = new MemoryViewStore()) {
        for (ViewStore store : List.of(lmdb, memory)) {
          store.begin("v", Slot.LIVE, 1, List.of(LONG), 0);
        }
        int most = Table.MAX_KEY_BYTES - 3;
        for (int position = 1; position <= 20; position++) {
          long changes = random.nextLong();
          for (ViewStore store : List.of(lmdb, memory)) {
            Random again = new Random(changes);
            change(
                store,
                position,
                tables -> {
                  for (int i = 0; i < 40; i++) {
                    String key = text(again, most);
                    if (again.nextBoolean()) {
                      tables.put(LONG, key, text(again, most));
                    } else {
                      tables.delete(LONG, key);
                    }
                  }
                });
          }
          assertThat(StateHash.of(lmdb, "v", Slot.LIVE).value())
              .as("seed %d at %d", seed, position)
              .isEqualTo(StateHash.of(memory, "v", Slot.LIVE).value());
        }
        String before = StateHash.of(lmdb, "v", Slot.LIVE).value();
        ((LmdbViewStore) lmdb).compact();
        assertThat(StateHash.of(lmdb, "v", Slot.LIVE).value()).as("seed " + seed).isEqualTo(before);
      }
    }
  }

  @Test
  void no_byte_is_left_of_a_generation_that_was_swapped_away_or_dropped() throws IOException {
    String token = "zq-forgotten-zq";
    try (ViewStore store = LmdbViewStore.openWriter(file())) {
      store.begin("v", Slot.LIVE, 1, List.of(LONG), 0);
      change(store, 1, tables -> tables.put(LONG, token + "x".repeat(490), token));
      assertThat(bytes()).contains(token);
      store.begin("v", Slot.BUILDING, 2, List.of(LONG), 1);
      store.swap("v");
      assertThat(bytes()).doesNotContain(token);
      change(store, 1, tables -> tables.put(LONG, token, token));
      change(store, 2, tables -> assertThat(tables.delete(LONG, token)).isTrue());
      store.drop("v", Slot.LIVE);
      assertThat(bytes()).doesNotContain(token);
    }
  }

  private String bytes() throws IOException {
    return Files.readString(file(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void one_writes_and_others_read_what_it_has_committed_also_after_the_file_was_written_anew() {
    try (ViewStore store = LmdbViewStore.openWriter(file());
        ViewStore reader = LmdbViewStore.openReader(file())) {
      assertThatThrownBy(() -> LmdbViewStore.openWriter(file())).isInstanceOf(StorageFailed.class);
      store.begin("v", Slot.LIVE, 1, List.of(LONG), 0);
      change(store, 1, tables -> tables.put(LONG, "a", "b"));
      ((LmdbViewStore) store).compact();
      assertThat(reader.read("v", tables -> tables.get(LONG, "a").isPresent()))
          .isEqualTo(new ViewStore.Answer<>(true, 1));
      assertThatIllegalStateException().isThrownBy(() -> reader.drop("v", Slot.LIVE));
    }
  }

  @Test
  void a_change_within_a_change_is_refused() {
    try (ViewStore store = LmdbViewStore.openWriter(file())) {
      store.begin("v", Slot.LIVE, 1, List.of(LONG), 0);
      assertThatIllegalStateException()
          .isThrownBy(() -> change(store, 1, _ -> change(store, 2, _ -> {})));
      assertThat(store.find("v", Slot.LIVE).orElseThrow().position()).isZero();
    }
  }

  @Test
  void a_file_of_a_log_is_no_file_of_views() {
    LmdbLogEngine.openWriter(file()).close();
    assertThatThrownBy(() -> LmdbViewStore.openReader(file())).isInstanceOf(StorageFailed.class);
    assertThatThrownBy(() -> LmdbViewStore.openWriter(file())).isInstanceOf(StorageFailed.class);
  }
}
