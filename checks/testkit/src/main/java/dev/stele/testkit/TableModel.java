package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Head;
import dev.stele.core.view.Column;
import dev.stele.core.view.ColumnType;
import dev.stele.core.view.Scan;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A table as a list of rows, which every scan sorts and filters: slow, and hard to get wrong.
 * Random work on a store is held against it.
 */
final class TableModel {
  private static final String VIEW = "random";

  private static final List<ColumnType> TYPES =
      List.of(ColumnType.INTEGER, ColumnType.TEXT, ColumnType.BYTES);

  private static final List<String> TEXTS =
      List.of("", "\0", "a", "a\0", "ab", "b", "B", "\u00e9", "\uffff", "\ud83d\ude00", "\ue000");

  private static final byte[][] BYTES = {
    {}, {0}, {0, -1}, {0, 1}, {1}, {127}, {-128}, {-1}, {-1, -1}
  };

  private static final long[] INTEGERS = {Long.MIN_VALUE, -256, -1, 0, 1, 255, 256, Long.MAX_VALUE};

  private final Random random;
  private final Table table;
  private final int[] key;
  private List<@Nullable Object[]> rows = new ArrayList<>();

  private TableModel(Random random, Table table) {
    this.random = random;
    this.table = table;
    this.key = table.keyColumns();
  }

  /** Does the work of a seed on a store; returns the state hash at the end. */
  static String run(long seed, ViewStore store) {
    Random random = new Random(seed);
    List<TableModel> models = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(2); i++) {
      models.add(new TableModel(random, table("t" + i, random)));
    }
    List<Table> tables = models.stream().map(model -> model.table).toList();
    store.begin(VIEW, Slot.LIVE, 1, tables, 0);
    for (int position = 1; position <= 12; position++) {
      List<List<@Nullable Object[]>> before =
          models.stream()
              .map(model -> (List<@Nullable Object[]>) new ArrayList<>(model.rows))
              .toList();
      boolean rollsBack = random.nextInt(4) == 0;
      Head cursor = new Head(position, new byte[32]);
      try {
        store.change(
            VIEW,
            Slot.LIVE,
            changed -> {
              for (int i = 0; i < 25; i++) {
                models.get(random.nextInt(models.size())).act(changed);
              }
              if (rollsBack) {
                throw new UnsupportedOperationException("rolled back, as the seed wants");
              }
              return cursor;
            });
      } catch (UnsupportedOperationException e) {
        for (int i = 0; i < models.size(); i++) {
          models.get(i).rows = new ArrayList<>(before.get(i));
        }
      }
      if (random.nextInt(5) == 0) {
        rebuild(store, models, cursor);
      }
      store.read(
          VIEW,
          read -> {
            models.forEach(model -> model.scan(read));
            return "";
          });
    }
    String hash = StateHash.of(store, VIEW, Slot.LIVE).value();
    store.drop(VIEW, Slot.LIVE);
    return hash;
  }

  /** The same rows, put in another order into a generation that takes the old one's place. */
  private static void rebuild(ViewStore store, List<TableModel> models, Head cursor) {
    store.begin(
        VIEW, Slot.BUILDING, 1, models.stream().map(model -> model.table).toList(), cursor.size());
    store.change(
        VIEW,
        Slot.BUILDING,
        tables -> {
          for (TableModel model : models) {
            List<@Nullable Object[]> shuffled = new ArrayList<>(model.rows);
            Collections.shuffle(shuffled, model.random);
            shuffled.forEach(row -> tables.put(model.table, row.clone()));
          }
          return cursor;
        });
    assertThat(StateHash.of(store, VIEW, Slot.BUILDING).value())
        .isEqualTo(StateHash.of(store, VIEW, Slot.LIVE).value());
    store.swap(VIEW);
  }

  private static Table table(String name, Random random) {
    Table.Builder builder = Table.named(name);
    int keys = 1 + random.nextInt(3);
    int columns = keys + random.nextInt(4);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      ColumnType type = TYPES.get(random.nextInt(TYPES.size()));
      builder.column(new Column("c" + i, type, i >= keys && random.nextInt(3) > 0));
      names.add("c" + i);
    }
    List<String> key = new ArrayList<>(names.subList(0, keys));
    Collections.shuffle(key, random);
    builder.key(key.toArray(String[]::new));
    for (int i = 0; i < random.nextInt(4); i++) {
      Collections.shuffle(names, random);
      builder.index(
          name + "_by_" + i, names.subList(0, 1 + random.nextInt(columns)).toArray(String[]::new));
    }
    return builder.build();
  }

  private @Nullable Object value(int column) {
    Column of = table.columns().get(column);
    if (of.nullable() && random.nextInt(3) == 0) {
      return null;
    }
    return switch (of.type()) {
      case INTEGER -> INTEGERS[random.nextInt(INTEGERS.length)];
      case TEXT -> TEXTS.get(random.nextInt(TEXTS.size()));
      case BYTES -> BYTES[random.nextInt(BYTES.length)];
    };
  }

  private void act(Tables tables) {
    int action = random.nextInt(10);
    if (action < 6) {
      put(tables);
    } else if (action < 8) {
      delete(tables);
    } else if (action < 9) {
      Object[] at = key();
      assertThat(tables.get(table, at))
          .isEqualTo(
              rows.stream()
                  .filter(row -> hasKey(row, at))
                  .findFirst()
                  .map(row -> TableRow.of(table, row)));
    } else {
      scan(tables);
    }
  }

  private void put(Tables tables) {
    @Nullable Object[] row = new @Nullable Object[table.columns().size()];
    Arrays.setAll(row, this::value);
    Object[] at = new Object[key.length];
    for (int i = 0; i < key.length; i++) {
      Object value = row[key[i]];
      at[i] = value == null ? "" : value;
    }
    rows.removeIf(each -> hasKey(each, at));
    rows.add(row.clone());
    tables.put(table, row);
  }

  private void delete(Tables tables) {
    Object[] at = key();
    assertThat(tables.delete(table, at)).isEqualTo(rows.removeIf(row -> hasKey(row, at)));
  }

  /** A key that is there, most of the time. */
  private Object[] key() {
    boolean known = !rows.isEmpty() && random.nextInt(4) > 0;
    @Nullable Object[] row =
        known ? rows.get(random.nextInt(rows.size())) : new @Nullable Object[0];
    Object[] at = new Object[key.length];
    for (int i = 0; i < key.length; i++) {
      Object value = known ? row[key[i]] : value(key[i]);
      at[i] = value == null ? "" : value;
    }
    return at;
  }

  private boolean hasKey(@Nullable Object[] row, Object[] at) {
    for (int i = 0; i < key.length; i++) {
      if (compare(row[key[i]], at[i]) != 0) {
        return false;
      }
    }
    return true;
  }

  private void scan(dev.stele.core.view.TableReader tables) {
    Scan scan = Scan.of(table);
    if (!table.indexes().isEmpty() && random.nextBoolean()) {
      scan = scan.by(table.indexes().get(random.nextInt(table.indexes().size())).name());
    }
    int[] order = scan.order();
    @Nullable Object @Nullable [] low = random.nextBoolean() ? end(order) : null;
    @Nullable Object @Nullable [] high = random.nextBoolean() ? end(order) : null;
    boolean lowIn = random.nextBoolean();
    boolean highIn = random.nextBoolean();
    if (low != null) {
      scan = lowIn ? scan.from(low) : scan.after(low);
    }
    if (high != null) {
      scan = highIn ? scan.to(high) : scan.before(high);
    }
    List<@Nullable Object[]> expected = new ArrayList<>();
    for (@Nullable Object[] row : rows) {
      int fromLow = low == null ? 1 : compare(row, low, order);
      int toHigh = high == null ? -1 : compare(row, high, order);
      if ((lowIn ? fromLow >= 0 : fromLow > 0) && (highIn ? toHigh <= 0 : toHigh < 0)) {
        expected.add(row);
      }
    }
    expected.sort((one, other) -> compareRows(one, other, order));
    if (random.nextBoolean()) {
      scan = scan.backwards();
      Collections.reverse(expected);
    }
    if (random.nextBoolean()) {
      int limit = 1 + random.nextInt(5);
      scan = scan.limit(limit);
      expected = expected.subList(0, Math.min(limit, expected.size()));
    }
    List<TableRow> actual = new ArrayList<>();
    if (random.nextBoolean()) {
      tables.forEach(scan, actual::add);
    } else {
      // Row by row, so that every row is where a page ends.
      for (java.util.Optional<Scan> left = java.util.Optional.of(scan); left.isPresent(); ) {
        List<TableRow> page = tables.page(left.get().limit(1));
        actual.addAll(page);
        left = left.get().rest(page);
      }
    }
    assertThat(actual).isEqualTo(expected.stream().map(row -> TableRow.of(table, row)).toList());
  }

  private @Nullable Object[] end(int[] order) {
    @Nullable Object[] end = new @Nullable Object[1 + random.nextInt(order.length)];
    for (int i = 0; i < end.length; i++) {
      end[i] = value(order[i]);
    }
    return end;
  }

  private static int compare(@Nullable Object[] row, @Nullable Object[] end, int[] order) {
    for (int i = 0; i < end.length; i++) {
      int compared = compare(row[order[i]], end[i]);
      if (compared != 0) {
        return compared;
      }
    }
    return 0;
  }

  private static int compareRows(@Nullable Object[] one, @Nullable Object[] other, int[] order) {
    for (int column : order) {
      int compared = compare(one[column], other[column]);
      if (compared != 0) {
        return compared;
      }
    }
    return 0;
  }

  private static int compare(@Nullable Object one, @Nullable Object other) {
    if (one instanceof Long a && other instanceof Long b) {
      return Long.compare(a, b);
    }
    if (one == null || other == null) {
      return Boolean.compare(one != null, other != null);
    }
    return Arrays.compareUnsigned(bytes(one), bytes(other));
  }

  private static byte[] bytes(Object value) {
    return value instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : (byte[]) value;
  }
}
