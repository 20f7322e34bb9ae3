/**
 * Signed envelopes: made, read, and written in one way.
 *
 * <pre>
 *   EnvelopeDraft ──EnvelopeMaker──► Created ──sign──┐
 *                                                    ▼
 *   wire bytes ──EnvelopeReader──► Parsed ──► SignedEnvelope ──wire──────────────► wire bytes
 *                 ReadingRules                  header          ──canonicalHeader──► what is signed
 *                                               payload         ──canonicalPayload─► what payload_hash is of
 *                                               signature, key  ──hash─────────────► its identity
 * </pre>
 *
 * <p>Read {@code SignedEnvelope} first. Reading decides the shape alone; who signed and whether
 * that counts is asked in {@code gate}. The bytes are specified in {@code docs/format/envelope.md}.
 * Depends on {@code crypto} and {@code core} alone.
 */
@NullMarked
package dev.stele.envelope.event;

import org.jspecify.annotations.NullMarked;
