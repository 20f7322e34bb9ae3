package dev.stele.core.gate;

import java.time.Instant;

/**
 * Judges untrusted input of one kind without any state of its own.
 *
 * <p>Implementations are immutable and thread-safe; the keys they trust are a snapshot given when
 * they are made. Hostile input is a {@link Rejected}, never an exception.
 *
 * @param <R> the input as the face received it
 */
public interface Gate<R> {
  /** Names this gate and its rules; every record says which gate admitted it. */
  GateId id();

  /** Says where the keys come from with which this gate checks signatures. */
  KeySource keySource();

  /** Judges {@code input} as of {@code now}. The same input, keys and time give the same answer. */
  Admission judge(R input, Instant now);
}
