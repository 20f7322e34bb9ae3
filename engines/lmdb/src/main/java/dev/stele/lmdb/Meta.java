package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One of the two pages at the beginning of the file that say where the trees are. Each commit
 * writes the one that the commit before did not write; whichever has the larger number counts.
 *
 * <pre>
 *   page header 16 │ magic u32 │ version u32 │ address u64 │ map size u64
 *   tree of free pages 48 │ tree of databases 48 │ last page u64 │ number u64
 * </pre>
 *
 * @param pageBytes the size of a page
 * @param free the tree of pages that may be used again
 * @param main the tree of databases
 * @param lastPage the last page that was ever used
 * @param transaction the number of the commit that wrote this
 */
record Meta(int pageBytes, Tree free, Tree main, long lastPage, long transaction) {
  /** The two of them, as LMDB makes them before there is any commit. */
  static final int SLOTS = 2;

  static final int BYTES = 152;

  private static final int MAGIC = 0xBEEFC0DE;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 16;
  private static final int META_PAGE = 0x08;
  private static final int LEAST_PAGE_BYTES = 512;
  private static final int MOST_PAGE_BYTES = 65_536;
  private static final int TRANSACTION_AT = BYTES - 8;
  private static final VarHandle TRANSACTION = ValueLayout.JAVA_LONG.varHandle();

  /** The flags of both trees: integer keys for the free pages, and how the file was opened. */
  private static final int FREE_FLAGS = 0x4008;

  /**
   * A tree of pages, as LMDB describes one.
   *
   * @param root its first page, or {@link #NO_PAGE}
   * @param depth how many pages lie between its root and any entry, both ends included
   */
  record Tree(
      int pad,
      int flags,
      int depth,
      long branches,
      long leaves,
      long overflows,
      long entries,
      long root) {
    static final int BYTES = 48;
    static final long NO_PAGE = -1;

    /** More would need more pages than there are addresses; LMDB itself stops there too. */
    static final int MAX_DEPTH = 32;

    static Tree at(MemorySegment in, long at) {
      return new Tree(
          in.get(Snapshot.U32, at),
          Snapshot.u16(in, at + 4),
          Snapshot.u16(in, at + 6),
          in.get(Snapshot.U64, at + 8),
          in.get(Snapshot.U64, at + 16),
          in.get(Snapshot.U64, at + 24),
          in.get(Snapshot.U64, at + 32),
          in.get(Snapshot.U64, at + 40));
    }

    boolean isEmpty() {
      return root == NO_PAGE;
    }

    /** Tells whether the description can be that of a tree below a last page. */
    boolean isPlausible(long lastPage) {
      return isEmpty()
          ? depth == 0 && entries == 0 && branches == 0 && leaves == 0 && overflows == 0
          : root >= SLOTS && root <= lastPage && depth >= 1 && depth <= MAX_DEPTH && entries > 0;
    }
  }

  /** The page size, which both pages must tell before the second one can be found. */
  static int pageBytes(PageFile file) {
    int pageBytes = file.pages(BYTES).get(Snapshot.U32, HEADER_BYTES + 24);
    if (Integer.bitCount(pageBytes) != 1
        || pageBytes < LEAST_PAGE_BYTES
        || pageBytes > MOST_PAGE_BYTES) {
      throw damaged(file, "its page size would be " + Integer.toUnsignedString(pageBytes));
    }
    return pageBytes;
  }

  /** The number in a slot, which is written last and tells whether the rest is as expected. */
  static long transaction(PageFile file, int pageBytes, int slot) {
    long at = (long) slot * pageBytes + TRANSACTION_AT;
    return (long) TRANSACTION.getVolatile(file.pages(at + 8), at);
  }

  /** Reads a slot as it is, checked as far as one page can be. */
  static Meta read(PageFile file, int pageBytes, int slot) {
    return parse(file, copy(file, pageBytes, slot), pageBytes, slot);
  }

  /** The bytes of a slot, to be read once it is known that nobody was writing them. */
  static MemorySegment copy(PageFile file, int pageBytes, int slot) {
    long at = (long) slot * pageBytes;
    byte[] bytes = new byte[BYTES];
    MemorySegment.copy(file.pages(at + BYTES), ValueLayout.JAVA_BYTE, at, bytes, 0, BYTES);
    return MemorySegment.ofArray(bytes);
  }

  static Meta parse(PageFile file, MemorySegment in, int pageBytes, int slot) {
    long transaction = in.get(Snapshot.U64, TRANSACTION_AT);
    long lastPage = in.get(Snapshot.U64, TRANSACTION_AT - 8);
    Tree free = Tree.at(in, HEADER_BYTES + 24);
    Tree main = Tree.at(in, HEADER_BYTES + 24 + Tree.BYTES);
    if (in.get(Snapshot.U64, 0) != slot
        || Snapshot.u16(in, 10) != META_PAGE
        || in.get(Snapshot.U32, HEADER_BYTES) != MAGIC
        || in.get(Snapshot.U32, HEADER_BYTES + 4) != VERSION
        || in.get(Snapshot.U64, HEADER_BYTES + 8) != 0
        || free.pad() != pageBytes
        || free.flags() != FREE_FLAGS
        || main.pad() != 0
        || main.flags() != 0) {
      throw damaged(file, "page %d does not begin as it was made".formatted(slot));
    }
    if (lastPage < 1
        || lastPage > Long.MAX_VALUE / pageBytes - 1
        || (transaction != 0 && (transaction & 1) != slot)
        || transaction < 0
        || !free.isPlausible(lastPage)
        || !main.isPlausible(lastPage)) {
      throw damaged(file, "page %d leads nowhere".formatted(slot));
    }
    return new Meta(pageBytes, free, main, lastPage, transaction);
  }

  /** Checks both slots of a file that nobody writes at the moment. */
  static void requireSound(PageFile file) {
    int pageBytes = pageBytes(file);
    Meta even = read(file, pageBytes, 0);
    Meta odd = read(file, pageBytes, 1);
    boolean fresh = even.transaction() == 0 && odd.transaction() == 0;
    if (!fresh && Math.abs(even.transaction() - odd.transaction()) != 1) {
      throw damaged(
          file,
          "its two first pages are of the commits %d and %d"
              .formatted(even.transaction(), odd.transaction()));
    }
  }

  private static StorageFailed damaged(PageFile file, String why) {
    return StorageFailed.damaged("%s is damaged: %s".formatted(file.path(), why));
  }
}
