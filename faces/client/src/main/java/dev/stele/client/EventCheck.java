package dev.stele.client;

/** What came of asking for one event and its proof. */
public sealed interface EventCheck {
  /**
   * The event is the one the log has signed. If it has no payload it was erased, and the log has
   * signed that it was.
   *
   * @param proven the event, and what it was held against
   */
  record Verified(ProvenEvent proven) implements EventCheck {}

  /**
   * The log has not signed for that position: there is no such event, or witnesses have not signed
   * for it yet.
   *
   * @param position what was asked for
   * @param signedSize how many events are signed for
   */
  record NotSignedYet(long position, long signedSize) implements EventCheck {}

  /**
   * The log has forgotten the event, with a signed receipt.
   *
   * @param upTo the last event that was trimmed
   */
  record Trimmed(long upTo) implements EventCheck {}

  /**
   * The server is not believed.
   *
   * @param why what is wrong
   */
  record Distrusted(Distrust why) implements EventCheck {}
}
