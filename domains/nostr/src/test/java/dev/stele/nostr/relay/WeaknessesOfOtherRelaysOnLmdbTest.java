package dev.stele.nostr.relay;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class WeaknessesOfOtherRelaysOnLmdbTest extends WeaknessesOfOtherRelaysTck {
  @Override
  String uri(Path inFolder) {
    return "lmdb:" + inFolder.resolve("store");
  }

  @Override
  boolean outlivesItsStore() {
    return true;
  }
}
