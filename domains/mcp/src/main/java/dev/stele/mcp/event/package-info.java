/**
 * What the store is about: whose streams, what is in them, and how a place in one is named.
 *
 * <pre>
 *   McpScope (tenant, user, session) ─┐
 *   stream name ──────────────────────┼─► McpEventId  token.sequence, header-safe ASCII
 *   revision in that stream ──────────┘
 *   McpMessage = Json (one JSON-RPC object or batch, byte for byte) | Priming (a cursor)
 * </pre>
 */
@NullMarked
package dev.stele.mcp.event;

import org.jspecify.annotations.NullMarked;
