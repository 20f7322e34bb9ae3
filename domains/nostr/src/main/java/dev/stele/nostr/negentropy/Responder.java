package dev.stele.nostr.negentropy;

/**
 * The side that is asked, a relay: answers each message by itself and remembers nothing in between.
 * Immutable.
 */
public final class Responder {
  private final Reconciliation reconciliation;

  private Responder(ItemTree items, int maxMessageBytes) {
    this.reconciliation = new Reconciliation(items, maxMessageBytes);
  }

  /** Returns a responder that speaks for {@code items}, in messages of at most 60,000 bytes. */
  public static Responder of(ItemTree items) {
    return of(items, Reconciliation.DEFAULT_MESSAGE_BYTES);
  }

  /**
   * Returns a responder that speaks for {@code items}.
   *
   * @param maxMessageBytes the longest answer it gives; what does not fit is left to further rounds
   * @throws IllegalArgumentException if {@code maxMessageBytes} is below 4,096
   */
  public static Responder of(ItemTree items, int maxMessageBytes) {
    return new Responder(items, maxMessageBytes);
  }

  /** What came of a message. */
  public sealed interface Answer {}

  /**
   * The answer to send.
   *
   * @param bytes not copied
   */
  public record Message(byte[] bytes) implements Answer {}

  /**
   * The message was none of the protocol's; nothing has been answered.
   *
   * @param reason a sentence for a human
   */
  public record Refused(String reason) implements Answer {}

  /**
   * Answers one message. A message of a later version is answered with the byte of ours.
   *
   * <p>Takes time in proportion to the message and the answer, and O(log n) for each range.
   */
  public Answer answer(byte[] message) {
    try {
      return new Message(reconciliation.answer(message));
    } catch (BadMessage e) {
      return new Refused(e.reason());
    }
  }
}
