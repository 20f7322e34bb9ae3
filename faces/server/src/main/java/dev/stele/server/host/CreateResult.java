package dev.stele.server.host;

/** What came of making a log. */
public sealed interface CreateResult {
  /** It is there now, empty, with keys of its own. */
  record Created(HostedLog log) implements CreateResult {}

  /** One of that name was there already. */
  record Exists(HostedLog log) implements CreateResult {}

  /**
   * The name cannot be one.
   *
   * @param reason a phrase for a human
   */
  record BadName(String reason) implements CreateResult {}

  /**
   * There are as many as there may be.
   *
   * @param limit how many that is
   */
  record TooMany(int limit) implements CreateResult {}
}
