package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.storage.FileUri;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.testkit.StorageTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StorageInSqliteTest extends StorageTck {
  @Override
  protected String uri(Path folder) {
    return "sqlite:" + folder;
  }

  @Override
  protected boolean persists() {
    return true;
  }

  @Test
  void a_uri_names_a_folder_or_a_file() {
    assertThat(FileUri.database("sqlite:a/b", "sqlite", ".db"))
        .isEqualTo(Path.of("a", "b", "log.db"));
    assertThat(FileUri.database("sqlite:a/b.db", "sqlite", ".db")).isEqualTo(Path.of("a", "b.db"));
    try (Storage storage =
        Storages.open(StorageRequest.of("sqlite:" + folder.resolve("deep/in")))) {
      assertThat(storage.home()).isPresent();
      assertThat(folder.resolve("deep").resolve("in").resolve("log.db")).exists();
    }
    for (String wrong : new String[] {"sqlite:", "sqlite", "other:x", "sqlite:\0"}) {
      assertThatThrownBy(() -> new SqliteStorageProvider().open(StorageRequest.of(wrong)))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
