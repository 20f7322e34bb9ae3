package dev.stele.core.proof;

/**
 * What reading a foreign text gives: its value, or why it is malformed.
 *
 * <p>Immutable if the value is.
 *
 * @param <T> type of the value
 */
public sealed interface Parsed<T> {
  /**
   * The text was well formed.
   *
   * @param <T> type of the value
   * @param value what it says
   */
  record Value<T>(T value) implements Parsed<T> {}

  /**
   * The text was malformed.
   *
   * @param <T> type the value would have had
   * @param reason what is wrong, as a phrase for a human
   */
  record Malformed<T>(String reason) implements Parsed<T> {}

  /**
   * Returns the value of a text that the program vouches for, such as a key in its own
   * configuration.
   *
   * @throws IllegalArgumentException with the reason if the text is malformed
   */
  default T orThrow() {
    return switch (this) {
      case Value<T>(T value) -> value;
      case Malformed<T>(String reason) -> throw new IllegalArgumentException(reason);
    };
  }
}
