package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.storage.FileUri;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.testkit.StorageTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StorageInLmdbTest extends StorageTck {
  @Override
  protected String uri(Path folder) {
    return "lmdb:" + folder;
  }

  @Override
  protected boolean persists() {
    return true;
  }

  @Test
  void a_uri_names_a_folder_or_a_file() {
    assertThat(FileUri.database("lmdb:a/b", "lmdb", ".lmdb"))
        .isEqualTo(Path.of("a", "b", "log.lmdb"));
    assertThat(FileUri.database("lmdb:a/b.lmdb", "lmdb", ".lmdb"))
        .isEqualTo(Path.of("a", "b.lmdb"));
    try (Storage storage = Storages.open(StorageRequest.of("lmdb:" + folder.resolve("deep/in")))) {
      assertThat(storage.home()).isPresent();
      assertThat(folder.resolve("deep").resolve("in").resolve("log.lmdb")).exists();
    }
    for (String wrong : new String[] {"lmdb:", "lmdb", "other:x", "lmdb:\0"}) {
      assertThatThrownBy(() -> new LmdbStorageProvider().open(StorageRequest.of(wrong)))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
