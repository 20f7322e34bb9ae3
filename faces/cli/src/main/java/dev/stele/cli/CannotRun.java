package dev.stele.cli;

/**
 * A command cannot do what it was asked: a code for programs, what is wrong, and what to try next.
 */
public final class CannotRun extends RuntimeException {
  private final String code;
  private final String next;

  /**
   * Says why, and what to do about it.
   *
   * @param code one word for programs, such as {@code bad-setting}
   * @param message what is wrong, as a phrase for a human
   * @param next a command or an option to try
   */
  public CannotRun(String code, String message, String next) {
    super(message);
    this.code = code;
    this.next = next;
  }

  String code() {
    return code;
  }

  String next() {
    return next;
  }
}
