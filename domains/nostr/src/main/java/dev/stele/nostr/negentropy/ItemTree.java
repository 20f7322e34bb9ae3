package dev.stele.nostr.negentropy;

import dev.stele.crypto.Sha256;
import dev.stele.nostr.event.NostrId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of events by (created_at, id), in that order, that knows the fingerprint of any range of
 * them without a scan.
 *
 * <p>A B-tree whose nodes hold how many items are below them and the sum of their ids. What a range
 * sums to is the sum before its end less the sum before its start, both found on one way down. A
 * change copies the nodes on its way and leaves the rest shared, so that whoever holds a tree keeps
 * an unchanging set at no cost, however long a reconciliation takes.
 *
 * <p>An item costs 40 bytes and its share of a leaf. Adding, removing and fingerprints are O(log
 * n). Immutable.
 */
public final class ItemTree {
  static final int TIME_BYTES = Long.BYTES;
  static final int ID_BYTES = NostrId.SIZE_BYTES;

  /** Time, then id, both as unsigned bytes: their order as bytes is the order of items. */
  static final int KEY_BYTES = TIME_BYTES + ID_BYTES;

  /** The length of a fingerprint: half a SHA-256. */
  static final int FINGERPRINT_BYTES = 16;

  /** In items: a leaf of 5 KiB, the copying of which costs less than the way down to it. */
  private static final int MAX_LEAF_ITEMS = 128;

  /** In children: three levels hold half a million items. */
  private static final int MAX_CHILDREN = 64;

  /** Three quarters: a tree that was made whole takes some more before it must split. */
  private static final int FILL_OF_FOUR = 3;

  private static final VarHandle TIME =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final ItemTree EMPTY = new ItemTree(null);

  private final @Nullable Node root;

  private ItemTree(@Nullable Node root) {
    this.root = root;
  }

  /**
   * One event in the set.
   *
   * @param createdAt seconds since 1970, from 0
   * @param id the event's id
   */
  public record Item(long createdAt, NostrId id) {
    /**
     * Makes an item.
     *
     * @throws IllegalArgumentException if {@code createdAt} is below 0
     */
    public Item {
      if (createdAt < 0) {
        throw new IllegalArgumentException("created_at must be 0 or more, not " + createdAt);
      }
    }
  }

  /** Returns the set without items. */
  public static ItemTree empty() {
    return EMPTY;
  }

  /** Returns the set of {@code items}, in whatever order they come; O(n log n). */
  public static ItemTree of(Collection<Item> items) {
    byte[][] keys = new byte[items.size()][];
    int n = 0;
    for (Item item : items) {
      keys[n++] = key(item.createdAt(), item.id().bytes());
    }
    Arrays.sort(keys, Arrays::compareUnsigned);
    Filling filling = new Filling();
    for (byte[] key : keys) {
      filling.add(key);
    }
    return filling.tree();
  }

  /**
   * A set whose items come in their order, so that however many they are no more is held than the
   * set. One thread, for one set.
   */
  public static final class Filling {
    private static final int FILL_ITEMS = MAX_LEAF_ITEMS * FILL_OF_FOUR / 4;

    private final List<Node> leaves = new ArrayList<>();
    private byte[] keys = new byte[FILL_ITEMS * KEY_BYTES];
    private int held;
    private byte[] last = new byte[0];

    /** Begins without items. */
    public Filling() {}

    /**
     * Adds the next item; the last one again changes nothing.
     *
     * @throws IllegalArgumentException if it is before the last one
     */
    public void add(Item item) {
      byte[] key = key(item.createdAt(), item.id().bytes());
      if (Arrays.compareUnsigned(key, last) < 0) {
        throw new IllegalArgumentException("items come in their order, and this one too late");
      }
      add(key);
    }

    private void add(byte[] key) {
      if (Arrays.equals(last, key)) {
        return;
      }
      last = key;
      System.arraycopy(key, 0, keys, held++ * KEY_BYTES, KEY_BYTES);
      if (held == FILL_ITEMS) {
        leaves.add(new Leaf(keys));
        keys = new byte[FILL_ITEMS * KEY_BYTES];
        held = 0;
      }
    }

    /** Returns the set; nothing may be added any more. */
    public ItemTree tree() {
      if (held > 0) {
        leaves.add(new Leaf(Arrays.copyOf(keys, held * KEY_BYTES)));
      }
      List<Node> level = leaves;
      while (level.size() > 1) {
        level = parents(level);
      }
      return level.isEmpty() ? EMPTY : new ItemTree(level.getFirst());
    }
  }

  private static List<Node> parents(List<Node> children) {
    List<Node> parents = new ArrayList<>();
    int fill = MAX_CHILDREN * FILL_OF_FOUR / 4;
    for (int from = 0; from < children.size(); from += fill) {
      int to = Math.min(children.size(), from + fill);
      parents.add(new Inner(children.subList(from, to).toArray(Node[]::new)));
    }
    return parents;
  }

  /** Returns this set and one item more; this set if it holds the item already. */
  public ItemTree plus(Item item) {
    byte[] key = key(item.createdAt(), item.id().bytes());
    if (root == null) {
      return new ItemTree(new Leaf(key));
    }
    Node[] grown = root.plus(key);
    if (grown.length > 1) {
      return new ItemTree(new Inner(grown));
    }
    return grown[0] == root ? this : new ItemTree(grown[0]);
  }

  /** Returns this set without one item; this set if it does not hold the item. */
  public ItemTree minus(Item item) {
    if (root == null) {
      return this;
    }
    Node left = root.minus(key(item.createdAt(), item.id().bytes()));
    if (left == root) {
      return this;
    }
    while (left instanceof Inner inner && inner.children.length == 1) {
      left = inner.children[0];
    }
    return left == null ? EMPTY : new ItemTree(left);
  }

  /** Returns how many items there are. */
  public int size() {
    return root == null ? 0 : root.size();
  }

  /**
   * Returns the item at {@code index} in order, counted from 0; O(log n).
   *
   * @throws IndexOutOfBoundsException if there is none
   */
  public Item get(int index) {
    byte[] key = keyAt(index);
    return new Item(time(key), new NostrId(Arrays.copyOfRange(key, TIME_BYTES, KEY_BYTES)));
  }

  byte[] keyAt(int index) {
    if (root == null || index < 0 || index >= root.size()) {
      throw new IndexOutOfBoundsException("index " + index + " of " + size() + " items");
    }
    return root.keyAt(index);
  }

  /** Returns how many items are below {@code key}. */
  int rank(byte[] key) {
    return root == null ? 0 : root.rank(key);
  }

  /** Returns the fingerprint of the items from {@code from} up to, not with, {@code to}. */
  byte[] fingerprint(int from, int to) {
    IdSum sum = new IdSum();
    if (root != null && to > from) {
      root.sumFirst(to, sum);
      IdSum before = new IdSum();
      root.sumFirst(from, before);
      sum.subtract(before);
    }
    byte[] summed = new byte[IdSum.SIZE_BYTES];
    sum.writeTo(summed, 0);
    return Arrays.copyOf(Sha256.concat(summed, Varint.bytes(to - from)), FINGERPRINT_BYTES);
  }

  static byte[] key(long time, byte[] id) {
    byte[] key = new byte[KEY_BYTES];
    TIME.set(key, 0, time);
    System.arraycopy(id, 0, key, TIME_BYTES, ID_BYTES);
    return key;
  }

  static long time(byte[] key) {
    return (long) TIME.get(key, 0);
  }

  private sealed interface Node {
    int size();

    IdSum sum();

    /** Where the lowest item is. */
    Leaf lowest();

    /** This node with the key: itself if it is there, two nodes if one is too small for it. */
    Node[] plus(byte[] key);

    /** This node without the key: itself if it is not there, null if nothing is left. */
    @Nullable Node minus(byte[] key);

    byte[] keyAt(int index);

    int rank(byte[] key);

    /** Adds the ids of the first {@code count} items. */
    void sumFirst(int count, IdSum sum);

    /** One node of this and the next, if both together are half full at most. */
    @Nullable Node with(Node next);
  }

  private static final class Leaf implements Node {
    /** One after the other, in order. */
    final byte[] keys;

    private final IdSum sum = new IdSum();

    Leaf(byte[] keys) {
      this.keys = keys;
      sumFirst(size(), sum);
    }

    @Override
    public int size() {
      return keys.length / KEY_BYTES;
    }

    @Override
    public IdSum sum() {
      return sum;
    }

    @Override
    public Leaf lowest() {
      return this;
    }

    int compare(int index, byte[] key) {
      int at = index * KEY_BYTES;
      return Arrays.compareUnsigned(keys, at, at + KEY_BYTES, key, 0, KEY_BYTES);
    }

    private boolean holds(int index, byte[] key) {
      return index < size() && compare(index, key) == 0;
    }

    @Override
    public Node[] plus(byte[] key) {
      int index = rank(key);
      if (holds(index, key)) {
        return new Node[] {this};
      }
      int at = index * KEY_BYTES;
      byte[] more = new byte[keys.length + KEY_BYTES];
      System.arraycopy(keys, 0, more, 0, at);
      System.arraycopy(key, 0, more, at, KEY_BYTES);
      System.arraycopy(keys, at, more, at + KEY_BYTES, keys.length - at);
      if (more.length <= MAX_LEAF_ITEMS * KEY_BYTES) {
        return new Node[] {new Leaf(more)};
      }
      int half = (MAX_LEAF_ITEMS + 1) / 2 * KEY_BYTES;
      return new Node[] {
        new Leaf(Arrays.copyOf(more, half)), new Leaf(Arrays.copyOfRange(more, half, more.length))
      };
    }

    @Override
    public @Nullable Node minus(byte[] key) {
      int index = rank(key);
      if (!holds(index, key)) {
        return this;
      }
      if (size() == 1) {
        return null;
      }
      int at = index * KEY_BYTES;
      byte[] fewer = Arrays.copyOf(keys, keys.length - KEY_BYTES);
      System.arraycopy(keys, at + KEY_BYTES, fewer, at, fewer.length - at);
      return new Leaf(fewer);
    }

    @Override
    public byte[] keyAt(int index) {
      return Arrays.copyOfRange(keys, index * KEY_BYTES, (index + 1) * KEY_BYTES);
    }

    @Override
    public int rank(byte[] key) {
      int low = 0;
      int high = size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (compare(middle, key) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    @Override
    public void sumFirst(int count, IdSum into) {
      for (int i = 0; i < count; i++) {
        into.add(keys, i * KEY_BYTES + TIME_BYTES);
      }
    }

    @Override
    public @Nullable Node with(Node next) {
      if (!(next instanceof Leaf leaf) || size() + leaf.size() > MAX_LEAF_ITEMS / 2) {
        return null;
      }
      byte[] both = Arrays.copyOf(keys, keys.length + leaf.keys.length);
      System.arraycopy(leaf.keys, 0, both, keys.length, leaf.keys.length);
      return new Leaf(both);
    }
  }

  /** All leaves are equally deep: nodes split and merge only with those beside them. */
  private static final class Inner implements Node {
    final Node[] children;
    private final int size;
    private final IdSum sum = new IdSum();

    Inner(Node[] children) {
      this.children = children;
      int items = 0;
      for (Node child : children) {
        items += child.size();
        sum.add(child.sum());
      }
      this.size = items;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public IdSum sum() {
      return sum;
    }

    @Override
    public Leaf lowest() {
      return children[0].lowest();
    }

    /** The child that holds the key, if one does. */
    private int childOf(byte[] key) {
      int low = 1;
      int high = children.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (children[middle].lowest().compare(0, key) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low - 1;
    }

    @Override
    public Node[] plus(byte[] key) {
      int at = childOf(key);
      Node[] grown = children[at].plus(key);
      if (grown.length == 1) {
        return new Node[] {grown[0] == children[at] ? this : replaced(at, 1, grown)};
      }
      Inner wider = replaced(at, 1, grown);
      if (wider.children.length <= MAX_CHILDREN) {
        return new Node[] {wider};
      }
      int half = wider.children.length / 2;
      return new Node[] {
        new Inner(Arrays.copyOf(wider.children, half)),
        new Inner(Arrays.copyOfRange(wider.children, half, wider.children.length))
      };
    }

    private Inner replaced(int at, int count, Node... by) {
      Node[] changed = new Node[children.length - count + by.length];
      System.arraycopy(children, 0, changed, 0, at);
      System.arraycopy(by, 0, changed, at, by.length);
      System.arraycopy(children, at + count, changed, at + by.length, children.length - at - count);
      return new Inner(changed);
    }

    @Override
    public @Nullable Node minus(byte[] key) {
      int at = childOf(key);
      Node left = children[at].minus(key);
      if (left == children[at]) {
        return this;
      }
      if (left == null) {
        return children.length == 1 ? null : replaced(at, 1);
      }
      Node joined = at > 0 ? children[at - 1].with(left) : null;
      if (joined != null) {
        return replaced(at - 1, 2, joined);
      }
      joined = at + 1 < children.length ? left.with(children[at + 1]) : null;
      return joined != null ? replaced(at, 2, joined) : replaced(at, 1, left);
    }

    @Override
    public byte[] keyAt(int index) {
      int left = index;
      int at = 0;
      while (left >= children[at].size()) {
        left -= children[at++].size();
      }
      return children[at].keyAt(left);
    }

    @Override
    public int rank(byte[] key) {
      int at = childOf(key);
      int before = 0;
      for (int i = 0; i < at; i++) {
        before += children[i].size();
      }
      return before + children[at].rank(key);
    }

    @Override
    public void sumFirst(int count, IdSum into) {
      int left = count;
      for (Node child : children) {
        if (left < child.size()) {
          child.sumFirst(left, into);
          return;
        }
        into.add(child.sum());
        left -= child.size();
      }
    }

    @Override
    public @Nullable Node with(Node next) {
      if (!(next instanceof Inner inner)
          || children.length + inner.children.length > MAX_CHILDREN / 2) {
        return null;
      }
      Node[] both = Arrays.copyOf(children, children.length + inner.children.length);
      System.arraycopy(inner.children, 0, both, children.length, inner.children.length);
      return new Inner(both);
    }
  }
}
