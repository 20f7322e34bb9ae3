package dev.stele.core.gate;

/**
 * Input that a gate refused.
 *
 * @param code a stable word for programs, such as {@code bad-signature}
 * @param reason one sentence for people, saying what was found and what was expected
 */
public record Rejected(String code, String reason) implements Admission {}
