/**
 * Judges Nostr events, when they come in and again when the log is verified.
 *
 * <pre>
 *   JSON text ──► NostrGate ──► Admitted (id claimed) · Transient (ephemeral kinds) · Rejected
 *   stored payload ──► NostrAuditor ──► the same checks, from the stored bytes
 *   a time ──► SweepGate ──► Admitted: what expired until then may be dropped
 *   how far a sync is ──► ProgressGate ──► Admitted: cursors move
 *   what a store is told ──► SettingsGate ──► Admitted: whose it is, and where it is served
 * </pre>
 *
 * <p>The keys come from the events themselves: a signature says who wrote an event, and nothing of
 * whether that key is to be trusted. Depends on {@code event} and {@code core}.
 */
@NullMarked
package dev.stele.nostr.gate;

import org.jspecify.annotations.NullMarked;
