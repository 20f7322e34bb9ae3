/**
 * Which events a store shows, how they are found, and what they come to.
 *
 * <pre>
 *   log ──NostrView──► nostr_events   one row for each visible event; by id, time, kind, author
 *          │           nostr_tags     by the value of a tag of one letter
 *          │           nostr_texts    the events themselves
 *          │           nostr_heads    the newest version of what can be replaced
 *          │           nostr_tombstones · nostr_expirations
 *          └─appears, goes─► Part ─┬─► RelayHints   relay_hints    where an author is to be found
 *                                  ├─► Graph        graph_nodes    who is how far from the owner
 *                                  ├─► Aggregates   aggregates     replies, reactions, zaps
 *                                  └─► Search       search_*       which events have which words
 *   nostr.progress ────────────────► SyncState      sync_state     how far each relay was read
 *
 *   filters ──► Question ──Planner──► cursors ──merged──► events, newest first, page by page
 * </pre>
 *
 * <p>One transaction moves all tables. Start with {@link dev.stele.nostr.view.NostrView}. The
 * readers of parts are static and take any {@link dev.stele.core.view.TableReader}. Depends on
 * {@code event}, {@code filter}, {@code gate} and {@code core}; reads no clock.
 */
@NullMarked
package dev.stele.nostr.view;

import org.jspecify.annotations.NullMarked;
