package dev.stele.lmdb;

import dev.stele.lmdb.Meta.Tree;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A place among the entries of a database, as of one {@link Snapshot}. One thread at a time. */
final class TreeCursor {
  private final Snapshot in;
  private final Tree tree;

  /** The way from the root to the entry: where each page begins, and which node is taken. */
  private final long[] page;

  private final int[] index;
  private final int[] count;

  /** The last level, where the leaves are; -1 in an empty tree. */
  private final int leaf;

  private boolean begun;
  private boolean ended;
  private long node;

  TreeCursor(Snapshot in, Tree tree) {
    this.in = in;
    this.tree = tree;
    int depth = tree.isEmpty() ? 0 : tree.depth();
    this.page = new long[depth];
    this.index = new int[depth];
    this.count = new int[depth];
    this.leaf = depth - 1;
  }

  /** Goes to the next entry, at first to the first one; tells whether there is one. */
  boolean next() {
    if (tree.isEmpty() || ended) {
      return false;
    }
    if (!begun) {
      begun = true;
      enter(0, tree.root());
      index[0] = 0;
      descendToFirst(0);
      return here();
    }
    index[leaf]++;
    return settle();
  }

  /** Goes to the first entry whose key is not before this one; tells whether there is one. */
  boolean seek(byte[] key) {
    if (tree.isEmpty()) {
      return false;
    }
    begun = true;
    ended = false;
    long number = tree.root();
    for (int level = 0; ; level++) {
      enter(level, number);
      index[level] = level == leaf ? lowerBound(level, key, 0) : lowerBound(level, key, 1);
      if (level == leaf) {
        return settle();
      }
      // Among the branches the first key at or before ours leads to it; the first node of a branch
      // stands for everything before the second.
      if (index[level] == count[level]
          || in.compareKey(in.node(page[level], index[level]), key) != 0) {
        index[level]--;
      }
      number = in.child(in.node(page[level], index[level]));
    }
  }

  /** Goes to the last entry whose key is before this one; tells whether there is one. */
  boolean seekBefore(byte[] key) {
    if (tree.isEmpty()) {
      return false;
    }
    seek(key);
    ended = false;
    int level = leaf;
    while (index[level] == 0) {
      if (--level < 0) {
        ended = true;
        return false;
      }
    }
    index[level]--;
    while (level < leaf) {
      enter(level + 1, in.child(in.node(page[level], index[level])));
      level++;
      index[level] = count[level] - 1;
    }
    return here();
  }

  /** Goes to the entry with this key; tells whether there is one. */
  boolean find(byte[] key) {
    return seek(key) && in.compareKey(node, key) == 0;
  }

  private void enter(int level, long number) {
    page[level] = in.page(number, level == leaf ? Snapshot.LEAF : Snapshot.BRANCH);
    count[level] = in.count(page[level]);
    if (level < leaf && count[level] < 2) {
      throw in.damaged("page %d is a branch that does not divide".formatted(number));
    }
  }

  private int lowerBound(int level, byte[] key, int from) {
    int low = from;
    int high = count[level];
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (in.compareKey(in.node(page[level], middle), key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private void descendToFirst(int from) {
    for (int level = from; level < leaf; level++) {
      enter(level + 1, in.child(in.node(page[level], index[level])));
      index[level + 1] = 0;
    }
  }

  /** Goes on to the next leaf where this one is at its end. */
  private boolean settle() {
    int level = leaf;
    while (index[level] >= count[level]) {
      if (--level < 0) {
        ended = true;
        // One past the last entry, from where it is possible to go back.
        restoreEnd();
        return false;
      }
      index[level]++;
    }
    descendToFirst(level);
    return here();
  }

  private void restoreEnd() {
    for (int level = 0; level < leaf; level++) {
      index[level] = count[level] - 1;
    }
    index[leaf] = count[leaf];
  }

  private boolean here() {
    node = in.node(page[leaf], index[leaf]);
    return true;
  }

  // ---- the entry ----

  int keyLength() {
    return in.keyLength(node);
  }

  byte[] key() {
    return in.copy(node + Snapshot.NODE_HEADER, keyLength());
  }

  boolean keyBeginsWith(byte[] prefix) {
    int length = keyLength();
    return length >= prefix.length
        && MemorySegment.mismatch(
                in.pages(),
                node + Snapshot.NODE_HEADER,
                node + Snapshot.NODE_HEADER + prefix.length,
                MemorySegment.ofArray(prefix),
                0,
                prefix.length)
            < 0;
  }

  /** Eight bytes of the key as a big-endian number. */
  long keyLong(int offset) {
    if (offset + 8 > keyLength()) {
      throw in.damaged("a key has %d bytes".formatted(keyLength()));
    }
    return in.pages().get(Snapshot.KEY_PART, node + Snapshot.NODE_HEADER + offset);
  }

  int nodeFlags() {
    return in.nodeFlags(node);
  }

  /**
   * Length of the value, checked to be there whole: nobody is to make room for what is not. A value
   * of 2 GiB or more is none of ours.
   */
  int valueLength() {
    var _ = in.valueAt(node);
    long length = in.valueLength(node);
    if (length > Integer.MAX_VALUE - 16) {
      throw in.damaged("a value has %d bytes".formatted(length));
    }
    return (int) length;
  }

  /** Where the value begins in the file, checked to be there whole. */
  long valueAt() {
    return in.valueAt(node);
  }

  byte[] value() {
    return in.copy(valueAt(), valueLength());
  }

  /** Copies the value into an array that has room for it. */
  void copyValue(byte[] target, int at) {
    long from = valueAt();
    MemorySegment.copy(in.pages(), ValueLayout.JAVA_BYTE, from, target, at, valueLength());
  }
}
