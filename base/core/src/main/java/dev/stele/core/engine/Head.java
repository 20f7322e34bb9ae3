package dev.stele.core.engine;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The end of a log: how many events it has, and the link of the last one.
 *
 * @param size the last position, 0 for an empty log
 * @param link 32 bytes; for an empty log whatever link the first record is to name; never changed
 */
public record Head(long size, byte[] link) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Head that && size == that.size && Arrays.equals(link, that.link);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(size);
  }

  @Override
  public String toString() {
    return "Head[size=" + size + ", link=" + HexFormat.of().formatHex(link) + "]";
  }
}
