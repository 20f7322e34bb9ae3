package dev.stele.nostr.negentropy;

import dev.stele.nostr.event.NostrId;
import java.util.ArrayList;
import java.util.List;

/**
 * The side that asks: sends {@link #opening} and then what {@link #receive} gives, until it is
 * done. Immutable; the set it speaks for does not change under way.
 */
public final class Initiator {
  private final Reconciliation reconciliation;

  private Initiator(ItemTree items, int maxMessageBytes) {
    this.reconciliation = new Reconciliation(items, maxMessageBytes);
  }

  /** Returns an initiator that has {@code items}, and sends messages of at most 60,000 bytes. */
  public static Initiator of(ItemTree items) {
    return of(items, Reconciliation.DEFAULT_MESSAGE_BYTES);
  }

  /**
   * Returns an initiator that has {@code items}.
   *
   * @param maxMessageBytes the longest message it sends
   * @throws IllegalArgumentException if {@code maxMessageBytes} is below 4,096
   */
  public static Initiator of(ItemTree items, int maxMessageBytes) {
    return new Initiator(items, maxMessageBytes);
  }

  /** What came of a message of the other side. */
  public sealed interface Step {}

  /**
   * There is more to find out.
   *
   * @param message to send, not copied
   * @param onlyOurs ids that the other side lacks
   * @param onlyTheirs ids that we lack, by the other side's word
   */
  public record Next(byte[] message, List<NostrId> onlyOurs, List<NostrId> onlyTheirs)
      implements Step {
    /** Makes a step, copying the lists. */
    public Next {
      onlyOurs = List.copyOf(onlyOurs);
      onlyTheirs = List.copyOf(onlyTheirs);
    }
  }

  /**
   * All is found out, with what the steps before have told.
   *
   * @param onlyOurs ids that the other side lacks
   * @param onlyTheirs ids that we lack, by the other side's word
   */
  public record Done(List<NostrId> onlyOurs, List<NostrId> onlyTheirs) implements Step {
    /** Makes the last step, copying the lists. */
    public Done {
      onlyOurs = List.copyOf(onlyOurs);
      onlyTheirs = List.copyOf(onlyTheirs);
    }
  }

  /**
   * The other side does not speak the protocol, or not this version.
   *
   * @param reason a sentence for a human
   */
  public record Failed(String reason) implements Step {}

  /** Returns the first message. */
  public byte[] opening() {
    return reconciliation.opening();
  }

  /**
   * Takes the answer to the last message. A hostile other side can lie about what it has, and can
   * go on for ever: whoever calls this bounds the rounds.
   */
  public Step receive(byte[] message) {
    List<NostrId> onlyOurs = new ArrayList<>();
    List<NostrId> onlyTheirs = new ArrayList<>();
    byte[] next;
    try {
      next =
          reconciliation.answer(
              message,
              new Reconciliation.Difference() {
                @Override
                public void onlyOurs(NostrId id) {
                  onlyOurs.add(id);
                }

                @Override
                public void onlyTheirs(NostrId id) {
                  onlyTheirs.add(id);
                }
              });
    } catch (BadMessage e) {
      return new Failed(e.reason());
    }
    // A version and no range: there is nothing left to ask.
    return next.length == 1 ? new Done(onlyOurs, onlyTheirs) : new Next(next, onlyOurs, onlyTheirs);
  }
}
