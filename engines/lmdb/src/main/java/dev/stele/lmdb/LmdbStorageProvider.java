package dev.stele.lmdb;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogHome;
import dev.stele.core.storage.AssembledStorage;
import dev.stele.core.storage.FileUri;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageProvider;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.view.ViewStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Offers storages in LMDB: {@code log.lmdb}, its views in {@code log.views.lmdb}, side tables in
 * {@code log.side.lmdb}, of which each change is synced.
 */
public final class LmdbStorageProvider implements StorageProvider {
  static final String SCHEME = "lmdb";
  static final String ENDING = ".lmdb";

  /** Made by the service loader. */
  public LmdbStorageProvider() {}

  @Override
  public String scheme() {
    return SCHEME;
  }

  @Override
  public String form() {
    return FileUri.form(SCHEME, ENDING);
  }

  @Override
  public Optional<LogHome> home(String uri) {
    return Optional.of(LogHome.of(FileUri.database(uri, SCHEME, ENDING)));
  }

  @Override
  public Storage open(StorageRequest request) {
    Path database = FileUri.database(request.uri(), SCHEME, ENDING);
    return AssembledStorage.open(
        request,
        Optional.of(LogHome.of(database)),
        new AssembledStorage.Parts() {
          @Override
          public LogEngine engine() {
            return request.readOnly()
                ? LmdbLogEngine.openReader(database)
                : LmdbLogEngine.openWriter(database);
          }

          @Override
          public ViewStore views() {
            Path file = LmdbViewStore.beside(database);
            return request.readOnly()
                ? LmdbViewStore.openReader(file)
                : LmdbViewStore.openWriter(file);
          }

          @Override
          public ViewStore side() {
            Path file = FileUri.beside(database, "side", ENDING);
            return request.readOnly()
                ? LmdbViewStore.openReader(file)
                : LmdbViewStore.openWriter(file, Durability.DURABLE);
          }
        });
  }

  @Override
  public ViewStore openViews(String uri) {
    Path file = LmdbViewStore.beside(FileUri.database(uri, SCHEME, ENDING));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new StorageFailed("the folder of %s cannot be made".formatted(file), e);
    }
    return LmdbViewStore.openWriter(file);
  }
}
