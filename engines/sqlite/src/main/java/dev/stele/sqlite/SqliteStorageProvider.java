package dev.stele.sqlite;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.LogHome;
import dev.stele.core.storage.AssembledStorage;
import dev.stele.core.storage.FileUri;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageProvider;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.view.ViewStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Offers storages in SQLite: {@code log.db}, with those views that ask to be in it, other views in
 * {@code log.views.db}, side tables in {@code log.side.db}, of which each change is synced.
 */
public final class SqliteStorageProvider implements StorageProvider {
  static final String SCHEME = "sqlite";
  static final String ENDING = ".db";

  /** Made by the service loader. */
  public SqliteStorageProvider() {}

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
          private @Nullable SqliteLogEngine engine;

          @Override
          public LogEngine engine() {
            SqliteLogEngine opened =
                request.readOnly()
                    ? SqliteLogEngine.openReader(database)
                    : SqliteLogEngine.openWriter(
                        database, SqliteOptions.DEFAULT, List.of(), request.scripts());
            engine = opened;
            return opened;
          }

          @Override
          public Optional<ViewStore> viewsInTheLog() {
            return Optional.ofNullable(engine).map(SqliteLogEngine::views);
          }

          @Override
          public ViewStore views() {
            Path file = SqliteViewStore.beside(database);
            return request.readOnly()
                ? SqliteViewStore.openReader(file)
                : SqliteViewStore.openWriter(file);
          }

          @Override
          public ViewStore side() {
            Path file = FileUri.beside(database, "side", ENDING);
            return request.readOnly()
                ? SqliteViewStore.openReader(file)
                : SqliteViewStore.openWriter(file, Durability.DURABLE);
          }
        });
  }
}
