package dev.stele.lmdb;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.StorageFailed;
import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The keys and values of a log's databases, as {@code docs/format/lmdb.md} has them. Numbers are
 * big-endian, so that LMDB's order of bytes is theirs.
 */
final class Layout {
  /** Where {@link Purpose} says what the file is for. */
  static final byte[] VERSION_KEY = ascii("layout");

  /** There while a compacted file is being put in the place of this one. */
  static final byte[] BEING_REPLACED = ascii("replaced");

  /** What the keys of logs begin with. */
  static final byte[] LOG_PREFIX = ascii("log/");

  static final int ROW_KEY = 4 + 8;
  static final int INDEX_KEY = 4 + 16 + 8;
  static final int TILE_KEY = 4 + 1 + 8;
  static final int CHECKPOINT_KEY = 4 + 8;

  private static final int SEAL_BYTES = 8;

  private Layout() {}

  /**
   * What is kept of a log beside its rows.
   *
   * @param number stands for its name in all keys
   * @param indexedTo up to which position the indexes are flushed
   * @param fence counted up by whoever begins to write
   */
  record LogEntry(int number, long indexedTo, long fence) {
    static final int BYTES = 4 + 8 + 8 + SEAL_BYTES;

    /** Reads an entry; a seal that does not fit tells of a stray change, and is no signature. */
    static LogEntry decode(byte[] key, byte[] value) {
      if (value.length == BYTES) {
        ByteBuffer in = ByteBuffer.wrap(value);
        LogEntry entry = new LogEntry(in.getInt(), in.getLong(), in.getLong());
        if (Arrays.equals(entry.encode(key), value) && entry.number >= 0) {
          return entry;
        }
      }
      throw StorageFailed.damaged(
          "the entry '%s' was changed".formatted(new String(key, StandardCharsets.US_ASCII)));
    }

    byte[] encode(byte[] key) {
      ByteBuffer out = ByteBuffer.allocate(BYTES);
      out.putInt(number).putLong(indexedTo).putLong(fence);
      byte[] sealed =
          ByteBuffer.allocate(key.length + out.position())
              .put(key)
              .put(out.array(), 0, out.position())
              .array();
      return out.put(Sha256.hash(sealed), 0, SEAL_BYTES).array();
    }
  }

  static byte[] logKey(String name) {
    return ascii("log/" + name);
  }

  static byte[] rowKey(int log, long position) {
    return ByteBuffer.allocate(ROW_KEY).putInt(log).putLong(position).array();
  }

  /** The key of a claim with its position, or of a stream with its revision. */
  static byte[] indexKey(int log, IndexKey key, long number) {
    return ByteBuffer.allocate(INDEX_KEY)
        .putInt(log)
        .putLong(key.high())
        .putLong(key.low())
        .putLong(number)
        .array();
  }

  static byte[] tileKey(int log, int level, long index) {
    return ByteBuffer.allocate(TILE_KEY).putInt(log).put((byte) level).putLong(index).array();
  }

  static byte[] checkpointKey(int log, long size) {
    return ByteBuffer.allocate(CHECKPOINT_KEY).putInt(log).putLong(size).array();
  }

  /** What all keys of a log begin with. */
  static byte[] logPrefix(int log) {
    return ByteBuffer.allocate(4).putInt(log).array();
  }

  static byte[] positionValue(long position) {
    return ByteBuffer.allocate(8).putLong(position).array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
