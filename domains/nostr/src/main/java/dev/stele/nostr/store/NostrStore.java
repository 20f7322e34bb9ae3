package dev.stele.nostr.store;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.NostrFilter;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keeps Nostr events and finds them.
 *
 * <p>Thread-safe; every method but {@link #follow} and {@link #position} may block, and an
 * interrupt while it waits is a {@link dev.stele.core.engine.StorageFailed} with the flag set. What
 * a disk or a server fails at is that exception too: whether an event was stored is then not known.
 */
public interface NostrStore extends AutoCloseable {
  /**
   * Stores an event once its id, its signature and the rules allow it.
   *
   * <p>An event whose id is known costs neither hash nor signature: the id commits to the event, so
   * that a copy can be no other. A copy of an event that is not visible any more is told why it is
   * not.
   *
   * <p>Whether the author may write here, and what a protected event (NIP-70) needs, is for whoever
   * speaks with the author.
   *
   * @return when the event is durable, and every query from now on reflects it
   */
  StoreOutcome store(NostrEvent event);

  /**
   * Stores events one after another, each as {@link #store} would: they are told the same. Those
   * that do not touch each other share a commit, and their signatures are checked on all cores.
   *
   * <p>A failure leaves open which of them were stored; those before the one that it struck were.
   *
   * @param events as many as the caller wants to hold in memory
   * @return the outcomes, in the order of the events, once all that was stored is durable and every
   *     query reflects it
   */
  List<StoreOutcome> storeAll(List<NostrEvent> events);

  /**
   * Begins to take history in: as {@link #store}, but events that are expired, superseded or taken
   * back are appended too, and their outcome says that they are not visible. Close it.
   */
  History history();

  /**
   * Takes one batch of history in and waits for the tables: see {@link #history}.
   *
   * @return the outcomes, in the order of the events
   */
  List<StoreOutcome> importAll(List<NostrEvent> events);

  /**
   * Gives the visible events that match any of some filters, each once; of each filter at most its
   * limit, without one all. First come those that filters with words to search for have found, the
   * best first ({@link dev.stele.nostr.view.Search}, NIP-50), then those of the other filters,
   * newest first, of equally new ones that with the lowest id first.
   *
   * <p>Reflects everything whose {@link #store} has returned; what comes later is left out. What
   * has expired is left out.
   */
  QueryEnd query(List<NostrFilter> filters, Sink sink);

  /**
   * Counts the visible events that match any of some filters, whatever their limits; of those that
   * are searched for as many as a search finds at most.
   */
  long count(List<NostrFilter> filters);

  /**
   * Follows what comes in from now on: each event once it is durable, in the order of the log, if
   * it is visible then; and what is ephemeral.
   *
   * <p>The follower is called by a thread of its own, and holds up nobody: see {@link Feed}. A
   * follower that throws ends its feed.
   */
  Feed follow(Consumer<Arrived> onArrival);

  /** The last position of the log that answers reflect. */
  long position();

  /** Releases everything. Idempotent. */
  @Override
  void close();
}
