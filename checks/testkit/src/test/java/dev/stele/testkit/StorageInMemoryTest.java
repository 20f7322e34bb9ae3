package dev.stele.testkit;

import java.nio.file.Path;

class StorageInMemoryTest extends StorageTck {
  @Override
  protected String uri(Path folder) {
    return "memory:";
  }

  @Override
  protected boolean persists() {
    return false;
  }
}
