package dev.stele.cli;

/** What a command's exit tells scripts. */
public final class ExitCode {
  /** Everything that was asked for is done. */
  public static final int DONE = 0;

  /** Done, but something was refused, is not there, or is broken; the answer says what. */
  public static final int REFUSED_OR_BROKEN = 1;

  /** The command could not run at all. */
  public static final int COULD_NOT_RUN = 2;

  private ExitCode() {}
}
