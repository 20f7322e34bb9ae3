/**
 * Following a log by many at once.
 *
 * <pre>
 *   EventLog ──► Broadcast ──► Follower   server-sent events
 *                         └──► Follower   WebSocket
 * </pre>
 */
@NullMarked
package dev.stele.server.follow;

import org.jspecify.annotations.NullMarked;
