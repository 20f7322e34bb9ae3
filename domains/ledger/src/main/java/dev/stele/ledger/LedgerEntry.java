package dev.stele.ledger;

import dev.stele.ledger.event.SignedEvent;
import java.time.Instant;

/**
 * An event with its place in the ledger.
 *
 * @param seqNo its number, from 1
 * @param position its position in the log, which also holds the key acts
 * @param recordedAt when the log recorded it
 * @param admittedBy the gate that admitted it, such as {@code ledger/1}
 * @param event what was signed
 */
public record LedgerEntry(
    long seqNo, long position, Instant recordedAt, String admittedBy, SignedEvent event) {}
