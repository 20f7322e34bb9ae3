/**
 * The record of MCP traffic: what an agent asked for and what it was told, in a log.
 *
 * <pre>
 *   client ──► proxy ──► server          bytes pass as they are, once they are in the log
 *                │
 *        Redaction ─► TrafficRecorder ─► EventLog     mcp-traffic/SESSION, one event a message
 *                                           │
 *                    Calls ◄────────────────┤         request and answer paired: one line a call
 *                    Evidence ◄─────────────┘         events, proofs, checkpoint, a page that checks
 * </pre>
 *
 * <p>It asks nothing of the protocol's revision: sessions are told apart where there are some, and
 * stateless traffic is one session of a name that the proxy gives. The proxies themselves,
 * processes and sockets, are in the command line.
 */
@NullMarked
package dev.stele.mcp.record;

import org.jspecify.annotations.NullMarked;
