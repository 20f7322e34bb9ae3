package dev.stele.nostr.relay;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class WeaknessesOfOtherRelaysOnSqliteTest extends WeaknessesOfOtherRelaysTck {
  @Override
  String uri(Path inFolder) {
    return "sqlite:" + inFolder.resolve("store");
  }

  @Override
  boolean outlivesItsStore() {
    return true;
  }
}
