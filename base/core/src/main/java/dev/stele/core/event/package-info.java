/**
 * Events before and after the log, and the bytes a record is made of.
 *
 * <pre>
 *   EventDraft ──admitted by a gate──► log ──► StoredEvent
 *     stream, type, id                          + position, revision, recordedAt, admittedBy
 *     payload, claims, subject                  + previous link, link
 *
 *   record(n)  what the chain and the tree hash:  position, previous link, body hash, names
 *   body(n)    what may be erased:                salt, subject, claims, payload
 *              body hash = SHA-256(body), the salt is its first 16 bytes
 * </pre>
 *
 * <p>Read {@link dev.stele.core.event.StoredEvent} first. The byte layouts are specified in {@code
 * docs/format/record.md}. This package may depend on nothing but {@code crypto}.
 */
@NullMarked
package dev.stele.core.event;

import org.jspecify.annotations.NullMarked;
