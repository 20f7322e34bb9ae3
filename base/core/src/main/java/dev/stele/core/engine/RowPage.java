package dev.stele.core.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows with neighbouring positions as one run of bytes, and the form in which engines without
 * columns of their own keep a row.
 *
 * <pre>
 *   length        u32   of the whole row, this field included
 *   record        u16   its length
 *   keys          u8    how many index keys of 16 bytes
 *   body          u8    1 when there is one, 0 when it was erased
 *   link 32 │ record │ keys │ body (the rest)
 * </pre>
 *
 * <p>Numbers are big-endian. Whoever goes through many rows reads them here, without an array for
 * each of their parts. Immutable but for the shared bytes, which are never written to.
 */
public final class RowPage {
  /** Length of what stands before the link. */
  public static final int HEADER_BYTES = 8;

  private static final int LINK_BYTES = 32;
  private static final int LEAST_BYTES = HEADER_BYTES + LINK_BYTES;

  private final long first;
  private final byte[] bytes;
  private final int length;

  /**
   * Rows as bytes.
   *
   * @param first the position of the first row; the others follow without a gap
   * @param bytes the encoded rows, one after the other; given away
   * @param length how many of the bytes they are
   */
  public RowPage(long first, byte[] bytes, int length) {
    this.first = first;
    this.bytes = bytes;
    this.length = length;
  }

  /** A page of these rows, whose positions have no gap. */
  public static RowPage of(List<Row> rows) {
    int length = 0;
    for (Row row : rows) {
      length += encodedLength(row);
    }
    byte[] bytes = new byte[length];
    ByteBuffer out = ByteBuffer.wrap(bytes);
    for (Row row : rows) {
      encode(row, out);
    }
    return new RowPage(rows.isEmpty() ? 0 : rows.getFirst().position(), bytes, length);
  }

  /** How many bytes {@link #encode} makes of a row. */
  public static int encodedLength(Row row) {
    byte[] body = row.body();
    return LEAST_BYTES + row.record().length + row.keys().length + (body == null ? 0 : body.length);
  }

  /** The bytes of one row; its position is not among them but in its record. */
  public static byte[] encode(Row row) {
    byte[] bytes = new byte[encodedLength(row)];
    encode(row, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static void encode(Row row, ByteBuffer out) {
    byte[] body = row.body();
    out.putInt(encodedLength(row)).putShort((short) row.record().length);
    out.put((byte) (row.keys().length / Row.KEY_BYTES)).put((byte) (body == null ? 0 : 1));
    out.put(row.link()).put(row.record()).put(row.keys());
    if (body != null) {
      out.put(body);
    }
  }

  /**
   * Reads back one row.
   *
   * @throws StorageFailed as damaged when the bytes are none
   */
  public static Row decode(long position, byte[] bytes) {
    Cursor cursor = new RowPage(position, bytes, bytes.length).cursor();
    if (!cursor.next() || cursor.end != bytes.length) {
      throw damaged(position);
    }
    return cursor.row();
  }

  /** The same row without its body. */
  public static byte[] withoutBody(byte[] row) {
    ByteBuffer in = ByteBuffer.wrap(row);
    int kept = LEAST_BYTES + (in.getShort(4) & 0xffff) + (in.get(6) & 0xff) * Row.KEY_BYTES;
    byte[] bare = Arrays.copyOf(row, kept);
    ByteBuffer.wrap(bare).putInt(0, kept).put(7, (byte) 0);
    return bare;
  }

  private static StorageFailed damaged(long position) {
    return StorageFailed.damaged("the stored bytes of event %d are no row".formatted(position));
  }

  /** Tells whether there are no rows. */
  public boolean isEmpty() {
    return length == 0;
  }

  /** The rows, each with arrays of its own. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (Cursor cursor = cursor(); cursor.next(); ) {
      rows.add(cursor.row());
    }
    return rows;
  }

  /** Goes through the rows. */
  public Cursor cursor() {
    return new Cursor();
  }

  /** A place among the rows: where the parts of one lie in {@link #bytes}. One thread at a time. */
  public final class Cursor {
    private final ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
    private long position = first - 1;
    private int start;
    private int end;
    private int recordLength;
    private int keyCount;
    private boolean hasBody;

    private Cursor() {}

    /**
     * Goes to the next row.
     *
     * @return whether there is one
     * @throws StorageFailed as damaged when the bytes there are no row
     */
    public boolean next() {
      if (end == length) {
        return false;
      }
      position++;
      start = end;
      if (length - start < LEAST_BYTES) {
        throw damaged(position);
      }
      long rowLength = in.getInt(start) & 0xffff_ffffL;
      recordLength = in.getShort(start + 4) & 0xffff;
      keyCount = in.get(start + 6) & 0xff;
      int body = in.get(start + 7);
      hasBody = body == 1;
      long bodyStart = start + (long) LEAST_BYTES + recordLength + keyCount * (long) Row.KEY_BYTES;
      if (rowLength > length - start
          || bodyStart > start + rowLength
          || (body & 0xfe) != 0
          || (!hasBody && bodyStart != start + rowLength)) {
        throw damaged(position);
      }
      end = (int) (start + rowLength);
      return true;
    }

    /** All rows' bytes, shared; only this row's are to be looked at. */
    public byte[] bytes() {
      return bytes;
    }

    /** The row's position. */
    public long position() {
      return position;
    }

    /** Where the 32 bytes of the link begin. */
    public int linkAt() {
      return start + HEADER_BYTES;
    }

    /** Where the record begins. */
    public int recordAt() {
      return start + LEAST_BYTES;
    }

    /** Length of the record. */
    public int recordLength() {
      return recordLength;
    }

    /** Where the index keys begin. */
    public int keysAt() {
      return recordAt() + recordLength;
    }

    /** How many index keys there are. */
    public int keyCount() {
      return keyCount;
    }

    /** Whether there is a body. */
    public boolean hasBody() {
      return hasBody;
    }

    /** Where the body begins. */
    public int bodyAt() {
      return keysAt() + keyCount * Row.KEY_BYTES;
    }

    /** Length of the body. */
    public int bodyLength() {
      return end - bodyAt();
    }

    /** The row with arrays of its own. */
    public Row row() {
      return new Row(
          position,
          Arrays.copyOfRange(bytes, linkAt(), recordAt()),
          Arrays.copyOfRange(bytes, recordAt(), keysAt()),
          hasBody ? Arrays.copyOfRange(bytes, bodyAt(), end) : null,
          Arrays.copyOfRange(bytes, keysAt(), bodyAt()));
    }
  }
}
