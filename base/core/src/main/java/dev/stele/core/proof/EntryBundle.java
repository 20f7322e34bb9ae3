package dev.stele.core.proof;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Up to 256 entries in one file (C2SP tlog-tiles): each with its length in front, as two bytes, the
 * higher one first.
 *
 * <p>Thread-safe.
 */
public final class EntryBundle {
  /** Largest entry, in bytes: what two bytes of length can say. */
  public static final int MAX_ENTRY_BYTES = 65_535;

  /** Most entries in a bundle. */
  public static final int MAX_ENTRIES = TileCoordinates.FULL_WIDTH;

  /** Largest bundle, in bytes. */
  public static final int MAX_BYTES = MAX_ENTRIES * (Short.BYTES + MAX_ENTRY_BYTES);

  private EntryBundle() {}

  /**
   * Returns the bundle of 1 to 256 entries.
   *
   * @throws IllegalArgumentException if there are none or too many, or one is longer than {@link
   *     #MAX_ENTRY_BYTES}
   */
  public static byte[] encode(List<byte[]> entries) {
    if (entries.isEmpty() || entries.size() > MAX_ENTRIES) {
      throw new IllegalArgumentException("a bundle has 1 to 256 entries, not " + entries.size());
    }
    int bytes = 0;
    for (byte[] entry : entries) {
      if (entry.length > MAX_ENTRY_BYTES) {
        throw new IllegalArgumentException(
            "an entry has at most 65,535 bytes, not " + entry.length);
      }
      bytes += Short.BYTES + entry.length;
    }
    ByteBuffer bundle = ByteBuffer.allocate(bytes);
    for (byte[] entry : entries) {
      bundle.putShort((short) entry.length).put(entry);
    }
    return bundle.array();
  }

  /** Reads a bundle of 1 to 256 entries, to its last byte. */
  public static Parsed<List<byte[]>> decode(byte[] bytes) {
    ByteBuffer bundle = ByteBuffer.wrap(bytes);
    List<byte[]> entries = new ArrayList<>();
    while (bundle.hasRemaining()) {
      if (entries.size() == MAX_ENTRIES) {
        return new Parsed.Malformed<>("a bundle has at most 256 entries");
      }
      if (bundle.remaining() < Short.BYTES) {
        return new Parsed.Malformed<>("half a length after entry " + entries.size());
      }
      int length = Short.toUnsignedInt(bundle.getShort());
      if (bundle.remaining() < length) {
        return new Parsed.Malformed<>("entry " + entries.size() + " is cut short");
      }
      byte[] entry = new byte[length];
      bundle.get(entry);
      entries.add(entry);
    }
    return entries.isEmpty()
        ? new Parsed.Malformed<>("a bundle has at least one entry")
        : new Parsed.Value<>(entries);
  }
}
