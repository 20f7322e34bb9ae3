package dev.stele.core.proof;

import java.util.Optional;

/**
 * Re-checks what a domain's gate once checked: signatures, hashes inside payloads, chains of the
 * domain's own.
 *
 * <p>An auditor is made for one verification. Erased events are not given to it.
 */
public interface Auditor {
  /** Tells whether this auditor knows the rules of a gate, by the name in the record. */
  boolean knows(String admittedBy);

  /** Tells whether {@link #check} re-computes a signature for what this gate admitted. */
  default boolean checksSignatures(String admittedBy) {
    return true;
  }

  /**
   * Checks what needs no other event. Called from several threads, in any order.
   *
   * @return what is wrong, if anything
   */
  Optional<Fault> check(CheckedEvent event);

  /** Tells whether {@link #follow} is to be called for what a gate admitted. */
  default boolean follows(String admittedBy) {
    return false;
  }

  /**
   * Checks what depends on earlier events. Called by one thread, in order of position.
   *
   * @return what is wrong, if anything
   */
  default Optional<Fault> follow(CheckedEvent event) {
    return Optional.empty();
  }
}
