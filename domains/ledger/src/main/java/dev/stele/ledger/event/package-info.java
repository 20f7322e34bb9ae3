/**
 * What a ledger keeps: signed events and the acts of their keys, and the bytes of both.
 *
 * <pre>
 *   CanonicalEvent ──EventSigner──► SignedEvent ──encode──► the payload of a log event
 *     id, type, time,                 + salt, key id, previous hash
 *     source, sequence, payload       + event hash = BLAKE3(label ‖ fields), signature over it
 *
 *   KeyAct ──signed note──► the payload of an event in stream "ledger-keys"
 * </pre>
 *
 * <p>Read {@link dev.stele.ledger.event.SignedEvent} first. The bytes are specified in {@code
 * docs/format/ledger-event.md}. Depends on {@code crypto} and {@code core} alone.
 */
@NullMarked
package dev.stele.ledger.event;

import org.jspecify.annotations.NullMarked;
