package dev.stele.cli;

/**
 * A command cannot do what it was asked: a code for programs, what is wrong, and what to try next.
 */
final class CannotRun extends RuntimeException {
  private final String code;
  private final String next;

  CannotRun(String code, String message, String next) {
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
