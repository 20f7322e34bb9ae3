/**
 * What may join the log of an MCP event store: by shape and size, for nobody signs it.
 *
 * <pre>
 *   McpGate.Input  Message · Priming · Completion · Session · SessionEnd
 *        │
 *        ▼ JsonRpcShape: one object or batch of JSON-RPC 2.0, UTF-8, bounded in depth and size
 *   Admitted by mcp/1, bytes as they came, no claims │ Rejected(code, reason)
 * </pre>
 *
 * <p>{@link dev.stele.mcp.gate.McpAuditor} checks the same of what is stored. Depends on {@code
 * event} and a JSON tokenizer.
 */
@NullMarked
package dev.stele.mcp.gate;

import org.jspecify.annotations.NullMarked;
