package dev.stele.lmdb;

import dev.stele.lmdb.Meta.Tree;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Checks pages before LMDB follows them: it takes what a page says at its word, so that a changed
 * byte would end the process, or worse.
 *
 * <p>Pages that were in the file when it was opened are checked once; later ones are this process's
 * own. What changes on the disk after that is beyond it.
 *
 * <p>One thread at a time.
 */
final class PageCheck {
  private final BitSet checked = new BitSet();
  private final long lastPageAtOpen;
  private boolean rootsChecked;

  PageCheck(long lastPageAtOpen) {
    this.lastPageAtOpen = lastPageAtOpen;
  }

  /**
   * Checks all of one page: its nodes lie side by side from its upper bound to its end, and lead to
   * pages of the file.
   */
  static long requireSound(Snapshot in, long number, int kind) {
    long page = in.page(number, kind);
    int count = in.count(page);
    int[] extents = new int[count];
    for (int i = 0; i < count; i++) {
      long node = in.node(page, i);
      extents[i] = (int) (node - page) << 16 | size(in, node, kind) - 1;
    }
    Arrays.sort(extents);
    int end = Snapshot.u16(in.pages(), page + 14);
    for (int extent : extents) {
      if (extent >>> 16 != end) {
        throw in.damaged("the entries of page %d do not lie side by side".formatted(number));
      }
      end += (extent & 0xffff) + 1;
    }
    if (end != in.pageBytes()) {
      throw in.damaged("the entries of page %d do not fill it".formatted(number));
    }
    return page;
  }

  /** How many bytes of its page a node takes, checked to be there. */
  private static int size(Snapshot in, long node, int kind) {
    long size = (long) Snapshot.NODE_HEADER + in.keyLength(node);
    if (kind == Snapshot.LEAF) {
      // Checks the value, too, wherever it is.
      var _ = in.valueAt(node);
      boolean large = (in.nodeFlags(node) & Snapshot.LARGE_VALUE) != 0;
      size += large ? Long.BYTES : in.valueLength(node);
    } else if (in.child(node) < Meta.SLOTS || in.child(node) > in.meta().lastPage()) {
      throw in.damaged("a branch leads to page %d".formatted(in.child(node)));
    }
    return (int) (size + 1) & ~1;
  }

  /** Checks every page that a change at this key may touch: those on its way, and beside it. */
  void requireSoundWay(Snapshot in, Tree tree, byte[] key) {
    long number = tree.root();
    for (int level = 1; level <= tree.depth() && !tree.isEmpty(); level++) {
      boolean leaf = level == tree.depth();
      long page = once(in, number, leaf);
      if (leaf) {
        return;
      }
      int index = childFor(in, page, key);
      for (int beside = Math.max(0, index - 1);
          beside <= Math.min(in.count(page) - 1, index + 1);
          beside++) {
        var _ = once(in, in.child(in.node(page, beside)), level + 1 == tree.depth());
      }
      number = in.child(in.node(page, index));
    }
  }

  private long once(Snapshot in, long number, boolean leaf) {
    int kind = leaf ? Snapshot.LEAF : Snapshot.BRANCH;
    if (number > lastPageAtOpen || checked.get((int) number)) {
      return in.page(number, kind);
    }
    long page = requireSound(in, number, kind);
    if (!leaf && in.count(page) < 2) {
      throw in.damaged("page %d is a branch that does not divide".formatted(number));
    }
    checked.set((int) number);
    return page;
  }

  private static int childFor(Snapshot in, long page, byte[] key) {
    int low = 1;
    int high = in.count(page);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (in.compareKey(in.node(page, middle), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** Checks the tree of databases, and that of free pages, from which LMDB takes pages to write. */
  void requireSoundRootsOnce(Snapshot in) {
    if (rootsChecked) {
      return;
    }
    requireSoundTree(in, in.meta().main(), 1, in.meta().main().root());
    requireSoundTree(in, in.meta().free(), 1, in.meta().free().root());
    FreePages.forEach(in, _ -> {});
    rootsChecked = true;
  }

  private void requireSoundTree(Snapshot in, Tree tree, int level, long number) {
    if (tree.isEmpty()) {
      return;
    }
    boolean leaf = level == tree.depth();
    long page = once(in, number, leaf);
    for (int i = 0; !leaf && i < in.count(page); i++) {
      requireSoundTree(in, tree, level + 1, in.child(in.node(page, i)));
    }
  }
}
