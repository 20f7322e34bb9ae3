package dev.stele.envelope.store;

/**
 * One envelope leads to another.
 *
 * @param parentId the id of the one
 * @param childId the id of the other
 * @param relation in the caller's words, 1 to 64 bytes
 */
public record EnvelopeLink(String parentId, String childId, String relation) {}
