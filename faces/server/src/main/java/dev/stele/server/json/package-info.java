/**
 * How requests and events are spelled in JSON.
 *
 * <pre>
 *   bytes ── JsonReading ──► maps and lists      bytes ── AppendJson ──► items to be judged
 *   StoredEvent ── EventJson ──► bytes
 * </pre>
 */
@NullMarked
package dev.stele.server.json;

import org.jspecify.annotations.NullMarked;
