/**
 * Witnesses: being one, and having some.
 *
 * <pre>
 *   other logs ── add-checkpoint ──► WitnessDesk ──► core's Witness ──► WitnessFolder
 *                                                          └── fork ──► fraud/…-SIZE.fraud-proof
 *   our logs ──► Cosigning ──► witnesses of a policy ── quorum ──► the checkpoint that is served
 *                         └──► a folder of tiles elsewhere
 * </pre>
 */
@NullMarked
package dev.stele.server.witness;

import org.jspecify.annotations.NullMarked;
