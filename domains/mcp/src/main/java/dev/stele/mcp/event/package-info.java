/**
 * What the store is about: whose streams, what is in them, and how a place in one is named.
 *
 * <pre>
 *   McpScope (tenant, user, session) ─┬─► McpStreamName  mcp/TENANT/USER/SESSION/STREAM in the log
 *   stream name ──────────────────────┤
 *   revision in that stream ──────────┴─► McpEventId  token.sequence, header-safe ASCII
 *   McpMessage = Json (one JSON-RPC object or batch, byte for byte) | Priming (a cursor)
 *   McpSessionRow  what the log keeps of a session
 * </pre>
 *
 * <p>Depends on {@code core.event} and hashes alone.
 */
@NullMarked
package dev.stele.mcp.event;

import org.jspecify.annotations.NullMarked;
