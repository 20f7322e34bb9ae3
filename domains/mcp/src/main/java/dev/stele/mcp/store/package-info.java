/**
 * The store of resumable streams.
 *
 * <pre>
 *   McpEventStore ── append ─► McpAppend     Appended | Refused | SessionEnded | StreamCompleted | ReadOnly
 *                 ── replayAfter ─► McpReplay  Open | Complete | Unknown | Expired
 *                 ── put/get/endSession ─► McpSessionState  Live | Ended | Unknown
 * </pre>
 */
@NullMarked
package dev.stele.mcp.store;

import org.jspecify.annotations.NullMarked;
