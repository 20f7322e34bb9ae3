/**
 * {@code stele bench}: how fast the product is, against what the machine itself can do.
 *
 * <pre>
 *   family ──► Row ──► Scene: our Side, and the bare ones
 *                        │
 *              Harness: A B A B rounds, in one process, on one disk ──► Result ──► table, JSON lines
 * </pre>
 *
 * <p>A figure alone says little: machines differ, and a shared one differs from minute to minute.
 * So every row runs in turns with the bare primitive it cannot beat (a write with its sync, a hash,
 * a check of a signature), and what is reported first is the ratio of the medians. A durable figure
 * is only ever compared with a durable one. Read {@link dev.stele.bench.Harness} first. Families:
 * appends, verification, reads, opening, proofs, the ledger, and the table of five thousand events.
 */
@NullMarked
package dev.stele.bench;

import org.jspecify.annotations.NullMarked;
