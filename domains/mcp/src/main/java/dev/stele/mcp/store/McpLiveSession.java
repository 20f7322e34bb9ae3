package dev.stele.mcp.store;

import dev.stele.mcp.event.McpScope;
import java.time.Instant;

/**
 * A session that was put and not ended.
 *
 * @param scope whose
 * @param protocolVersion the revision that was agreed on
 * @param since when it was first put
 * @param lastEventAt when something was last appended to a stream of it, or when it was put
 */
public record McpLiveSession(
    McpScope scope, String protocolVersion, Instant since, Instant lastEventAt) {}
