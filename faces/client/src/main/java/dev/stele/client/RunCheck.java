package dev.stele.client;

import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.SignedCheckpoint;
import java.util.List;

/** What came of asking for events in their order, and the proof of them. */
public sealed interface RunCheck {
  /**
   * The events are those the log has signed, without a gap. One without a payload was erased, and
   * the log has signed that it was.
   *
   * @param events in order of position; empty when everything that is signed for was given
   * @param against the trusted checkpoint that covers them
   */
  record Verified(List<CheckedEvent> events, SignedCheckpoint against) implements RunCheck {
    /** Copies the list. */
    public Verified {
      events = List.copyOf(events);
    }
  }

  /**
   * The log has forgotten what was asked for, with a signed receipt. Go on behind it.
   *
   * @param upTo the last event that was trimmed
   */
  record Trimmed(long upTo) implements RunCheck {}

  /**
   * The server is not believed.
   *
   * @param why what is wrong
   */
  record Distrusted(Distrust why) implements RunCheck {}
}
