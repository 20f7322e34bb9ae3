package dev.stele.sqlite;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which bytes of a SQLite database and its write-ahead log hold nothing, by the file format
 * (sqlite.org/fileformat2.html): a reader of its own, which knows pages and cells and no SQL.
 */
final class UnusedBytes {
  private static final int WAL_HEADER = 32;
  private static final int FRAME_HEADER = 24;

  private final byte[] database;
  private final byte[] wal;
  private final int pageSize;
  private final BitSet used = new BitSet();

  /** Pages of which the log holds a newer version. */
  private final Map<Integer, Integer> superseding = new HashMap<>();

  private int walEnd = WAL_HEADER;

  UnusedBytes(byte[] database, byte[] wal) {
    this.database = database;
    this.wal = wal;
    this.pageSize = ByteBuffer.wrap(database).getShort(16) & 0xffff;
    readWal();
    findSchemaPages(1);
    used.set(0, 100);
    for (int page = 1; page * pageSize <= database.length; page++) {
      readTreePage(page);
    }
  }

  /** Why a byte of the database holds nothing, or empty when it holds something. */
  Optional<String> inDatabase(int at, byte flipped) {
    if (at >= 40 && at < 44) {
      return Optional.of("the schema cookie, by which open statements notice a change");
    }
    if (at >= 96 && at < 100) {
      return Optional.of("the version of the library that wrote last");
    }
    if (superseding.containsKey(at / pageSize + 1)) {
      return Optional.of("a page of which the write-ahead log has a newer version");
    }
    if (database[at] == 0 && (flipped == 8 || flipped == 9) && rowidTypes.get(at)) {
      return Optional.of("the type of a column that is the row's number, and has no value");
    }
    if (schemaRowNumbers.get(at)) {
      return Optional.of("the number of a row of the schema, by which nothing refers to it");
    }
    return used.get(at)
        ? Optional.empty()
        : Optional.of("between the cells of a page, or behind the end of a chain");
  }

  /** Why a byte of the write-ahead log holds nothing, or empty when it holds something. */
  Optional<String> inWal(int at) {
    return at >= walEnd
        ? Optional.of("a frame behind the last commit, of a round before")
        : Optional.empty();
  }

  private void readWal() {
    if (wal.length < WAL_HEADER) {
      return;
    }
    byte[] salts = Arrays.copyOfRange(wal, 16, 24);
    Map<Integer, Integer> uncommitted = new HashMap<>();
    ByteBuffer in = ByteBuffer.wrap(wal);
    for (int at = WAL_HEADER;
        at + FRAME_HEADER + pageSize <= wal.length
            && Arrays.equals(wal, at + 8, at + 16, salts, 0, 8);
        at += FRAME_HEADER + pageSize) {
      uncommitted.put(in.getInt(at), at + FRAME_HEADER);
      if (in.getInt(at + 4) != 0) {
        superseding.putAll(uncommitted);
        walEnd = at + FRAME_HEADER + pageSize;
      }
    }
  }

  private final BitSet rowidTypes = new BitSet();
  private final BitSet schemaPages = new BitSet();
  private final BitSet schemaRowNumbers = new BitSet();

  /** The pages of the table sqlite_schema, which begins on page 1. */
  private void findSchemaPages(int page) {
    int base = (page - 1) * pageSize;
    int header = page == 1 ? base + 100 : base;
    schemaPages.set(page);
    if (database[header] == 5) {
      ByteBuffer in = ByteBuffer.wrap(database);
      int cells = in.getShort(header + 3) & 0xffff;
      for (int cell = 0; cell < cells; cell++) {
        findSchemaPages(in.getInt(base + (in.getShort(header + 12 + 2 * cell) & 0xffff)));
      }
      findSchemaPages(in.getInt(header + 8));
    }
  }

  private void readTreePage(int page) {
    int base = (page - 1) * pageSize;
    int header = page == 1 ? base + 100 : base;
    int type = database[header];
    boolean interior = type == 2 || type == 5;
    boolean leaf = type == 10 || type == 13;
    if (!interior && !leaf) {
      // An overflow page: its chain marks what it holds. A page that is free holds nothing.
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(database);
    int cells = in.getShort(header + 3) & 0xffff;
    int pointers = header + (interior ? 12 : 8);
    used.set(header, pointers + 2 * cells);
    for (int free = in.getShort(header + 1) & 0xffff;
        free != 0;
        free = in.getShort(base + free) & 0xffff) {
      used.set(base + free, base + free + 4);
    }
    for (int cell = 0; cell < cells; cell++) {
      readCell(base + (in.getShort(pointers + 2 * cell) & 0xffff), type);
    }
  }

  private void readCell(int start, int type) {
    int at = start;
    if (type == 2 || type == 5) {
      at += 4;
    }
    long payload = 0;
    if (type != 5) {
      payload = varint(at);
      at += varintLength(at);
    }
    if (type == 5 || type == 13) {
      if (type == 13 && schemaPages.get(start / pageSize + 1)) {
        schemaRowNumbers.set(at, at + varintLength(at));
      }
      at += varintLength(at);
    }
    if (type != 5) {
      if (type == 13) {
        rowidTypes.set(at + varintLength(at));
      }
      int max = type == 13 ? pageSize - 35 : (pageSize - 12) * 64 / 255 - 23;
      int min = (pageSize - 12) * 32 / 255 - 23;
      if (payload <= max) {
        at += (int) payload;
      } else {
        int local = min + (int) ((payload - min) % (pageSize - 4));
        at += local <= max ? local : min;
        int overflow = ByteBuffer.wrap(database).getInt(at);
        at += 4;
        readOverflow(overflow, payload - (local <= max ? local : min));
      }
    }
    used.set(start, at);
  }

  private void readOverflow(int first, long bytes) {
    long left = bytes;
    for (int page = first; page != 0 && left > 0; ) {
      int base = (page - 1) * pageSize;
      if (base + pageSize > database.length) {
        return;
      }
      int here = (int) Math.min(left, pageSize - 4);
      used.set(base, base + 4 + here);
      left -= here;
      page = ByteBuffer.wrap(database).getInt(base);
    }
  }

  private int varintLength(int at) {
    int length = 1;
    while (length < 9 && database[at + length - 1] < 0) {
      length++;
    }
    return length;
  }

  private long varint(int at) {
    long value = 0;
    for (int i = 0; i < varintLength(at); i++) {
      value =
          i == 8
              ? (value << 8) | (database[at + i] & 0xff)
              : (value << 7) | (database[at + i] & 0x7f);
    }
    return value;
  }
}
