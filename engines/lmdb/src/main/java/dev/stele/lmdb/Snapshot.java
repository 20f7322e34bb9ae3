package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import dev.stele.lmdb.Meta.Tree;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * The file as of one commit, read page by page.
 *
 * <p>The pages are read here and not by LMDB, which trusts them: a number that was changed on the
 * disk leads it anywhere in memory. Whatever is read here is checked to lie within its page and the
 * file, so that damage ends in {@link StorageFailed}. It also takes no native call per entry.
 *
 * <pre>
 *   page    number u64 │ pad u16 │ flags u16 │ lower u16 │ upper u16 │ offsets u16 ... │ free │ nodes
 *   large   number u64 │ pad u16 │ flags u16 │ pages u32 │ value, over as many pages
 *   node    low u16 │ high u16 │ flags u16 │ key length u16 │ key │ value, or a page number u64
 * </pre>
 *
 * <p>A leaf's node has the length of its value in low and high; a branch's node has a page number
 * in low, high and flags. Numbers are in the order of the machine that wrote them.
 *
 * <p>Somebody must keep the commit's pages from being used again: a reader's place in LMDB's lock
 * file, or the lock of the one that writes. One thread at a time.
 */
final class Snapshot {
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** Keys are compared, and their numbers read, eight bytes at a time. */
  static final ValueLayout.OfLong KEY_PART =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final VarHandle KEY_PART_OF_ARRAY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  static final int PAGE_HEADER = 16;
  static final int NODE_HEADER = 8;
  static final int BRANCH = 0x01;
  static final int LEAF = 0x02;
  static final int OVERFLOW = 0x04;
  static final int LARGE_VALUE = 0x01;
  static final int SUB_DATABASE = 0x02;

  private static final Tree EMPTY = new Tree(0, 0, 0, 0, 0, 0, 0, Tree.NO_PAGE);

  private final PageFile file;
  private final Purpose purpose;
  private final Meta meta;
  private final int pageBytes;
  private final Map<Database, Tree> trees = new EnumMap<>(Database.class);
  private final boolean beingReplaced;
  private MemorySegment pages;

  /** Looks up the databases of a commit. */
  Snapshot(PageFile file, Purpose purpose, Meta meta) {
    this.file = file;
    this.purpose = purpose;
    this.meta = meta;
    this.pageBytes = meta.pageBytes();
    this.pages = file.pages(2L * pageBytes);
    if (!meta.main().isEmpty()) {
      findDatabases();
    }
    this.beingReplaced = cursor(Database.META).find(Layout.BEING_REPLACED);
  }

  /** Tells whether a compacted file is about to take the place of this one. */
  boolean isBeingReplaced() {
    return beingReplaced;
  }

  static int u16(MemorySegment in, long at) {
    return in.get(U16, at) & 0xffff;
  }

  Meta meta() {
    return meta;
  }

  long transaction() {
    return meta.transaction();
  }

  /** Tells whether this is of a later moment than another, or of a file that replaced its file. */
  boolean isAfter(Snapshot other) {
    return file.serial() == other.file.serial()
        ? transaction() > other.transaction()
        : file.serial() > other.file.serial();
  }

  boolean isOfSameMoment(Snapshot other) {
    return file.serial() == other.file.serial() && transaction() == other.transaction();
  }

  /** How many bytes of the file are in use, or free to be used again. */
  long sizeBytes() {
    return (meta.lastPage() + 1) * pageBytes;
  }

  Tree tree(Database database) {
    return trees.getOrDefault(database, EMPTY);
  }

  /** Tells whether the databases were made yet. */
  boolean isEmpty() {
    return meta.main().isEmpty();
  }

  /** A place in a database, before its first entry. */
  TreeCursor cursor(Database database) {
    return new TreeCursor(this, tree(database));
  }

  private void findDatabases() {
    TreeCursor main = new TreeCursor(this, meta.main());
    while (main.next()) {
      String name = new String(main.key(), StandardCharsets.US_ASCII);
      for (Database database : purpose.databases()) {
        if (database.title().equals(name)
            && main.nodeFlags() == SUB_DATABASE
            && main.valueLength() == Tree.BYTES) {
          Tree tree = Tree.at(pages, main.valueAt());
          if (tree.pad() != 0 || tree.flags() != 0 || !tree.isPlausible(meta.lastPage())) {
            throw damaged("the database %s leads nowhere".formatted(name));
          }
          trees.put(database, tree);
        }
      }
    }
    int made = purpose.databases().size();
    if (trees.size() != made || meta.main().entries() != made) {
      throw damaged("it has not the databases that it was made with");
    }
  }

  // ---- pages ----

  int pageBytes() {
    return pageBytes;
  }

  /** The bytes of the file; offsets come from the methods here. */
  MemorySegment pages() {
    return pages;
  }

  /** Where a page of a tree begins, checked to be of that kind. */
  long page(long number, int kind) {
    long at = locate(number, 1);
    int lower = u16(pages, at + 12);
    int upper = u16(pages, at + 14);
    if (pages.get(U64, at) != number
        || u16(pages, at + 10) != kind
        || lower < PAGE_HEADER + 2
        || (lower & 1) != 0
        || upper < lower
        || upper > pageBytes) {
      throw damaged("page %d is not what leads to it says".formatted(number));
    }
    return at;
  }

  /** Where so many pages begin, checked to be in the file. */
  private long locate(long number, long count) {
    if (number < Meta.SLOTS || number > meta.lastPage() || count > meta.lastPage() - number + 1) {
      throw damaged("it leads to page %d of %d".formatted(number, meta.lastPage()));
    }
    long at = number * pageBytes;
    pages = file.pages(at + count * pageBytes);
    return at;
  }

  /** How many nodes a page has. */
  int count(long page) {
    return (u16(pages, page + 12) - PAGE_HEADER) >>> 1;
  }

  /** Where a node of a page begins, checked to have its key in the page. */
  long node(long page, int index) {
    int offset = u16(pages, page + PAGE_HEADER + 2L * index);
    if (offset < PAGE_HEADER
        || offset > pageBytes - NODE_HEADER
        || offset + NODE_HEADER + keyLength(page + offset) > pageBytes) {
      throw damaged("an entry of page %d lies outside of it".formatted(page / pageBytes));
    }
    return page + offset;
  }

  int keyLength(long node) {
    return u16(pages, node + 6);
  }

  int nodeFlags(long node) {
    return u16(pages, node + 4);
  }

  /** The page that a branch's node leads to. */
  long child(long node) {
    return u16(pages, node) | (long) u16(pages, node + 2) << 16 | (long) u16(pages, node + 4) << 32;
  }

  /** The length that a leaf's node says its value has. */
  long valueLength(long node) {
    return u16(pages, node) | (long) u16(pages, node + 2) << 16;
  }

  /** Where the value of a leaf's node begins, checked to be there whole. */
  long valueAt(long node) {
    long length = valueLength(node);
    long inPage = node + NODE_HEADER + keyLength(node);
    long pageEnd = (node / pageBytes + 1) * pageBytes;
    if ((nodeFlags(node) & LARGE_VALUE) == 0) {
      if (inPage + length > pageEnd) {
        throw damaged("a value of page %d lies outside of it".formatted(node / pageBytes));
      }
      return inPage;
    }
    if (inPage + 8 > pageEnd) {
      throw damaged("a value of page %d lies outside of it".formatted(node / pageBytes));
    }
    return largeValue(pages.get(U64, inPage), length) + PAGE_HEADER;
  }

  /** How many pages a value of this length takes when it has pages of its own. */
  long largePages(long length) {
    return (PAGE_HEADER + length - 1) / pageBytes + 1;
  }

  private long largeValue(long number, long length) {
    long count = largePages(length);
    long at = locate(number, count);
    if (pages.get(U64, at) != number
        || u16(pages, at + 10) != OVERFLOW
        || (pages.get(U32, at + 12) & 0xffff_ffffL) != count) {
      throw damaged("page %d is not the large value it should be".formatted(number));
    }
    return at;
  }

  /** Compares the key of a node with another one, as unsigned bytes. */
  int compareKey(long node, byte[] key) {
    int length = keyLength(node);
    long at = node + NODE_HEADER;
    int common = Math.min(length, key.length);
    int i = 0;
    for (; i + 8 <= common; i += 8) {
      long ours = pages.get(KEY_PART, at + i);
      long other = (long) KEY_PART_OF_ARRAY.get(key, i);
      if (ours != other) {
        return Long.compareUnsigned(ours, other);
      }
    }
    for (; i < common; i++) {
      int difference = (pages.get(ValueLayout.JAVA_BYTE, at + i) & 0xff) - (key[i] & 0xff);
      if (difference != 0) {
        return difference;
      }
    }
    return length - key.length;
  }

  byte[] copy(long at, int length) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(pages, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
    return bytes;
  }

  StorageFailed damaged(String why) {
    return StorageFailed.damaged("%s is damaged: %s".formatted(file.path(), why));
  }
}
