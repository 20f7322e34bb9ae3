package dev.stele.core.storage;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.ViewStore;
import java.util.Optional;

/** Offers storages in memory: a new and empty one each time, for tests and examples. */
public final class MemoryStorageProvider implements StorageProvider {
  private static final String URI = "memory:";

  /** Made by the service loader. */
  public MemoryStorageProvider() {}

  @Override
  public String scheme() {
    return "memory";
  }

  @Override
  public String form() {
    return URI;
  }

  @Override
  public Storage open(StorageRequest request) {
    if (!request.uri().equals(URI)) {
      throw new IllegalArgumentException(
          "a storage of this kind is %s, not '%s'".formatted(URI, request.uri()));
    }
    if (request.readOnly()) {
      throw new StorageFailed(
          "a storage in memory is new each time, so there is nothing in it to read only");
    }
    return AssembledStorage.open(
        request,
        Optional.empty(),
        new AssembledStorage.Parts() {
          @Override
          public LogEngine engine() {
            return new MemoryLogEngine();
          }

          @Override
          public ViewStore views() {
            return new MemoryViewStore();
          }

          @Override
          public ViewStore side() {
            return new MemoryViewStore();
          }
        });
  }
}
