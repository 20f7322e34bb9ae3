/**
 * What a ledger lets in: signed events by their hash and key, key acts by who signed them.
 *
 * <pre>
 *   SignedEvent ──► LedgerGate (KeyRing, Checks) ──► Admitted into "ledger"
 *   signed note ──► KeyGate    (KeyRing, log key) ──► Admitted into "ledger-keys"
 *                                                        │ fold
 *                      KeyRing ◄── KeyRegistry ◄─────────┘
 * </pre>
 *
 * <p>Read {@link dev.stele.ledger.gate.LedgerGate} first. A gate holds a snapshot of the key ring;
 * whether an event's previous hash is the ledger's head is state, and not judged here. Depends on
 * {@code event} and {@code core}.
 */
@NullMarked
package dev.stele.ledger.gate;

import org.jspecify.annotations.NullMarked;
