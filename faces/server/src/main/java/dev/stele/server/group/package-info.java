/**
 * Persistent subscriptions: consumer groups that share the events of a log.
 *
 * <pre>
 *   HTTP ──► ConsumerGroups ──► ConsumerGroup   leases, in memory
 *                 │ notes
 *                 ▼
 *   log, stream "consumer-groups" ──► GroupsView   cursors, what is done, what is parked
 * </pre>
 */
@NullMarked
package dev.stele.server.group;

import org.jspecify.annotations.NullMarked;
