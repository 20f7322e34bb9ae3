/**
 * The ledger as a table that any SQLite tool can read.
 *
 * <pre>
 *   log events of "ledger" ──LedgerTable, in the log's own transaction──► ledger_events
 *                          ◄──TableAudit, row by row──────────────────────┘
 * </pre>
 *
 * <p>The table is derived: it can be emptied and replayed, and nothing is ever read back from it
 * but to be compared. Depends on {@code event}, {@code gate}, {@code core} and the SQLite engine.
 */
@NullMarked
package dev.stele.ledger.view;

import org.jspecify.annotations.NullMarked;
