package dev.stele.nostr.event;

/** Hex digits as NIP-01 wants them: of a given number, and none of them upper-case. */
final class LowerHex {
  private LowerHex() {}

  static boolean is(String text, int digits) {
    if (text.length() != digits) {
      return false;
    }
    for (int i = 0; i < digits; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }
}
