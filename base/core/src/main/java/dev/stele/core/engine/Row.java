package dev.stele.core.engine;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event as an engine stores it. The arrays are shared, not copied, and are never written to.
 *
 * @param position the event's position, from 1
 * @param link the 32-byte link of {@code record}
 * @param record what chain and tree commit to; its layout is {@code EventRecord}'s
 * @param body the erasable part, or null when it was erased
 * @param keys the index keys of the event's claims, 16 bytes each, in the claims' order; they stay
 *     after an erase, so that an erased event cannot be appended again
 */
public record Row(long position, byte[] link, byte[] record, byte @Nullable [] body, byte[] keys) {
  /** Length of one index key. */
  public static final int KEY_BYTES = 16;

  /** About how much memory the row takes, for bounds. */
  public long sizeBytes() {
    return 96L + link.length + record.length + (body == null ? 0 : body.length) + keys.length;
  }

  /**
   * The index keys of those claims that expire by the record or can be released: the ones that
   * leave the index when the row is trimmed, which it is only once they are held no more.
   */
  public List<IndexKey> expiringKeys() {
    List<IndexKey> expiring = new ArrayList<>();
    for (int number = 0; number * KEY_BYTES < keys.length; number++) {
      if (EventRecord.claimExpiresAtMillis(record, number) != Claim.NEVER) {
        expiring.add(IndexKey.of(keys, number * KEY_BYTES));
      }
    }
    return expiring;
  }
}
