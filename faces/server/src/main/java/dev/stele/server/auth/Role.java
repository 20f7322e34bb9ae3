package dev.stele.server.auth;

/** What a principal may do with a log; each role includes those before it. */
public enum Role {
  /** Read events, proofs and state. */
  READ,
  /** Append events and envelopes, and consume by subscriptions. */
  APPEND,
  /** Make logs, erase, trim, scrub, compact, register keys, and give out tokens. */
  ADMIN;

  /** Whether who has this role may do what the other asks for. */
  public boolean includes(Role asked) {
    return compareTo(asked) >= 0;
  }
}
