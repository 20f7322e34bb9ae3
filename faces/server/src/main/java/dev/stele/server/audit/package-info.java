/**
 * What administrators did.
 *
 * <pre>
 *   face ── Audit.around(principal, act) ──► the log "system", stream "audit": act, act.ended
 * </pre>
 */
@NullMarked
package dev.stele.server.audit;

import org.jspecify.annotations.NullMarked;
