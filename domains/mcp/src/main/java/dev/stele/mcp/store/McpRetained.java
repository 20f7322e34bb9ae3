package dev.stele.mcp.store;

/**
 * What retention has done.
 *
 * @param streams from how many streams events were erased
 * @param events how many events those were
 * @param receipts how many signed receipts say so
 * @param trimmed how many events of the log's beginning were dropped whole, all of them erased
 *     before
 */
public record McpRetained(long streams, long events, long receipts, long trimmed) {}
