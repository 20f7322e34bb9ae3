package dev.stele.core.view;

import dev.stele.core.event.StoredEvent;
import java.util.List;

/**
 * A deterministic fold over a log: what it writes follows from the events alone.
 *
 * <p>A view reads no clock, no randomness and nothing outside its events and tables. Where its
 * batches begin and end must not matter: the same events give the same tables, whether they come
 * one by one as they are appended, or all at once years later. It is called by one thread at a time
 * and keeps nothing between calls but in its tables: a batch may be rolled back and come again.
 */
public interface View {
  /** How a view gets rid of what it made of an event that was erased since. */
  enum Forgetting {
    /** It is built again from what the log still has, and then takes the old one's place. */
    BY_REBUILD,
    /** It handles the receipt itself, so well that a replay would come to the same. */
    BY_ITSELF
  }

  /** How much of the log a view needs to be built. */
  enum History {
    /**
     * All of it: the view keeps what trimmed events gave it, and cannot be built again once a
     * beginning was trimmed.
     */
    WHOLE,
    /** Whatever there is: after a trim it is built again, and tells no more than what is left. */
    WHAT_IS_LEFT
  }

  /** Where the tables of a view are. */
  enum Place {
    /** In a file beside the log, where the engine has files: neither waits for the other. */
    BESIDE_THE_LOG,
    /**
     * In the log's own file, where the engine can have others' tables in it: there is one thing to
     * carry and to open, and commits of either wait for the other's.
     */
    IN_THE_LOG
  }

  /** The view's name, as {@link Table#NAME} says. */
  String name();

  /** Counts from 1, and changes with what the view would write for the same events. */
  int version();

  /** Its tables, whose names and indexes no other view of the store has. */
  List<Table> tables();

  /**
   * Retells events.
   *
   * @param events in order of position, each once; an event that was erased has no payload
   * @param tables the view's own, valid until the call returns
   */
  void apply(List<StoredEvent> events, Tables tables);

  /** Where its tables are to be. */
  default Place place() {
    return Place.BESIDE_THE_LOG;
  }

  /** How this view forgets. */
  default Forgetting forgetting() {
    return Forgetting.BY_REBUILD;
  }

  /** How much of the log this view needs. */
  default History history() {
    return History.WHOLE;
  }
}
