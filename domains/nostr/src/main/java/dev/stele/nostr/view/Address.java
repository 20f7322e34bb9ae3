package dev.stele.nostr.view;

import dev.stele.nostr.event.KindClass;
import dev.stele.nostr.event.NostrEvent;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What versions of a replaceable or addressable event share (NIP-01), but for the author.
 *
 * @param kind the kind
 * @param d the key of the first {@code d} tag, that of the empty text where kinds have none
 */
record Address(int kind, byte[] d) {
  private static final byte[] NO_D = ValueKey.of("");

  /** The most digits of a kind. */
  private static final int MAX_KIND_DIGITS = 5;

  /** The address of an event; empty where it cannot be replaced. */
  static Optional<Address> of(NostrEvent event) {
    return switch (event.kindClass()) {
      case REPLACEABLE -> Optional.of(new Address(event.kind(), NO_D));
      case ADDRESSABLE ->
          Optional.of(new Address(event.kind(), ValueKey.of(event.firstValue("d").orElse(""))));
      case REGULAR, EPHEMERAL -> Optional.empty();
    };
  }

  /**
   * Reads the value of an {@code a} tag, {@code kind:pubkey:d}, where d may hold colons.
   *
   * @return empty where it is none, is another author's, or is of a kind that is never replaced
   */
  static Optional<Address> parse(String text, String pubkey) {
    int first = text.indexOf(':');
    int second = text.indexOf(':', first + 1);
    if (first < 1
        || first > MAX_KIND_DIGITS
        || second < 0
        || !text.substring(first + 1, second).equals(pubkey)) {
      return Optional.empty();
    }
    int kind = 0;
    for (int i = 0; i < first; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return Optional.empty();
      }
      kind = 10 * kind + (c - '0');
    }
    String d = text.substring(second + 1);
    return kind > NostrEvent.MAX_KIND ? Optional.empty() : of(kind, d);
  }

  private static Optional<Address> of(int kind, String d) {
    return switch (KindClass.of(kind)) {
      case REPLACEABLE -> d.isEmpty() ? Optional.of(new Address(kind, NO_D)) : Optional.empty();
      case ADDRESSABLE -> Optional.of(new Address(kind, ValueKey.of(d)));
      case REGULAR, EPHEMERAL -> Optional.empty();
    };
  }

  /** As the target of a tombstone. */
  byte[] target() {
    return ByteBuffer.allocate(3 + d.length)
        .put(Tombstones.ADDRESS)
        .putShort((short) kind)
        .put(d)
        .array();
  }
}
