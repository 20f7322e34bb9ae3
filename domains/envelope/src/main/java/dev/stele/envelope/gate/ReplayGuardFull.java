package dev.stele.envelope.gate;

/**
 * A replay guard holds as many nonces as it may. Says nothing of the envelope: verify it again when
 * some have grown old, or with a larger guard.
 */
public final class ReplayGuardFull extends RuntimeException {
  private static final long serialVersionUID = 1;

  ReplayGuardFull(int capacity) {
    super(
        "the replay guard holds its %,d nonces; verify again later or give it more room"
            .formatted(capacity));
  }
}
