/**
 * Set reconciliation (NIP-77, Negentropy v1): two sides find which events each of them lacks, in a
 * few messages whose size grows with the difference and not with the sets.
 *
 * <pre>
 *   Initiator ── start ──────────► message ──► Responder.answer ─┐
 *       ▲                                                        │
 *       └── receive ◄── message ◄────────────────────────────────┘
 *            Next(message) · Done, and each time: ids only we have, ids only they have
 *
 *   both read an ItemTree: (created_at, id) in order, a fingerprint of any range in O(log n)
 * </pre>
 *
 * <p>A message is a list of ranges. Of a range it says nothing (skip), a fingerprint, or all ids.
 * Ranges whose fingerprints agree are skipped; others are split in sixteen, and small ones listed.
 *
 * <p>Read {@link dev.stele.nostr.negentropy.ItemTree} first. Nothing here does I/O. Depends on
 * {@code event} and {@code dev.stele.crypto}.
 */
@NullMarked
package dev.stele.nostr.negentropy;

import org.jspecify.annotations.NullMarked;
