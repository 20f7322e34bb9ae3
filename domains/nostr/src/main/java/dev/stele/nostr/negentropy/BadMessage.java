package dev.stele.nostr.negentropy;

/**
 * A message is not one of the protocol's; said to the other side, and never leaves this package.
 */
final class BadMessage extends Exception {
  private static final long serialVersionUID = 1;

  BadMessage(String reason) {
    super(reason, null, false, false);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
