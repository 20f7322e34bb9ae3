package dev.stele.core.view;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The order of two values of one column: null, then numbers, UTF-8 bytes or unsigned bytes. */
final class ValueOrder {
  /** How far the halves of surrogate pairs must move up to stand behind U+FFFF. */
  private static final int SURROGATES_LAST = 0x10000;

  private ValueOrder() {}

  static int compare(@Nullable Object one, @Nullable Object other) {
    if (one == null || other == null) {
      return Boolean.compare(one != null, other != null);
    }
    return switch (one) {
      case Long number -> Long.compare(number, (Long) other);
      case String text -> compareText(text, (String) other);
      case byte[] bytes -> Arrays.compareUnsigned(bytes, (byte[]) other);
      default -> throw new IllegalArgumentException("a table holds no " + one.getClass());
    };
  }

  /** UTF-8 has the order of code points; UTF-16 has it but for surrogates, which come too early. */
  private static int compareText(String one, String other) {
    int shorter = Math.min(one.length(), other.length());
    for (int i = 0; i < shorter; i++) {
      char a = one.charAt(i);
      char b = other.charAt(i);
      if (a != b) {
        return Integer.compare(place(a), place(b));
      }
    }
    return Integer.compare(one.length(), other.length());
  }

  private static int place(char c) {
    return Character.isSurrogate(c) ? c + SURROGATES_LAST : c;
  }
}
