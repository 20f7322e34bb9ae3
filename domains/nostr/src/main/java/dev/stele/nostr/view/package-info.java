/**
 * What the visible events come to: tables that are derived from them and can be built again.
 *
 * <pre>
 *                       ┌─► RelayHints   relay_hints    where an author is to be found
 *   event appears ──────┼─► Graph        graph_nodes    who is how far from the owner
 *   event goes    ──────┼─► Aggregates   aggregates     replies, reactions, zaps of an event
 *                       └─► Search       search_*       which events have which words
 *   nostr.progress ───────► SyncState    sync_state     how far each relay was read
 * </pre>
 *
 * <p>One transaction moves them all. Read {@link dev.stele.nostr.view.Part} first. The readers are
 * static and take any {@link dev.stele.core.view.TableReader}. Depends on {@code event} and {@code
 * core}.
 */
@NullMarked
package dev.stele.nostr.view;

import org.jspecify.annotations.NullMarked;
