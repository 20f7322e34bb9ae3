package dev.stele.envelope.store;

import dev.stele.core.log.LogHealth;
import dev.stele.core.view.ViewStatus;
import java.util.List;
import java.util.Optional;

/**
 * How a store is.
 *
 * @param origin the log's name
 * @param events how many events its log has, receipts and key acts among them
 * @param keys how many keys are registered, revoked ones among them
 * @param log what is proven of the log
 * @param views how far its views are
 * @param blobs how the envelopes beside the authority are, in a hybrid store
 */
public record StoreStats(
    String origin,
    long events,
    int keys,
    LogHealth log,
    List<ViewStatus> views,
    Optional<BlobHealth> blobs) {
  /** Whether nothing is to be looked after. */
  public boolean isOk() {
    return log.isOk() && blobs.flatMap(BlobHealth::degraded).isEmpty();
  }
}
