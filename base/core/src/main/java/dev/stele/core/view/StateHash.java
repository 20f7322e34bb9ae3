package dev.stele.core.view;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A hash of everything a view's tables hold, the same on every store.
 *
 * <pre>
 *   SHA-256 of, for each table by name:
 *     03 │ length u32 │ the table's definition
 *     for each row by primary key, for each column:
 *       null 00 │ integer 01, i64 │ text 02, length u32, UTF-8 │ bytes 04, length u32, bytes
 * </pre>
 *
 * <p>Numbers are big-endian. Every index is held against the rows on the way: it must lead to the
 * same rows, in its order.
 */
public final class StateHash {
  private static final byte NULL = 0;
  private static final byte INTEGER = 1;
  private static final byte TEXT = 2;
  private static final byte TABLE = 3;
  private static final byte BYTES = 4;

  private final MessageDigest all = sha256();
  private final MessageDigest one = sha256();

  /** Sums over hashes of rows, in lanes of 64 bits: equal for equal rows in any order. */
  private long[] rows = new long[4];

  private StateHash() {}

  /**
   * Hashes the tables of a generation, in constant memory.
   *
   * @param definitions the generation's
   * @param tables what is read
   * @return 32 bytes as 64 hex digits
   * @throws IllegalStateException when an index does not agree with its table
   */
  public static String of(List<Table> definitions, TableReader tables) {
    StateHash hash = new StateHash();
    List<Table> byName = new ArrayList<>(definitions);
    byName.sort(Comparator.comparing(Table::name));
    for (Table table : byName) {
      hash.add(table, tables);
    }
    return HexFormat.of().formatHex(hash.all.digest());
  }

  /** Hashes what a store keeps of a view in a slot, and tells as of where. */
  public static ViewStore.Answer<String> of(ViewStore store, String view, ViewStore.Slot slot) {
    while (true) {
      ViewStore.Generation generation =
          store
              .find(view, slot)
              .orElseThrow(
                  () -> new IllegalArgumentException("no view '%s' is %s".formatted(view, slot)));
      try {
        return store.read(view, slot, tables -> of(generation.tables(), tables));
      } catch (IllegalArgumentException e) {
        // Another generation with other tables took its place in between; then read that one.
        if (store
            .find(view, slot)
            .map(ViewStore.Generation::tables)
            .orElse(List.of())
            .equals(generation.tables())) {
          throw e;
        }
      }
    }
  }

  private void add(Table table, TableReader tables) {
    byte[] definition = table.toString().getBytes(StandardCharsets.UTF_8);
    addPart(all, TABLE, definition);
    int width = table.columns().size();
    long[] byKey = walk(table, Scan.of(table), tables, width, true);
    for (TableIndex index : table.indexes()) {
      long[] byIndex = walk(table, Scan.of(table).by(index.name()), tables, width, false);
      if (!java.util.Arrays.equals(byKey, byIndex)) {
        throw new IllegalStateException(
            "index %s does not lead to the rows of %s".formatted(index.name(), table.name()));
      }
    }
  }

  private long[] walk(Table table, Scan scan, TableReader tables, int width, boolean hashed) {
    rows = new long[4];
    int[] order = scan.order();
    @Nullable TableRow[] before = new @Nullable TableRow[1];
    tables.forEach(
        scan,
        row -> {
          TableRow last = before[0];
          if (last != null && !ascends(last, row, order)) {
            throw new IllegalStateException(
                "%s of %s is not in order".formatted(scan.index().orElse("the key"), table.name()));
          }
          before[0] = row;
          for (int i = 0; i < width; i++) {
            addValue(one, row.value(i));
            if (hashed) {
              addValue(all, row.value(i));
            }
          }
          ByteBuffer digest = ByteBuffer.wrap(one.digest());
          for (int lane = 0; lane < rows.length; lane++) {
            rows[lane] += digest.getLong();
          }
        });
    return rows;
  }

  private static boolean ascends(TableRow before, TableRow row, int[] order) {
    for (int column : order) {
      int compared = ValueOrder.compare(before.value(column), row.value(column));
      if (compared != 0) {
        return compared < 0;
      }
    }
    return false;
  }

  private static void addValue(MessageDigest to, @Nullable Object value) {
    switch (value) {
      case null -> to.update(NULL);
      case Long number ->
          to.update(ByteBuffer.allocate(1 + Long.BYTES).put(INTEGER).putLong(number).array());
      case String text -> addPart(to, TEXT, text.getBytes(StandardCharsets.UTF_8));
      case byte[] bytes -> addPart(to, BYTES, bytes);
      case Object other -> throw new IllegalStateException("a table holds no " + other.getClass());
    }
  }

  private static void addPart(MessageDigest to, byte tag, byte[] bytes) {
    to.update(ByteBuffer.allocate(1 + Integer.BYTES).put(tag).putInt(bytes.length).array());
    to.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }
}
