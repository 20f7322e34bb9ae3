package dev.stele.core.storage;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Side tables in a store of tables that syncs each change: a generation that no view fills, with
 * its cursor at 0 for ever.
 *
 * <p>Tables that a later version adds are made beside a copy of those there are, which then takes
 * their place: a crash leaves the one or the other. Thread-safe.
 */
final class StoredSideTables implements SideTables {
  private static final Head NOWHERE = new Head(0, new byte[0]);

  private final ViewStore store;
  private final String name;

  private StoredSideTables(ViewStore store, String name) {
    this.store = store;
    this.name = name;
  }

  /**
   * Takes up the tables there are, or makes them.
   *
   * @throws StorageFailed when there are others under the name; nothing was changed then
   */
  static SideTables open(ViewStore store, Definition wanted, boolean readOnly) {
    StoredSideTables side = new StoredSideTables(store, wanted.name());
    Optional<ViewStore.Generation> found = store.find(wanted.name(), ViewStore.Slot.LIVE);
    if (found.isEmpty()) {
      if (readOnly) {
        throw new StorageFailed(
            "there are no side tables '%s' yet; open the storage to write first"
                .formatted(wanted.name()));
      }
      store.begin(wanted.name(), ViewStore.Slot.LIVE, wanted.version(), wanted.tables(), 0);
      return side;
    }
    ViewStore.Generation live = found.get();
    if (live.version() == wanted.version() && live.tables().equals(wanted.tables())) {
      return side;
    }
    requireOnlyAdded(live, wanted);
    if (readOnly) {
      throw new StorageFailed(
          "the side tables '%s' are of version %d; open the storage to write once, for version %d"
              .formatted(wanted.name(), live.version(), wanted.version()));
    }
    side.extend(live.tables(), wanted);
    return side;
  }

  private static void requireOnlyAdded(ViewStore.Generation live, Definition wanted) {
    if (live.version() >= wanted.version()) {
      throw new StorageFailed(
          "the side tables '%s' are of version %d and not the tables of version %d; use the program that wrote them, or a later one"
              .formatted(wanted.name(), live.version(), wanted.version()));
    }
    for (Table table : live.tables()) {
      if (!wanted.tables().contains(table)) {
        throw new StorageFailed(
            "version %d of the side tables '%s' changes or drops the table %s, and only new tables can be added: keep it, and write what it holds into a new one"
                .formatted(wanted.version(), wanted.name(), table.name()));
      }
    }
  }

  private void extend(List<Table> there, Definition wanted) {
    ViewStore.Slot beside = ViewStore.Slot.BUILDING;
    store.begin(name, beside, wanted.version(), wanted.tables(), 0);
    for (Table table : there) {
      Optional<Scan> left = Optional.of(Scan.of(table));
      while (left.isPresent()) {
        Scan scan = left.get();
        List<TableRow> page = store.read(name, tables -> tables.page(scan)).value();
        store.change(name, beside, tables -> putAll(tables, table, page));
        left = scan.rest(page);
      }
    }
    store.swap(name);
  }

  private static Head putAll(Tables tables, Table table, List<TableRow> rows) {
    for (TableRow row : rows) {
      @Nullable Object[] values = new Object[table.columns().size()];
      for (int column = 0; column < values.length; column++) {
        values[column] = row.value(column);
      }
      tables.put(table, values);
    }
    return NOWHERE;
  }

  @Override
  public void change(Consumer<Tables> change) {
    store.change(
        name,
        ViewStore.Slot.LIVE,
        tables -> {
          change.accept(tables);
          return NOWHERE;
        });
  }

  @Override
  public <T> T read(ViewStore.Reading<T> reading) {
    return store.read(name, reading).value();
  }
}
