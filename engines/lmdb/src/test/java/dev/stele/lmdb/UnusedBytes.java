package dev.stele.lmdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;

/**
 * Which bytes of an LMDB file hold nothing, by its page format: a reader of its own, which shares
 * nothing with the engine's.
 */
final class UnusedBytes {
  private static final int NO_PAGE = -1;

  private final ByteBuffer file;
  private final int pageSize;
  private final int newest;
  private final BitSet used = new BitSet();
  private final BitSet commitNumbers = new BitSet();

  UnusedBytes(byte[] bytes) {
    this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.pageSize = file.getInt(16 + 24);
    this.newest = file.getLong(144) > file.getLong(pageSize + 144) ? 0 : 1;
    for (int slot = 0; slot < 2; slot++) {
      int at = slot * pageSize;
      // Number, flags; magic, version, address; both trees, last page, commit.
      use(at, 8);
      use(at + 10, 2);
      use(at + 16, 16);
      use(at + 40, 112);
    }
    int meta = newest * pageSize;
    tree(meta + 40, true);
    tree(meta + 88, false);
  }

  /** Why a byte holds nothing, or empty when it holds something. */
  Optional<String> at(int at) {
    if (at < 2 * pageSize && at % pageSize >= 32 && at % pageSize < 40) {
      return Optional.of("the size of LMDB's map when the page was written");
    }
    if (at < 2 * pageSize && at / pageSize != newest && used.get(at)) {
      return Optional.of("the commit before the last, but for how it is told from the last");
    }
    if (commitNumbers.get(at)) {
      return Optional.of("which commit freed pages, long past");
    }
    return used.get(at)
        ? Optional.empty()
        : Optional.of("a free page, the padding of a header, or between the entries of a page");
  }

  private void use(int at, int length) {
    used.set(at, at + length);
  }

  private int u16(int at) {
    return file.getShort(at) & 0xffff;
  }

  private void tree(int at, boolean freePages) {
    int root = (int) file.getLong(at + 40);
    if (root != NO_PAGE) {
      page(root, freePages);
    }
  }

  private void page(int number, boolean freePages) {
    int page = number * pageSize;
    use(page, 8);
    use(page + 10, 6);
    int count = (u16(page + 12) - 16) / 2;
    use(page + 16, 2 * count);
    boolean branch = u16(page + 10) == 1;
    for (int i = 0; i < count; i++) {
      int node = page + u16(page + 16 + 2 * i);
      int keyLength = u16(node + 6);
      use(node, 8 + keyLength);
      if (branch) {
        page(u16(node) | u16(node + 2) << 16, freePages);
      } else {
        value(node, node + 8 + keyLength, freePages);
      }
      if (freePages) {
        commitNumbers.set(node + 8, node + 8 + keyLength);
      }
    }
  }

  private void value(int node, int at, boolean freePages) {
    int length = file.getInt(node);
    int flags = u16(node + 4);
    if ((flags & 1) == 0) {
      usedValue(at, length, freePages);
      if ((flags & 2) != 0) {
        tree(at, false);
      }
      return;
    }
    use(at, 8);
    int page = (int) file.getLong(at) * pageSize;
    use(page, 8);
    use(page + 10, 6);
    usedValue(page + 16, length, freePages);
  }

  private void usedValue(int at, int length, boolean freePages) {
    // A list of free pages may have room left behind as many numbers as it says.
    use(at, freePages ? (int) (8 + 8 * file.getLong(at)) : length);
  }

  /** Where a text stands in the file, at a place that is in use. */
  int find(String text) {
    byte[] sought = text.getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + sought.length <= file.capacity(); at++) {
      byte[] there = new byte[sought.length];
      file.get(at, there);
      if (used.get(at) && java.util.Arrays.equals(there, sought)) {
        return at;
      }
    }
    throw new AssertionError("'" + text + "' is not in the file");
  }
}
