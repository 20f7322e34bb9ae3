package dev.stele.nostr.relay;

import java.nio.file.Path;

class WeaknessesOfOtherRelaysInMemoryTest extends WeaknessesOfOtherRelaysTck {
  @Override
  String uri(Path inFolder) {
    return "memory:";
  }

  @Override
  boolean outlivesItsStore() {
    return false;
  }
}
