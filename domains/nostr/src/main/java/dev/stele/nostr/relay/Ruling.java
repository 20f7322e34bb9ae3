package dev.stele.nostr.relay;

/** What a policy says. */
public sealed interface Ruling {
  /** Nothing is said against it. */
  Ruling PASS = new Pass();

  /** It may pass, as far as this policy goes. */
  record Pass() implements Ruling {}

  /**
   * It may not.
   *
   * @param prefix the reason for a machine
   * @param reason the same for a human
   */
  record Refuse(Prefix prefix, String reason) implements Ruling {}
}
