package dev.stele.core.engine;

import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;

/**
 * A 16-byte key of an engine's index: an HMAC of a claim's key, or a hash of a stream's name.
 *
 * <p>Ordered as unsigned bytes, which is the order in which databases sort blobs.
 */
public record IndexKey(long high, long low) implements Comparable<IndexKey> {
  /** Reads the key that starts at {@code offset}. */
  public static IndexKey of(byte[] bytes, int offset) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new IndexKey(in.getLong(offset), in.getLong(offset + 8));
  }

  /** The key of a stream: the first 16 bytes of SHA-256 of its name in UTF-8. */
  public static IndexKey ofStream(byte[] nameUtf8) {
    return of(Sha256.hash(nameUtf8), 0);
  }

  /** The 16 bytes of the key. */
  public byte[] bytes() {
    return ByteBuffer.allocate(Row.KEY_BYTES).putLong(high).putLong(low).array();
  }

  @Override
  public int compareTo(IndexKey that) {
    int order = Long.compareUnsigned(high, that.high);
    return order != 0 ? order : Long.compareUnsigned(low, that.low);
  }

  @Override
  public int hashCode() {
    // The bytes come from a hash already, so any 32 of them spread well.
    return (int) low;
  }
}
