package dev.stele.core.gate;

/** Where a gate takes the keys from with which it checks signatures. */
public enum KeySource {
  /** From the log's own key registry: a key that is not registered admits nothing. */
  REGISTRY,
  /** From the event itself: the signature says who wrote it, not whether that key is trusted. */
  EVENT,
  /** From the log: its own key, with which it signs its checkpoints. */
  LOG,
  /** From nowhere: the gate checks no signature. */
  NONE
}
