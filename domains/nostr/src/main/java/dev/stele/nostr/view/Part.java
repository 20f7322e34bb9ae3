package dev.stele.nostr.view;

import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.SyncProgress;
import java.util.List;

/**
 * A set of tables that follows which events are visible.
 *
 * <p>Deterministic, as a {@link dev.stele.core.view.View} is: what it writes follows from the calls
 * alone, with integers and no clock. It is called in the order of the log, by one thread at a time,
 * within the transaction that makes the event visible, and where batches begin and end must not
 * matter. What the tables hold is a function of the events that are visible and of how far the log
 * was read, not of the way there: an event may come before what it speaks of. It keeps nothing
 * between batches but in its tables: a batch may be rolled back and come again.
 *
 * <p>A part that writes at once has {@link #appears}, {@link #goes} and {@link #progresses}. One
 * that is cheaper when it gathers what a batch comes to, and writes each row once, has {@link
 * #begin} in place of the three.
 */
public interface Part {
  /**
   * What it was told that changes what it writes for the same events, such as whose graph it is; a
   * view that is told otherwise is built again.
   */
  default String settings() {
    return "";
  }

  /** Its tables, whose names and indexes nobody else has. */
  List<Table> tables();

  /**
   * An event is visible from now on. Of the events that replace each other one is visible at a
   * time; whether it appears before or after the other goes does not matter.
   *
   * @param event genuine, and not visible so far
   * @param position of the event in the log
   * @param tables of the whole view; a part writes its own alone
   */
  default void appears(NostrEvent event, long position, Tables tables) {}

  /**
   * An event that had appeared is visible no more: it was deleted, superseded, or swept after it
   * had expired, or its author has vanished. What was erased goes otherwise: the view is built
   * again without it.
   *
   * @param event as it appeared
   * @param position of the event in the log
   * @param tables of the whole view; a part writes its own alone
   */
  default void goes(NostrEvent event, long position, Tables tables) {}

  /** A sync has come further. */
  default void progresses(SyncProgress progress, Tables tables) {}

  /**
   * Begins a batch. What it gathers it writes when it ends; until then nobody reads the tables of
   * this part but itself.
   *
   * @param tables of the whole view, valid until the batch ends; a part writes its own alone
   */
  default Batch begin(Tables tables) {
    return new Batch() {
      @Override
      public void appears(NostrEvent event, long position) {
        Part.this.appears(event, position, tables);
      }

      @Override
      public void goes(NostrEvent event, long position) {
        Part.this.goes(event, position, tables);
      }

      @Override
      public void progresses(SyncProgress progress) {
        Part.this.progresses(progress, tables);
      }
    };
  }

  /** What a part does with the events of one transaction. One thread. */
  interface Batch {
    /** As {@link Part#appears}. */
    void appears(NostrEvent event, long position);

    /** As {@link Part#goes}. */
    void goes(NostrEvent event, long position);

    /** As {@link Part#progresses}. */
    default void progresses(SyncProgress progress) {}

    /**
     * Everything was told; what was gathered is to be written.
     *
     * @param last the position that the tables reflect from now on, of an event of any sort
     */
    default void end(long last) {}
  }
}
