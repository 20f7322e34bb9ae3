/**
 * Resumable streams under a server made with the official Java SDK of MCP, which stays as it is.
 *
 * <pre>
 *   ResumableServlet ─┐                 ┌─ McpServer of the SDK ── tools, resources, prompts
 *   ResumableHandler ─┴► HttpCall       │            │
 *                          │      request│            │message
 *                          ▼             │            ▼
 *                    StreamableHttp ─► Sessions ─► LiveStream ─ append ─► McpEventStore
 *                          ▲                          │  recent, or replay   │
 *                          └── HttpAnswer ◄─ Connection ◄────────────────────┘
 * </pre>
 *
 * <p>Every message is in the store before it is on the wire, and a connection is no more than a
 * reader of its stream: where it has read to is all that it knows. So a lost connection loses
 * nothing, a second one continues where the client says it is, and a second process takes up the
 * sessions of the first.
 *
 * <p>Read {@link ResumableTransport} first. HTTP itself is spoken by the two faces alone; reactive
 * types stop at the SDK's own interfaces.
 */
@NullMarked
package dev.stele.mcp.sdk;

import org.jspecify.annotations.NullMarked;
