package dev.stele.core.storage;

import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tables beside a log that no event tells of: work in progress, notes. They are outside of every
 * hash, nothing rebuilds them, and so each change is durable on return.
 *
 * <p>Thread-safe; changes come one after the other.
 */
public interface SideTables {
  /**
   * Which tables there are.
   *
   * @param name of the set, as {@link Table#NAME} says
   * @param version counts from 1; a change of the tables is a new version. Engines that bring the
   *     tables over themselves take a version that adds tables, and refuse any other change; on a
   *     server each change has its script
   * @param tables none for no set at all
   */
  record Definition(String name, int version, List<Table> tables) {
    /** No tables. */
    public static final Definition NONE = new Definition("none", 1, List.of());

    /** Copies the list. */
    public Definition {
      tables = List.copyOf(tables);
    }
  }

  /** Changes the tables: all or nothing, and durable on return. */
  void change(Consumer<Tables> change);

  /** Reads as of one moment. */
  <T> T read(ViewStore.Reading<T> reading);
}
