package dev.stele.core.engine;

/**
 * A signed checkpoint as an engine keeps it.
 *
 * @param size the tree size it speaks of
 * @param note the bytes of the signed note, shared, never written to
 */
public record StoredCheckpoint(long size, byte[] note) {}
