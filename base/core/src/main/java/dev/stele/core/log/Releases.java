package dev.stele.core.log;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.VerifierKey;
import java.util.List;
import java.util.OptionalLong;

/**
 * Finds up to which time a log has released claims: what its own receipts say, newest first. A log
 * that has released none has all its receipts looked through, once, and nothing else of it.
 */
final class Releases {
  /** No claim was released. */
  static final long NONE = Long.MIN_VALUE;

  /** How many receipts are looked through at once; the engine bounds their bytes. */
  private static final int PAGE = 64;

  private Releases() {}

  /** The time of the last release, in milliseconds since the epoch, or {@link #NONE}. */
  static long last(LogEngine engine, LogId log, VerifierKey key) {
    IndexKey stream = LogReader.streamKey(Receipt.STREAM);
    long end = engine.lastRevision(log, stream);
    while (end > 0) {
      long begin = Math.max(0, end - PAGE);
      long found = NONE;
      for (long after = begin; after < end; ) {
        List<Row> rows = engine.readStream(log, stream, after, (int) (end - after));
        if (rows.isEmpty()) {
          break;
        }
        for (Row row : rows) {
          after = EventRecord.revision(row.record());
          found = Math.max(found, of(row, key).orElse(NONE));
        }
      }
      if (found != NONE) {
        return found;
      }
      end = begin;
    }
    return NONE;
  }

  /** The time up to which a row releases claims, if that is what it does. */
  static OptionalLong of(Row row, VerifierKey key) {
    StoredEvent event = new StoredEvent(row.link(), row.record(), row.body());
    return event.stream().equals(Receipt.STREAM)
            && event.type().equals(Receipt.RELEASED)
            && event.payload().isPresent()
            && Receipt.open(event.payload().get(), key)
                instanceof Parsed.Value<Receipt>(Receipt.Released released)
        ? OptionalLong.of(released.recordedBeforeMillis())
        : OptionalLong.empty();
  }
}
