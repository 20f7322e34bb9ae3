package dev.stele.envelope.event;

/**
 * Text. It is kept as it is: no normalisation. Immutable.
 *
 * @param value well-formed UTF-16: no surrogate stands alone
 */
public record JsonString(String value) implements JsonValue {
  /** Refuses what UTF-8 cannot say. */
  public JsonString {
    requireWellFormed(value);
  }

  /** Tells whether every surrogate in {@code text} is one of a pair. */
  public static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!Character.isHighSurrogate(text.charAt(i))
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  static void requireWellFormed(String text) {
    if (!isWellFormed(text)) {
      throw new IllegalArgumentException("a surrogate stands alone in a text");
    }
  }

  @Override
  public String toString() {
    return Canonical.text(this);
  }
}
