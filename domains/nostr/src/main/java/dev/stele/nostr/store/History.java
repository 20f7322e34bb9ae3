package dev.stele.nostr.store;

import dev.stele.nostr.event.NostrEvent;
import java.util.List;

/**
 * History on its way into a store: more than fits into memory, batch by batch.
 *
 * <pre>
 *   try (History history = store.history()) {
 *     taken = history.append(batch);      // signed, and durable in the log
 *   }                                     // from here on the tables follow
 *   history.outcomes(taken);              // what they came to, once the tables say so
 * </pre>
 *
 * <p>The log comes first: while a history is open the tables rest, and what is appended is neither
 * found nor told to followers, but where somebody asks for it: who queries the store meanwhile
 * waits until the tables have come to the end of the log, and the import shares the machine with
 * them. A crash loses nothing that was appended; the tables go on when the store is opened again.
 *
 * <p>One thread.
 */
public interface History extends AutoCloseable {
  /** What the log made of an event; the tables may have another word. */
  sealed interface Taken {
    /**
     * It is in the log.
     *
     * @param position where
     * @param before whether it was there already
     * @param expiresAt in seconds since 1970 (NIP-40); {@link Long#MAX_VALUE} for never
     */
    record InTheLog(long position, boolean before, long expiresAt) implements Taken {}

    /** It is not, and nothing more will come of it. */
    record Decided(StoreOutcome outcome) implements Taken {}
  }

  /**
   * Appends events that were not there yet, if their ids and signatures hold; also those that are
   * expired, superseded or taken back. Signatures are checked on all cores while the part before is
   * written; commits are shared.
   *
   * <p>A failure leaves open which of them were stored.
   *
   * @param events as many as the caller wants to hold in memory
   * @return one for each, in their order, once those in the log are as durable as the store's
   *     options say
   */
  List<Taken> append(List<NostrEvent> events);

  /**
   * Tells what came of events: whether they are visible, and why not, as of the moment of the call
   * or a little later. Waits until the tables reflect them; call it once the history is closed, or
   * they are kept for this alone.
   *
   * @return one for each, in their order
   */
  List<StoreOutcome> outcomes(List<Taken> taken);

  /** Lets the tables go on. Idempotent. */
  @Override
  void close();
}
