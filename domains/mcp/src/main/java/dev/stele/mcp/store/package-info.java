/**
 * The store of resumable streams.
 *
 * <pre>
 *   McpEventStores.open ─► McpEventStore
 *
 *   McpEventStore ── append ─► McpAppend     Appended | Refused | SessionEnded | StreamCompleted | ReadOnly
 *                 ── replayAfter ─► McpReplay  Open | Complete | Unknown | Expired
 *                 ── put/get/endSession ─► McpSessionState  Live | Ended | Unknown
 * </pre>
 *
 * <p>Read {@link dev.stele.mcp.store.McpEventStore} first. Depends on {@code event}, {@code gate}
 * and {@code core}; which engine is below is for the class path to say.
 */
@NullMarked
package dev.stele.mcp.store;

import org.jspecify.annotations.NullMarked;
