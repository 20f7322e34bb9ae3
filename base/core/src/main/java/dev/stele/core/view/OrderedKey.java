package dev.stele.core.view;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Values as bytes whose unsigned order is the order of the values: the keys of stores that have no
 * columns.
 *
 * <pre>
 *   null      00
 *   integer   01 │ 8 bytes, big-endian, the sign bit turned
 *   text      01 │ its UTF-8 bytes, 00 as 00 ff │ 00 01
 *   bytes     01 │ the bytes, 00 as 00 ff       │ 00 01
 * </pre>
 *
 * <p>Each value says where it ends, so the values of several columns can stand one after another,
 * and a key begins with the encoding of its first columns.
 */
public final class OrderedKey {
  private OrderedKey() {}

  /**
   * Encodes some columns of a row.
   *
   * @param values the row's
   * @param columns the places of those to encode, in the order of the key
   */
  public static byte[] encode(@Nullable Object[] values, int[] columns) {
    byte[][] utf8 = new byte[columns.length][];
    int length = 0;
    for (int i = 0; i < columns.length; i++) {
      @Nullable Object value = values[columns[i]];
      if (value instanceof String text) {
        utf8[i] = text.getBytes(StandardCharsets.UTF_8);
        length += encodedLength(utf8[i]);
      } else {
        length += encodedLength(value);
      }
    }
    ByteBuffer out = ByteBuffer.allocate(length);
    for (int i = 0; i < columns.length; i++) {
      switch (values[columns[i]]) {
        case null -> out.put((byte) 0);
        case Long number -> out.put((byte) 1).putLong(number ^ Long.MIN_VALUE);
        case byte[] bytes -> put(out, bytes);
        case String _ -> put(out, utf8[i]);
        case Object other -> throw notAValue(other);
      }
    }
    return out.array();
  }

  /** How many bytes {@link #encode} makes. */
  static int encodedLength(@Nullable Object[] values, int[] columns) {
    int length = 0;
    for (int column : columns) {
      length += encodedLength(values[column]);
    }
    return length;
  }

  private static int encodedLength(@Nullable Object value) {
    return switch (value) {
      case null -> 1;
      case Long _ -> 1 + Long.BYTES;
      case byte[] bytes -> {
        int zeros = 0;
        for (byte each : bytes) {
          zeros += each == 0 ? 1 : 0;
        }
        yield 1 + bytes.length + zeros + 2;
      }
      case String text -> {
        int zeros = 0;
        for (int i = 0; i < text.length(); i++) {
          zeros += text.charAt(i) == 0 ? 1 : 0;
        }
        yield 1 + utf8Length(text) + zeros + 2;
      }
      case Object other -> throw notAValue(other);
    };
  }

  /** The UTF-8 length of well-formed text, without encoding it. */
  static int utf8Length(String text) {
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Each half of a surrogate pair stands for two of its four bytes.
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }

  private static void put(ByteBuffer out, byte[] bytes) {
    out.put((byte) 1);
    for (byte each : bytes) {
      out.put(each);
      if (each == 0) {
        out.put((byte) 0xff);
      }
    }
    out.put((byte) 0).put((byte) 1);
  }

  private static IllegalArgumentException notAValue(Object other) {
    return new IllegalArgumentException("a table holds no " + other.getClass().getName());
  }
}
