package dev.stele.core.engine;

/**
 * One entry of an engine's index, for the verifier's audit.
 *
 * @param key a claim's or a stream's key
 * @param revision the revision in the stream; 0 for a claim
 * @param position the event's position
 */
public record IndexEntry(IndexKey key, long revision, long position) {}
