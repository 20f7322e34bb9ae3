/**
 * A ledger of signed events in one SQLite file: five lines to embed, nothing to run.
 *
 * <pre>
 *   append(type, payload) ──sign──┐
 *   append(signed event) ──gate──►├─ lock: previous hash = head? key still good? ──submit──► EventLog
 *   registerKey, revokeKey ──────►┘  (held to decide, not to sync)                              │
 *                                                                 stream "ledger"       events ◄┤
 *                                                                 stream "ledger-keys"  keys   ◄┤
 *                                                                 table ledger_events   a view ◄┘
 * </pre>
 *
 * <p>Read {@link dev.stele.ledger.EventLedger} first. Depends on {@code crypto}, {@code core} and
 * the SQLite engine, so that who embeds it gets nothing else.
 */
@NullMarked
package dev.stele.ledger;

import org.jspecify.annotations.NullMarked;
