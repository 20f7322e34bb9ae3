package dev.stele.envelope.gate;

/**
 * Remembers which key has used which nonce, for callers who verify envelopes and keep no log. A log
 * needs none: its gate claims the nonce.
 *
 * <p>Implementations are thread-safe: of two calls with the same nonce one answers false.
 */
@FunctionalInterface
public interface ReplayGuard {
  /**
   * Takes note of a nonce.
   *
   * @return whether it is new; false refuses the envelope as a replay
   * @throws ReplayGuardFull when nothing can be noted now: the envelope is neither valid nor not
   */
  boolean admit(String keyId, String nonce, String issuedAt);
}
