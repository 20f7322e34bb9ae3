package dev.stele.nostr.negentropy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A sum of ids, each read as a little-endian number of 256 bits, modulo 2^256. Confined to its
 * maker until it is shared, and not changed after.
 */
final class IdSum {
  static final int SIZE_BYTES = 32;

  private static final int WORDS = SIZE_BYTES / Long.BYTES;
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Least significant first. */
  private final long[] words = new long[WORDS];

  /** Adds the id that begins at {@code at}. */
  void add(byte[] bytes, int at) {
    long carry = 0;
    for (int i = 0; i < WORDS; i++) {
      carry = addWord(i, (long) WORD.get(bytes, at + i * Long.BYTES), carry);
    }
  }

  void add(IdSum other) {
    long carry = 0;
    for (int i = 0; i < WORDS; i++) {
      carry = addWord(i, other.words[i], carry);
    }
  }

  /** Takes away {@code other}: adds its complement and one. */
  void subtract(IdSum other) {
    long carry = 1;
    for (int i = 0; i < WORDS; i++) {
      carry = addWord(i, ~other.words[i], carry);
    }
  }

  private long addWord(int i, long word, long carry) {
    long sum = words[i] + word;
    long over = Long.compareUnsigned(sum, word) < 0 ? 1 : 0;
    words[i] = sum + carry;
    // The carry overflows only a word of all ones, and that is no sum that has overflowed before.
    return over + (carry == 1 && words[i] == 0 ? 1 : 0);
  }

  void writeTo(byte[] out, int at) {
    for (int i = 0; i < WORDS; i++) {
      WORD.set(out, at + i * Long.BYTES, words[i]);
    }
  }
}
