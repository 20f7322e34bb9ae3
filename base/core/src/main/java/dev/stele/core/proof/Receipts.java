package dev.stele.core.proof;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the receipts of a log account for: gathered before a verification, because a receipt stands
 * after what it speaks of.
 *
 * <p>The index that leads to them is not trusted: a receipt that it hides leaves bodies that are
 * missing for no reason, and one that it makes up is signed by nobody. Immutable.
 */
final class Receipts {
  static final byte[] STREAM = Receipt.STREAM.getBytes(StandardCharsets.UTF_8);
  static final byte[] ADMITTED_BY = Receipt.ADMITTED_BY.getBytes(StandardCharsets.UTF_8);

  private static final int PAGE = 64;

  private final List<Receipt.ErasedRange> ranges;
  private final Optional<Receipt.Trimmed> trimmed;

  /** Up to which time claims are free, by the position from which on they are. */
  private final NavigableMap<Long, Long> releases;

  private Receipts(
      List<Receipt.ErasedRange> ranges,
      Optional<Receipt.Trimmed> trimmed,
      NavigableMap<Long, Long> releases) {
    this.ranges = ranges;
    this.trimmed = trimmed;
    this.releases = releases;
  }

  /** The receipts that stand after a position: those before it speak of what is before as well. */
  static Receipts after(long position, LogEngine engine, LogId log, VerifierKey key) {
    List<Receipt.ErasedRange> ranges = new ArrayList<>();
    NavigableMap<Long, Long> releases = new TreeMap<>();
    Receipt.@Nullable Trimmed trimmed = null;
    try {
      IndexKey stream = IndexKey.ofStream(STREAM);
      long before = engine.lastRevision(log, stream) + 1;
      boolean reached = false;
      while (before > 1 && !reached) {
        long after = Math.max(0, before - 1 - PAGE);
        for (Row row : readStream(engine, log, stream, after, before - 1)) {
          if (row.position() <= position) {
            reached = true;
            continue;
          }
          Optional<Receipt> receipt = receipt(row, key);
          if (receipt.isEmpty()) {
            continue;
          }
          switch (receipt.get()) {
            case Receipt.Erased erased -> ranges.addAll(erased.ranges());
            case Receipt.Trimmed found -> {
              if (trimmed == null || found.upTo() > trimmed.upTo()) {
                trimmed = found;
              }
            }
            case Receipt.Released found ->
                releases.merge(row.position(), found.recordedBeforeMillis(), Math::max);
            case Receipt.Rewound _ -> {}
          }
        }
        before = after + 1;
      }
    } catch (StorageFailed e) {
      if (!e.damaged()) {
        throw e;
      }
      // Damaged pages are found when their turn comes; what they hide, is missing without receipt.
    }
    ranges.sort(Comparator.comparingLong(range -> range.range().first()));
    return new Receipts(List.copyOf(ranges), Optional.ofNullable(trimmed), rising(releases));
  }

  /** The revisions after one up to another; a read may give fewer than asked for. */
  private static List<Row> readStream(
      LogEngine engine, LogId log, IndexKey stream, long after, long upTo) {
    List<Row> read = new ArrayList<>();
    long got = after;
    while (got < upTo) {
      List<Row> rows = engine.readStream(log, stream, got, (int) (upTo - got));
      if (rows.isEmpty()) {
        return read;
      }
      for (Row row : rows) {
        read.add(row);
        // By the record, as the first may be trimmed; one more at least, whatever it says.
        got = Math.max(got + 1, revisionOf(row));
      }
    }
    return read;
  }

  private static long revisionOf(Row row) {
    return CheckedEvent.read(row.record(), null) instanceof CheckedEvent.Read.Ok(CheckedEvent event)
        ? event.revision()
        : 0;
  }

  /** At each position the latest time that was released up to it. */
  private static NavigableMap<Long, Long> rising(NavigableMap<Long, Long> releases) {
    long latest = Long.MIN_VALUE;
    for (Map.Entry<Long, Long> release : releases.entrySet()) {
      latest = Math.max(latest, release.getValue());
      release.setValue(latest);
    }
    return releases;
  }

  private static Optional<Receipt> receipt(Row row, VerifierKey key) {
    try {
      return CheckedEvent.read(row.record(), row.body())
                  instanceof CheckedEvent.Read.Ok(CheckedEvent event)
              && event.isAdmittedBy(ADMITTED_BY)
              && fault(event, key).isEmpty()
              && Receipt.open(event.payload().orElseThrow(), key)
                  instanceof Parsed.Value<Receipt>(Receipt receipt)
          ? Optional.of(receipt)
          : Optional.empty();
    } catch (StorageFailed e) {
      // A damaged row is found, and placed, when its turn comes.
      return Optional.empty();
    }
  }

  /** What is wrong with an event that stands where only receipts may, or calls itself one. */
  static Optional<Fault> fault(CheckedEvent event, VerifierKey key) {
    Optional<byte[]> payload = event.payload();
    if (!event.isOfStream(STREAM) || !event.isAdmittedBy(ADMITTED_BY) || payload.isEmpty()) {
      return Optional.of(wrong(event, "is no receipt of the log, and stands as one"));
    }
    return switch (Receipt.open(payload.get(), key)) {
      case Parsed.Malformed<Receipt>(String reason) ->
          Optional.of(wrong(event, "is a receipt that proves nothing: " + reason));
      case Parsed.Value<Receipt>(Receipt receipt) ->
          speaksOfThePast(receipt, event) && receipt.type().equals(event.type())
              ? Optional.empty()
              : Optional.of(wrong(event, "is a receipt for what comes after it"));
    };
  }

  private static boolean speaksOfThePast(Receipt receipt, CheckedEvent event) {
    return switch (receipt) {
      case Receipt.Erased erased -> erased.ranges().getLast().range().last() < event.position();
      case Receipt.Trimmed trimmed -> trimmed.upTo() < event.position();
      case Receipt.Released released -> released.recordedBeforeMillis() < event.recordedAtMillis();
      case Receipt.Rewound rewound -> rewound.size() < event.position();
    };
  }

  private static Fault wrong(CheckedEvent event, String what) {
    return new Fault.Signature("event %d %s".formatted(event.position(), what));
  }

  /** How far the log was trimmed: 0 when it was not. */
  long trimmedTo() {
    return trimmed.map(Receipt.Trimmed::upTo).orElse(0L);
  }

  Optional<Receipt.Trimmed> trimmed() {
    return trimmed;
  }

  /** Whether a claim made until a release, at that time, was free for the event at a position. */
  boolean released(long recordedAtMillis, long position) {
    Map.Entry<Long, Long> release = releases.lowerEntry(position);
    return release != null && recordedAtMillis < release.getValue();
  }

  /** Whether a receipt says that the body of this event was dropped. */
  boolean erased(long position) {
    return find(position) >= 0;
  }

  private int find(long position) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Receipt.ErasedRange range = ranges.get(middle);
      if (range.range().first() > position) {
        high = middle - 1;
      } else if (range.range().last() < position) {
        low = middle + 1;
      } else {
        return middle;
      }
    }
    return -1;
  }

  /**
   * Follows erased events in order of position and compares their index keys with what the receipts
   * say was kept. One thread at a time.
   */
  final class Keys {
    private byte[] kept = new byte[0];
    private int following = -1;
    private long next;

    /**
     * Takes the next erased event.
     *
     * @return whether, with this one, a range is complete and its keys are not those of its receipt
     */
    boolean differs(long position, byte[] keys) {
      int range = find(position);
      if (range != following) {
        following = range;
        kept = new byte[0];
        next = range < 0 ? 0 : ranges.get(range).range().first();
      }
      if (range < 0 || position != next) {
        return false;
      }
      next++;
      kept = Receipt.keysHash(kept, position, keys);
      Receipt.ErasedRange receipt = ranges.get(range);
      return position == receipt.range().last() && !Arrays.equals(kept, receipt.keys());
    }
  }
}
