package dev.stele.nostr.negentropy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.crypto.Sha256;
import dev.stele.nostr.negentropy.ItemTree.Item;
import dev.stele.testkit.Scale;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ItemTreeTest {
  private static final Comparator<Item> ORDER =
      Comparator.comparingLong(Item::createdAt).thenComparing(Item::id);

  /** The definition of NIP-77, in numbers of any size. */
  private static byte[] fingerprint(List<Item> items) {
    BigInteger sum = BigInteger.ZERO;
    for (Item item : items) {
      sum = sum.add(new BigInteger(1, reversed(item.id().bytes())));
    }
    byte[] big = sum.mod(BigInteger.TWO.pow(256)).toByteArray();
    byte[] padded = new byte[33];
    System.arraycopy(big, 0, padded, padded.length - big.length, big.length);
    byte[] little = reversed(Arrays.copyOfRange(padded, 1, 33));
    return Arrays.copyOf(Sha256.concat(little, Varint.bytes(items.size())), 16);
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static void assertSame(ItemTree tree, List<Item> sorted, Random random) {
    assertThat(tree.size()).isEqualTo(sorted.size());
    for (int i = 0; i < 20; i++) {
      int from = random.nextInt(sorted.size() + 1);
      int to = from + random.nextInt(sorted.size() - from + 1);
      assertThat(tree.fingerprint(from, to)).isEqualTo(fingerprint(sorted.subList(from, to)));
      if (from < sorted.size()) {
        Item item = sorted.get(from);
        assertThat(tree.get(from)).isEqualTo(item);
        byte[] key = ItemTree.key(item.createdAt(), item.id().bytes());
        assertThat(tree.rank(key)).isEqualTo(from);
      }
    }
  }

  @Test
  void a_set_that_is_filled_in_order_is_the_set_and_takes_nothing_out_of_order() {
    Random random = new Random(5);
    for (int size : new int[] {0, 1, 95, 96, 97, 4_607, 4_608, 4_609, 10_000}) {
      List<Item> items = Sets.items(random, size, 3).stream().sorted(ORDER).distinct().toList();
      ItemTree.Filling filling = new ItemTree.Filling();
      for (Item item : items) {
        filling.add(item);
        filling.add(item);
      }
      assertSame(filling.tree(), items, random);
    }
    ItemTree.Filling filling = new ItemTree.Filling();
    List<Item> two = Sets.items(random, 2, 3).stream().sorted(ORDER).toList();
    filling.add(two.getLast());
    assertThatIllegalArgumentException().isThrownBy(() -> filling.add(two.getFirst()));
  }

  @Test
  void every_range_has_the_fingerprint_of_its_items_while_items_come_and_go() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    TreeSet<Item> model = new TreeSet<>(ORDER);
    ItemTree tree = ItemTree.empty();
    int changes = Scale.of(200_000);
    List<Item> pool = Sets.items(random, changes / 4, 5);
    for (int i = 0; i < changes; i++) {
      Item item = pool.get(random.nextInt(pool.size()));
      // First more come than go, then the other way round.
      if (random.nextInt(10) < (i < changes / 2 ? 7 : 2)) {
        model.add(item);
        tree = tree.plus(item);
      } else {
        model.remove(item);
        tree = tree.minus(item);
      }
      if (i % (changes / 20) == 0) {
        assertSame(tree, List.copyOf(model), random);
      }
    }
    assertThat(tree.size()).as("seed %d", seed).isEqualTo(model.size());
    assertSame(tree, List.copyOf(model), random);

    for (Item item : List.copyOf(model)) {
      tree = tree.minus(item);
    }
    assertThat(tree.size()).as("seed %d", seed).isZero();
    assertThat(tree.fingerprint(0, 0)).isEqualTo(fingerprint(List.of()));
  }

  @Test
  void a_tree_made_whole_is_the_same_set_as_one_made_item_by_item() {
    Random random = new Random(7);
    List<Item> items = Sets.items(random, 20_000, 3);
    items.addAll(items.subList(0, 1_000));
    ItemTree grown = ItemTree.empty();
    for (Item item : items) {
      grown = grown.plus(item);
    }
    ItemTree whole = ItemTree.of(items);

    assertThat(whole.size()).isEqualTo(20_000).isEqualTo(grown.size());
    assertThat(whole.fingerprint(11, 19_000)).isEqualTo(grown.fingerprint(11, 19_000));
    TreeSet<Item> model = new TreeSet<>(ORDER);
    model.addAll(items);
    assertSame(whole, new ArrayList<>(model), random);
  }

  @Test
  void whoever_holds_a_tree_sees_no_later_change() {
    List<Item> items = Sets.items(new Random(8), 1_000, 3);
    ItemTree before = ItemTree.of(items.subList(0, 500));
    byte[] fingerprint = before.fingerprint(0, 500);
    ItemTree after = before;
    for (Item item : items.subList(500, 1_000)) {
      after = after.plus(item);
    }
    for (Item item : items.subList(0, 500)) {
      after = after.minus(item);
    }

    assertThat(before.size()).isEqualTo(500);
    assertThat(before.fingerprint(0, 500)).isEqualTo(fingerprint);
    assertThat(after.fingerprint(0, 500))
        .isEqualTo(ItemTree.of(items.subList(500, 1_000)).fingerprint(0, 500));
  }

  @Test
  void what_is_there_already_and_what_never_was_change_nothing() {
    List<Item> items = Sets.items(new Random(9), 300, 3);
    ItemTree tree = ItemTree.of(items);

    assertThat(tree.plus(items.get(100))).isSameAs(tree);
    assertThat(tree.minus(new Item(5, items.getFirst().id()))).isSameAs(tree);
    assertThat(ItemTree.empty().minus(items.getFirst()).size()).isZero();
  }

  @Test
  void no_item_is_out_of_its_bounds() {
    ItemTree tree = ItemTree.of(Sets.items(new Random(10), 3, 1));

    assertThatThrownBy(() -> tree.get(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tree.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Item(-1, tree.get(0).id()))
        .withMessageContaining("-1");
  }
}
