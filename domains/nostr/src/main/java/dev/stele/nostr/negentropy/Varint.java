package dev.stele.nostr.negentropy;

/** Whole numbers in base 128, most significant digit first, all but the last marked by bit 7. */
final class Varint {
  /** 64 bits in digits of 7. */
  static final int MAX_BYTES = 10;

  static final int DIGIT_BITS = 7;
  static final int DIGIT = 0x7f;
  static final int MORE = 0x80;

  private Varint() {}

  /** Returns {@code value}, read as unsigned, in as few bytes as it needs. */
  static byte[] bytes(long value) {
    int length = 1;
    for (long rest = value >>> DIGIT_BITS; rest != 0; rest >>>= DIGIT_BITS) {
      length++;
    }
    byte[] out = new byte[length];
    long rest = value;
    for (int i = length - 1; i >= 0; i--) {
      out[i] = (byte) ((rest & DIGIT) | (i == length - 1 ? 0 : MORE));
      rest >>>= DIGIT_BITS;
    }
    return out;
  }
}
