package dev.stele.ledger;

/**
 * What a ledger counted since it was opened.
 *
 * @param ledgerEventsAppendedTotal events appended
 * @param ledgerStartupChecksTotal checks on opening
 * @param ledgerCorruptionDetectionsTotal checks that found a fault, on opening or later
 * @param ledgerAppendsRefusedTotal appends that were refused, for whatever reason
 */
public record LedgerMetrics(
    long ledgerEventsAppendedTotal,
    long ledgerStartupChecksTotal,
    long ledgerCorruptionDetectionsTotal,
    long ledgerAppendsRefusedTotal) {}
