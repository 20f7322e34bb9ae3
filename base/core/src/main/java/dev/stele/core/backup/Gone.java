package dev.stele.core.backup;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a log's receipts say is gone: which bodies, and how many of the first events. A receipt that
 * the log's key has not signed says nothing. One thread at a time.
 */
final class Gone {
  private static final byte[] STREAM = Receipt.STREAM.getBytes(StandardCharsets.UTF_8);
  private static final int PAGE = 64;

  private final VerifierKey key;

  /** Erased positions: the last of each range by its first. Receipts never name one twice. */
  private final TreeMap<Long, Long> erased = new TreeMap<>();

  private long trimmed;
  private long lastReceipt;

  Gone(VerifierKey key) {
    this.key = key;
  }

  /** What all receipts say that stand in a log now, up to a position. */
  static Gone in(LogEngine engine, LogId log, VerifierKey key, long upTo) {
    Gone gone = new Gone(key);
    IndexKey stream = IndexKey.ofStream(STREAM);
    long last = engine.lastRevision(log, stream);
    for (long after = 0; after < last; ) {
      List<Row> rows = engine.readStream(log, stream, after, (int) Math.min(PAGE, last - after));
      if (rows.isEmpty()) {
        break;
      }
      for (Row row : rows) {
        after = EventRecord.revision(row.record());
        if (row.position() <= upTo) {
          gone.add(row);
        }
      }
    }
    return gone;
  }

  /** Whether a record is of the stream of receipts. */
  static boolean isReceipt(byte[] record) {
    return java.util.Arrays.equals(EventRecord.streamBytes(record), STREAM);
  }

  /** The receipt that a row of their stream is, if the log's key has signed it. */
  static Optional<Receipt> receiptIn(Row row, VerifierKey key) {
    return new StoredEvent(row.link(), row.record(), row.body())
        .payload()
        .map(note -> Receipt.open(note, key))
        .flatMap(
            parsed ->
                switch (parsed) {
                  case Parsed.Value<Receipt>(Receipt receipt) -> Optional.of(receipt);
                  case Parsed.Malformed<Receipt> _ -> Optional.empty();
                });
  }

  /** Takes up what a row says, if it is a receipt. */
  void add(Row row) {
    receiptIn(row, key).ifPresent(receipt -> add(row, receipt));
  }

  private void add(Row row, Receipt receipt) {
    switch (receipt) {
      case Receipt.Erased names -> {
        for (Receipt.ErasedRange range : names.ranges()) {
          erased.put(range.range().first(), range.range().last());
        }
        lastReceipt = Math.max(lastReceipt, row.position());
      }
      case Receipt.Trimmed names -> {
        trimmed = Math.max(trimmed, names.upTo());
        lastReceipt = Math.max(lastReceipt, row.position());
      }
      case Receipt.Released _, Receipt.Rewound _ -> {}
    }
  }

  /** Where the last receipt stands for which anything went, 0 where there is none. */
  long lastReceipt() {
    return lastReceipt;
  }

  /** How many of the first events were trimmed. */
  long trimmed() {
    return trimmed;
  }

  /** Whether a receipt says that a body is gone. */
  boolean erased(long position) {
    Map.Entry<Long, Long> range = erased.floorEntry(position);
    return range != null && range.getValue() >= position;
  }

  /** How many of some neighbouring events have no body any more, whether or not they are there. */
  long erasedIn(PositionRange positions) {
    long count = 0;
    for (Map.Entry<Long, Long> range : erased.headMap(positions.last(), true).entrySet()) {
      long first = Math.max(range.getKey(), positions.first());
      long last = Math.min(range.getValue(), positions.last());
      count += Math.max(0, last - first + 1);
    }
    return count;
  }
}
