package dev.stele.nostr.view;

import dev.stele.nostr.event.NostrKey;
import java.nio.ByteBuffer;
import java.util.List;

/** Authors with fixed keys. */
final class People {
  private People() {}

  /** The author of a number, from 1. */
  static NostrKey person(int number) {
    return NostrKey.fromSecret(ByteBuffer.allocate(32).putInt(28, number).array());
  }

  static List<String> p(NostrKey person) {
    return List.of("p", person.pubkey());
  }

  static List<String> e(String id) {
    return List.of("e", id);
  }
}
