package dev.stele.core.view;

import dev.stele.core.engine.Head;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps the tables of views, and how far each view is, and moves both in one transaction: the SPI
 * of a view store.
 *
 * <pre>
 *   view "hints"   LIVE      version 1, at 4,711   tables   ◄── readers
 *                  BUILDING  version 2, at 1,200   tables   ──swap──► LIVE
 * </pre>
 *
 * <p>A view has at most one generation in each {@link Slot}. Every call is one transaction: a crash
 * leaves all of it or nothing. What is committed survives a crash of the process; whether it
 * survives a loss of power is the store's affair, for a view can always be built again, but what is
 * left must be some state that was committed.
 *
 * <p>Thread-safe. Changes wait for each other; reads see the last commit before them and wait for
 * no change. A store that was closed throws {@link dev.stele.core.engine.LogClosed}; one whose
 * medium fails throws {@link dev.stele.core.engine.StorageFailed}. A view that is not in the slot
 * is an {@link IllegalArgumentException}.
 */
public interface ViewStore extends AutoCloseable {
  /** 32 tables in a view: what needs more is several views. */
  int MAX_TABLES = 32;

  /** 1,024 characters of a failure are kept: enough to say what, too few to fill a disk. */
  int MAX_FAILURE_CHARS = 1_024;

  /** Which of a view's generations. */
  enum Slot {
    /** The one that answers. */
    LIVE,
    /** One that is being built beside it. */
    BUILDING
  }

  /**
   * One build of a view.
   *
   * @param view the view's name
   * @param slot where it is
   * @param version the view's version
   * @param tables as they are defined
   * @param begunAt the size of the log when the build began: what was erased until then never came
   *     in
   * @param cursor the last position that was applied, and its link
   * @param failure why it stands still, if it does
   */
  record Generation(
      String view,
      Slot slot,
      int version,
      List<Table> tables,
      long begunAt,
      Head cursor,
      Optional<Failure> failure) {
    /** The last position that was applied. */
    public long position() {
      return cursor.size();
    }

    /** The same with the cursor elsewhere. */
    public Generation at(Head other) {
      return new Generation(view, slot, version, tables, begunAt, other, failure);
    }

    /** The same in another slot. */
    public Generation in(Slot other) {
      return new Generation(view, other, version, tables, begunAt, cursor, failure);
    }

    /** The same, standing still or no more. */
    public Generation marked(Optional<Failure> other) {
      return new Generation(view, slot, version, tables, begunAt, cursor, other);
    }
  }

  /**
   * Why a view stands still.
   *
   * @param position of the event that could not be applied
   * @param message one sentence for people, cut to {@link #MAX_FAILURE_CHARS}
   */
  record Failure(long position, String message) {
    /** Cuts the message. */
    public Failure {
      message = message.substring(0, Math.min(message.length(), MAX_FAILURE_CHARS));
    }
  }

  /**
   * What a view answers, and as of where.
   *
   * @param value the answer
   * @param position the last event it reflects
   */
  record Answer<T>(T value, long position) {}

  /** Changes tables. */
  interface Change {
    /** Writes, and tells where the view stands then; if it throws, nothing was written. */
    Head apply(Tables tables);
  }

  /** Reads tables. */
  interface Reading<T> {
    /** Reads; everything is as of one moment. */
    T read(TableReader tables);
  }

  /** Every generation there is, by view and slot. */
  List<Generation> generations();

  /** The generation of a view in a slot. */
  default Optional<Generation> find(String view, Slot slot) {
    return generations().stream()
        .filter(each -> each.view().equals(view) && each.slot() == slot)
        .findFirst();
  }

  /**
   * Begins a generation with empty tables, at 0, in place of whatever was in the slot.
   *
   * @throws IllegalArgumentException when a table or an index has the name of another view's
   */
  void begin(String view, Slot slot, int version, List<Table> tables, long begunAt);

  /** Changes the tables and the cursor of a generation: all or nothing. */
  void change(String view, Slot slot, Change change);

  /** Remembers why a generation stands still, or that it does no more. */
  void mark(String view, Slot slot, Optional<Failure> failure);

  /** Lets the generation that was built take the place of the live one, which goes. */
  void swap(String view);

  /** Drops a generation, if it is there. */
  void drop(String view, Slot slot);

  /** Reads a generation as of one moment. */
  <T> Answer<T> read(String view, Slot slot, Reading<T> reading);

  /** Reads the generation of a view that answers. */
  default <T> Answer<T> read(String view, Reading<T> reading) {
    return read(view, Slot.LIVE, reading);
  }

  /** Releases everything. Idempotent. */
  @Override
  void close();

  /**
   * Checks the tables of a generation that is to begin, for stores.
   *
   * @param others what the store has already
   * @throws IllegalArgumentException when a name is there twice, or a limit is passed
   */
  static void requireNames(String view, int version, List<Table> tables, List<Generation> others) {
    Table.requireName(view);
    if (version < 1) {
      throw new IllegalArgumentException("versions count from 1, not " + version);
    }
    if (tables.isEmpty() || tables.size() > MAX_TABLES) {
      throw new IllegalArgumentException(
          "view %s has %d tables; it has 1 to %d".formatted(view, tables.size(), MAX_TABLES));
    }
    Set<String> taken = new HashSet<>();
    for (Generation other : others) {
      if (!other.view().equals(view)) {
        other.tables().forEach(table -> addNames(taken, table));
      }
    }
    for (Table table : tables) {
      if (!addNames(taken, table)) {
        throw new IllegalArgumentException(
            "a table or an index has the name of table %s of view %s, or of one of its indexes"
                .formatted(table.name(), view));
      }
    }
  }

  private static boolean addNames(Set<String> taken, Table table) {
    boolean fresh = taken.add(table.name());
    for (TableIndex index : table.indexes()) {
      fresh &= taken.add(index.name());
    }
    return fresh;
  }
}
