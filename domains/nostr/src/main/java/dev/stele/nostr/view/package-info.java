/**
 * Which events a store shows, and how they are found.
 *
 * <pre>
 *   log ──NostrView──► nostr_events   one row for each visible event; by id, time, kind, author
 *          │           nostr_tags     by the value of a tag of one letter
 *          │           nostr_texts    the events themselves
 *          │           nostr_heads    the newest version of what can be replaced
 *          │           nostr_tombstones · nostr_expirations
 *          └─appears, goes──► Part    further tables, in the same transaction
 *
 *   filters ──► Question ──Planner──► cursors ──merged──► events, newest first, page by page
 * </pre>
 *
 * <p>Start with {@link NostrView}. Depends on {@code event}, {@code filter}, {@code gate} and
 * {@code core}; reads no clock.
 */
@NullMarked
package dev.stele.nostr.view;

import org.jspecify.annotations.NullMarked;
