/**
 * Gates judge untrusted input and keep no state.
 *
 * <pre>
 *   bytes, key ring, clock ──► Gate.judge ──► Admitted   the only thing a log accepts
 *                                        ├──► Transient  valid, but not meant to be kept
 *                                        └──► Rejected   with a code and a reason
 * </pre>
 *
 * <p>A judgement is a pure function, so it runs on the caller's thread and in parallel. Whatever
 * needs the log's state (is this id taken? is this the next revision?) is a claim, decided by the
 * log. Only code in a package named {@code gate} may make an {@link dev.stele.core.gate.Admitted};
 * a test holds that. Depends on {@code event}, and for the log's own receipts on {@code proof}.
 */
@NullMarked
package dev.stele.core.gate;

import org.jspecify.annotations.NullMarked;
