package dev.stele.nostr.relay;

import dev.stele.nostr.event.EventJson;
import java.time.Duration;

/**
 * The bounds of a relay, each of which NIP-11 tells the client. Immutable.
 *
 * @param maxFrameBytes of one frame in UTF-8, at most {@link EventJson#MAX_TEXT_BYTES}
 * @param maxSubscriptions open at once on one connection
 * @param maxFilters in one request
 * @param maxLimit the most events that one filter is answered with, whatever it asks
 * @param defaultLimit the same for a filter that says nothing
 * @param maxReconciliations open at once on one connection (NIP-77)
 * @param maxReconciledEvents in one reconciliation; more is refused, as half a set would mislead
 * @param maxWaitingEvents live events that wait for one connection; a slower one is dropped
 * @param pieceEvents sent of a scan before other work gets its turn
 * @param authWindow how far the date of an AUTH event may be off, either way (NIP-42)
 */
public record RelayLimits(
    int maxFrameBytes,
    int maxSubscriptions,
    int maxFilters,
    int maxLimit,
    int defaultLimit,
    int maxReconciliations,
    int maxReconciledEvents,
    int maxWaitingEvents,
    int pieceEvents,
    Duration authWindow) {
  /** In characters (NIP-01). */
  public static final int MAX_SUBSCRIPTION_ID_CHARS = 64;

  /**
   * What relays are run with where nothing is said: 512 KiB a frame, twice the longest event seen
   * in public; 200 subscriptions and 100 filters, which clients with many lists come near; 5,000
   * events a filter, 500 unasked; 8 reconciliations of 500,000 events, 20 MB each; 4,096 waiting
   * events, some seconds of a busy relay; pieces of 200, which take milliseconds; ten minutes.
   */
  public static final RelayLimits DEFAULT =
      new RelayLimits(
          512 * 1024, 200, 100, 5_000, 500, 8, 500_000, 4_096, 200, Duration.ofMinutes(10));

  /**
   * Makes limits.
   *
   * @throws IllegalArgumentException if one is below 1 or the frame above its bound
   */
  public RelayLimits {
    if (maxFrameBytes > EventJson.MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(
          "a frame has at most " + EventJson.MAX_TEXT_BYTES + " bytes, not " + maxFrameBytes);
    }
    int least =
        Math.min(
            Math.min(Math.min(maxFrameBytes, maxSubscriptions), Math.min(maxFilters, maxLimit)),
            Math.min(
                Math.min(defaultLimit, maxReconciliations),
                Math.min(Math.min(maxReconciledEvents, maxWaitingEvents), pieceEvents)));
    if (least < 1) {
      throw new IllegalArgumentException("every limit is at least 1, not " + least);
    }
    if (authWindow.isNegative()) {
      throw new IllegalArgumentException("the window is a length of time, not " + authWindow);
    }
  }
}
