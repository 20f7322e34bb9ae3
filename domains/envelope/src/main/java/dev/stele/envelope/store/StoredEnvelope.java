package dev.stele.envelope.store;

import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.view.StoredEnvelopes;
import java.time.Instant;

/**
 * An envelope as the store keeps it. Immutable; its bytes are shared with nobody.
 *
 * <p>It was verified before it was stored. Whoever trusts neither the store nor its disk verifies
 * {@link #wire} again.
 */
public final class StoredEnvelope {
  private final long position;
  private final Instant recordedAt;
  private final byte[] wire;

  StoredEnvelope(long position, Instant recordedAt, byte[] wire) {
    this.position = position;
    this.recordedAt = recordedAt;
    this.wire = wire;
  }

  /** Where it is in the log. */
  public long position() {
    return position;
  }

  /** When the log recorded it. */
  public Instant recordedAt() {
    return recordedAt;
  }

  /** Its bytes, in the one spelling in which envelopes are stored. A copy. */
  public byte[] wire() {
    return wire.clone();
  }

  /** The envelope, read from its bytes anew. */
  public SignedEnvelope envelope() {
    return StoredEnvelopes.read(wire);
  }

  @Override
  public String toString() {
    return "StoredEnvelope[position=%d, %d bytes]".formatted(position, wire.length);
  }
}
