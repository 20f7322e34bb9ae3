package dev.stele.client;

import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.VerifierKey;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a log has signed to have forgotten, as far as it was asked for.
 *
 * <p>A receipt is signed with the log's own key, so it needs no path: who shows one that the log
 * never recorded has its key. It is asked for only when something is missing, and only behind what
 * is known already. Thread-safe: all state is guarded by this.
 */
final class SignedReceipts {
  private final Requests requests;
  private final String path;

  /** The last position of each erased range by its first. */
  private final TreeMap<Long, Long> erased = new TreeMap<>();

  private long trimmedTo;
  private long readTo;

  SignedReceipts(Requests requests, String path) {
    this.requests = requests;
    this.path = path;
  }

  /** Tells whether the log has signed that the body of this event was erased. */
  synchronized boolean hasErased(long position, VerifierKey key) throws NotTrusted {
    if (!knowsErased(position)) {
      refresh(key);
    }
    return knowsErased(position);
  }

  private boolean knowsErased(long position) {
    Map.Entry<Long, Long> range = erased.floorEntry(position);
    return range != null && position <= range.getValue();
  }

  /** The last event that the log has signed to have trimmed; 0 where there is none. */
  synchronized long trimmedTo(long atLeast, VerifierKey key) throws NotTrusted {
    if (trimmedTo < atLeast) {
      refresh(key);
    }
    return trimmedTo;
  }

  private void refresh(VerifierKey key) throws NotTrusted {
    try {
      boolean more = true;
      while (more) {
        long askedAfter = readTo;
        JsonObject page =
            requests.getJson(
                path
                    + "/events"
                    + ReadQuery.after(readTo)
                        .limit(ReadQuery.MAX_LIMIT)
                        .ofStream(Receipt.STREAM)
                        .parameters());
        for (JsonObject event : page.objects("events")) {
          readTo = Math.max(readTo, event.count("position"));
          Optional<byte[]> note = event.optionalBase64("payload");
          if (note.isPresent()
              && Receipt.open(note.get(), key) instanceof Parsed.Value<Receipt>(Receipt receipt)) {
            take(receipt);
          }
        }
        // A page that does not get on would be asked for again without end.
        long lookedTo = Math.max(readTo, page.count("after"));
        more = page.truth("more") && lookedTo > askedAfter;
        readTo = lookedTo;
      }
    } catch (JsonObject.Unfit e) {
      throw new NotTrusted(new Distrust.Unreadable("the receipts: " + e.reason()));
    }
  }

  private void take(Receipt receipt) {
    switch (receipt) {
      case Receipt.Erased names -> {
        for (Receipt.ErasedRange range : names.ranges()) {
          erased.merge(range.range().first(), range.range().last(), Math::max);
        }
      }
      case Receipt.Trimmed trimmed -> trimmedTo = Math.max(trimmedTo, trimmed.upTo());
      case Receipt.Released _, Receipt.Rewound _ -> {}
    }
  }
}
