package dev.stele.core.event;

/** What an append gets when a {@link Claim} it makes is already held by an earlier event. */
public enum OnDuplicate {
  /** The append is refused, and the answer names the claim and the position that holds it. */
  REFUSE,
  /** The append is a repetition: the answer is the position that already holds the claim. */
  RETURN_EXISTING
}
