/**
 * What the server itself admits.
 *
 * <pre>
 *   ConsumerGroups ── Note ──► GroupGate ──► Admitted ──► the log's stream "consumer-groups"
 * </pre>
 */
@NullMarked
package dev.stele.server.gate;

import org.jspecify.annotations.NullMarked;
