package dev.stele.mcp.store;

import dev.stele.mcp.event.McpScope;
import java.time.Instant;

/**
 * A stream that was begun and not completed.
 *
 * @param scope whose
 * @param stream its name
 * @param lastEventId the id of its last event
 * @param lastEventAt when that was appended
 */
public record McpOpenStream(
    McpScope scope, String stream, String lastEventId, Instant lastEventAt) {}
