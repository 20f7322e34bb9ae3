package dev.stele.client;

import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.SignedCheckpoint;

/**
 * An event that was re-computed from its bytes, and what it was held against. Immutable.
 *
 * @param event the event
 * @param against the trusted checkpoint that covers it
 */
public record ProvenEvent(CheckedEvent event, SignedCheckpoint against) {}
