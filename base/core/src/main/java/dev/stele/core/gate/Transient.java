package dev.stele.core.gate;

/**
 * Valid input that is not meant to be kept, such as an ephemeral event: it may be passed on to
 * whoever listens now, and is never appended.
 *
 * @param reason why it is not kept, for people
 */
public record Transient(String reason) implements Admission {}
