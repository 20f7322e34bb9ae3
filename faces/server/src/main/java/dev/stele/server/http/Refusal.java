package dev.stele.server.http;

/**
 * Carries a problem out of the depth of reading a request. It never leaves this package, and what
 * came of an append or an erase is a value instead.
 */
final class Refusal extends RuntimeException {
  private final transient Problem problem;

  Refusal(Problem problem) {
    super(problem.detail(), null, false, false);
    this.problem = problem;
  }

  Problem problem() {
    return problem;
  }
}
