package dev.stele.nostr.gate;

import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.nostr.event.SyncProgress;
import java.time.Instant;
import java.util.List;

/**
 * Admits a sync's word of how far it has read a relay, as the sync writes it; nobody signs it.
 *
 * <p>Code of refusal: {@code in-the-future}, for what was said later than now. Thread-safe.
 */
public final class ProgressGate implements Gate<SyncProgress> {
  /** The stream of all progress. */
  public static final String STREAM = "nostr/progress";

  private static final GateId ID = new GateId("nostr-progress", 1);

  /** What a record says of progress that this gate has admitted. */
  public static final String ADMITTED_BY = ID.toString();

  /** A gate; all are alike. */
  public ProgressGate() {}

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(SyncProgress progress, Instant now) {
    if (progress.updatedAt() > now.getEpochSecond()) {
      return new Rejected(
          "in-the-future",
          "progress of %d cannot be told at %d"
              .formatted(progress.updatedAt(), now.getEpochSecond()));
    }
    return new Admitted(
        ID, new EventDraft(STREAM, SyncProgress.TYPE, "", progress.write(), List.of(), ""));
  }
}
