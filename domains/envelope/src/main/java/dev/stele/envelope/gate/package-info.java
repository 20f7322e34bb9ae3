/**
 * Judges envelopes, when they come in and again when the log is verified.
 *
 * <pre>
 *   wire bytes ──► EnvelopeGate ──► Admitted: four claims · Rejected(category, reason)
 *                    │ EnvelopeVerifier: shape, keys, time, signature, hash
 *                    └ EnvelopeKeyRegistry ◄──replay── stream "envelope-keys" ◄── EnvelopeKeyGate
 *   stored payload ──► EnvelopeAuditor ──► the same checks, from the stored bytes
 * </pre>
 *
 * <p>Read {@code EnvelopeVerifier} first. Depends on {@code event} and {@code core}.
 */
@NullMarked
package dev.stele.envelope.gate;

import org.jspecify.annotations.NullMarked;
