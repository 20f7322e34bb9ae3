/**
 * An embedder of the ledger: one ledger per node, the same signed events in each, heads compared.
 *
 * <pre>
 *   source signs a chain ──► node-1.db  node-2.db  node-3.db
 *                            equal chain heads: every node holds the same history
 * </pre>
 */
@NullMarked
package dev.stele.example;

import org.jspecify.annotations.NullMarked;
