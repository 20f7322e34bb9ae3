package dev.stele.client;

/**
 * A request came to nothing. Each kind says what to do; what is expected to happen, such as a
 * conflict or a server that is not to be trusted, is a value and not among these.
 */
public abstract sealed class RequestFailed extends RuntimeException {
  private RequestFailed(String message) {
    super(message);
  }

  private RequestFailed(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * No answer came, after as many attempts as the {@link RetryPolicy} allows, or the caller was
   * interrupted; the flag is then set again. Trying later may help.
   */
  public static final class Unreachable extends RequestFailed {
    Unreachable(String message) {
      super(message);
    }

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The server refused. Trying again is of no use before something changes. */
  public static final class Refused extends RequestFailed {
    private final transient Problem problem;

    Refused(String what, Problem problem) {
      super("%s was refused: %s".formatted(what, problem));
      this.problem = problem;
    }

    /** What the server said. */
    public Problem problem() {
      return problem;
    }
  }

  /**
   * The answer is not what this client knows to read: is it a Stele server, and of this version?
   */
  public static final class Unintelligible extends RequestFailed {
    Unintelligible(String message) {
      super(message);
    }
  }
}
