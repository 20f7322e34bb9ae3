package dev.stele.nostr.relay;

import dev.stele.nostr.event.NostrEvent;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** The work that went into an event's id (NIP-13). */
final class ProofOfWork {
  private static final Pattern TARGET = Pattern.compile("[0-9]{1,3}");

  private ProofOfWork() {}

  /** The leading zero bits of an id. */
  static int bits(String id) {
    int bits = 0;
    for (byte each : HexFormat.of().parseHex(id)) {
      int zeros = Integer.numberOfLeadingZeros(each & 0xff) - (Integer.SIZE - Byte.SIZE);
      bits += zeros;
      if (zeros < Byte.SIZE) {
        break;
      }
    }
    return bits;
  }

  /** What the author aimed for, so that luck does not count; 0 where nothing readable says so. */
  static int target(NostrEvent event) {
    for (List<String> tag : event.tags()) {
      if (tag.size() >= 3 && tag.getFirst().equals("nonce")) {
        return TARGET.matcher(tag.get(2)).matches() ? Integer.parseInt(tag.get(2)) : 0;
      }
    }
    return 0;
  }
}
