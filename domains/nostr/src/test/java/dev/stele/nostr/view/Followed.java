package dev.stele.nostr.view;

import dev.stele.core.engine.Head;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.Scan;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Tables of one part in a store, which follow what appears and goes, a transaction each. */
final class Followed implements AutoCloseable {
  private static final String VIEW = "followed";

  private final ViewStore store;
  private final Part part;

  /** Where each event appeared last, by its id. */
  private final Map<String, Long> appeared = new HashMap<>();

  private long position;

  Followed(ViewStore store, Part part) {
    this.store = store;
    this.part = part;
    store.begin(VIEW, ViewStore.Slot.LIVE, 1, part.tables(), 0);
  }

  static Followed inMemory(Part part) {
    return new Followed(new MemoryViewStore(), part);
  }

  /** Passes over so many positions of the log, at which there is nothing for a part. */
  Followed skips(long positions) {
    batch(_ -> skip(positions));
    return this;
  }

  /** The same within a batch. */
  void skip(long positions) {
    position += positions;
  }

  Followed appears(NostrEvent... events) {
    batch(
        batch -> {
          for (NostrEvent event : events) {
            appear(event, batch);
          }
        });
    return this;
  }

  Followed goes(NostrEvent... events) {
    batch(
        batch -> {
          for (NostrEvent event : events) {
            go(event, batch);
          }
        });
    return this;
  }

  /** The next position holds an event that appears. */
  void appear(NostrEvent event, Part.Batch batch) {
    appeared.put(event.id(), ++position);
    batch.appears(event, position);
  }

  /** The next position holds what makes an event go. */
  void go(NostrEvent event, Part.Batch batch) {
    position++;
    batch.goes(event, appeared.getOrDefault(event.id(), position));
  }

  /** A batch of one's own, in one transaction. */
  void batch(Consumer<Part.Batch> told) {
    change(
        tables -> {
          Part.Batch batch = part.begin(tables);
          told.accept(batch);
          if (position > 0) {
            batch.end(position);
          }
        });
  }

  void change(Consumer<Tables> change) {
    store.change(
        VIEW,
        ViewStore.Slot.LIVE,
        tables -> {
          change.accept(tables);
          return new Head(position, new byte[32]);
        });
  }

  List<TableRow> rows(Table table) {
    return read(
        tables -> {
          List<TableRow> rows = new ArrayList<>();
          tables.forEach(Scan.of(table), rows::add);
          return rows;
        });
  }

  List<String> lines(Table table) {
    return rows(table).stream().map(TableRow::toString).toList();
  }

  <T> T read(ViewStore.Reading<T> reading) {
    return store.read(VIEW, reading).value();
  }

  /** Of all its tables; the indexes are checked on the way. */
  String hash() {
    return StateHash.of(store, VIEW, ViewStore.Slot.LIVE).value();
  }

  @Override
  public void close() {
    store.close();
  }
}
