package dev.stele.lmdb;

import dev.stele.core.view.Column;
import dev.stele.core.view.Table;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of a view's table as bytes: its columns one after another, as in the state hash.
 *
 * <pre>
 *   null 00 │ integer 01, i64 │ text 02, length u32, UTF-8 │ bytes 04, length u32, bytes
 * </pre>
 */
final class ViewRow {
  private static final byte NULL = 0;
  private static final byte INTEGER = 1;
  private static final byte TEXT = 2;
  private static final byte BYTES = 4;

  private static final int PART_HEADER = 1 + Integer.BYTES;

  private ViewRow() {}

  /** Encodes values that were checked. */
  static byte[] encode(@Nullable Object[] values) {
    byte @Nullable [][] parts = new byte @Nullable [values.length][];
    int length = 0;
    for (int i = 0; i < values.length; i++) {
      byte[] part =
          switch (values[i]) {
            case String text -> text.getBytes(StandardCharsets.UTF_8);
            case byte[] bytes -> bytes;
            case null, default -> null;
          };
      parts[i] = part;
      length += part != null ? PART_HEADER + part.length : values[i] == null ? 1 : 1 + Long.BYTES;
    }
    ByteBuffer out = ByteBuffer.allocate(length);
    for (int i = 0; i < values.length; i++) {
      byte[] part = parts[i];
      if (part != null) {
        out.put(values[i] instanceof String ? TEXT : BYTES).putInt(part.length).put(part);
      } else if (values[i] instanceof Long number) {
        out.put(INTEGER).putLong(number);
      } else {
        out.put(NULL);
      }
    }
    return out.array();
  }

  /** Reads a row back, in a file that may have been changed by others. */
  static @Nullable Object[] decode(Snapshot from, Table table, byte[] row) {
    List<Column> columns = table.columns();
    @Nullable Object[] values = new @Nullable Object[columns.size()];
    ByteBuffer in = ByteBuffer.wrap(row);
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = value(in);
        if (!fits(columns.get(i), values[i])) {
          throw from.damaged("a row of %s has other columns".formatted(table.name()));
        }
      }
    } catch (BufferUnderflowException e) {
      throw from.damaged("a row of %s is cut".formatted(table.name()));
    }
    if (in.hasRemaining()) {
      throw from.damaged("a row of %s is too long".formatted(table.name()));
    }
    return values;
  }

  private static @Nullable Object value(ByteBuffer in) {
    return switch (in.get()) {
      case NULL -> null;
      case INTEGER -> in.getLong();
      case TEXT -> new String(part(in), StandardCharsets.UTF_8);
      case BYTES -> part(in);
      default -> throw new BufferUnderflowException();
    };
  }

  private static byte[] part(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] part = new byte[length];
    in.get(part);
    return part;
  }

  private static boolean fits(Column column, @Nullable Object value) {
    return switch (value) {
      case null -> column.nullable();
      case Object there ->
          switch (column.type()) {
            case INTEGER -> there instanceof Long;
            case TEXT -> there instanceof String;
            case BYTES -> there instanceof byte[];
          };
    };
  }
}
