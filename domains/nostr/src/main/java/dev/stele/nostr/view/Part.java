package dev.stele.nostr.view;

import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import java.util.List;

/**
 * A set of tables that follows which events are visible.
 *
 * <p>Deterministic, with integers alone and no clock; called in the order of the log, within the
 * transaction of the view; where batches end must not matter. What the tables hold is a function of
 * the events that are visible, not of the way there: an event may come before what it speaks of.
 * Keeps nothing between calls but in its tables.
 */
interface Part {
  /** Its tables, whose names and indexes no other part has. */
  List<Table> tables();

  /**
   * An event is visible from now on. Of the events that replace each other one is visible at a
   * time; whether it appears before or after the other goes does not matter.
   *
   * @param event genuine, and not visible so far
   * @param position of the event
   * @param tables the view's own
   */
  void appears(NostrEvent event, long position, Tables tables);

  /**
   * An event is visible no more: it was deleted, superseded, vanished, expired or erased.
   *
   * @param event as it appeared
   * @param position where that was decided, or the event's own
   * @param tables the view's own
   */
  void goes(NostrEvent event, long position, Tables tables);
}
