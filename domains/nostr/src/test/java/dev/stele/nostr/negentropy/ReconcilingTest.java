package dev.stele.nostr.negentropy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.negentropy.ItemTree.Item;
import dev.stele.testkit.Scale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReconcilingTest {
  private static final int MAX_ROUNDS = 10_000;

  private record Outcome(Set<NostrId> onlyOurs, Set<NostrId> onlyTheirs, int rounds, long bytes) {}

  private static Outcome reconcile(ItemTree ours, ItemTree theirs, int maxMessageBytes) {
    Initiator initiator = Initiator.of(ours, maxMessageBytes);
    Responder responder = Responder.of(theirs, maxMessageBytes);
    Set<NostrId> onlyOurs = new HashSet<>();
    Set<NostrId> onlyTheirs = new HashSet<>();
    byte[] message = initiator.opening();
    long bytes = 0;
    for (int round = 1; round <= MAX_ROUNDS; round++) {
      byte[] answer = answer(responder, message);
      assertThat(message.length).isLessThanOrEqualTo(maxMessageBytes);
      assertThat(answer.length).isLessThanOrEqualTo(maxMessageBytes);
      bytes += message.length + answer.length;
      switch (initiator.receive(answer)) {
        case Initiator.Next(var next, var have, var need) -> {
          addNew(onlyOurs, have);
          addNew(onlyTheirs, need);
          message = next;
        }
        case Initiator.Done(var have, var need) -> {
          addNew(onlyOurs, have);
          addNew(onlyTheirs, need);
          return new Outcome(onlyOurs, onlyTheirs, round, bytes);
        }
        case Initiator.Failed(String reason) -> throw new AssertionError(reason);
      }
    }
    throw new AssertionError("no end after " + MAX_ROUNDS + " rounds");
  }

  private static void addNew(Set<NostrId> all, List<NostrId> more) {
    for (NostrId id : more) {
      assertThat(all.add(id)).as("%s is told once", id).isTrue();
    }
  }

  private static byte[] answer(Responder responder, byte[] message) {
    return switch (responder.answer(message)) {
      case Responder.Message(byte[] bytes) -> bytes;
      case Responder.Refused(String reason) -> throw new AssertionError(reason);
    };
  }

  private static Set<NostrId> ids(List<Item> items) {
    Set<NostrId> ids = new HashSet<>();
    items.forEach(item -> ids.add(item.id()));
    return ids;
  }

  private static Outcome check(List<Item> items, int ours, int theirs, int maxMessageBytes) {
    List<Item> onlyOurs = items.subList(0, ours);
    List<Item> onlyTheirs = items.subList(ours, ours + theirs);
    List<Item> shared = items.subList(ours + theirs, items.size());
    List<Item> left = new ArrayList<>(onlyOurs);
    left.addAll(shared);
    List<Item> right = new ArrayList<>(onlyTheirs);
    right.addAll(shared);
    Outcome outcome = reconcile(ItemTree.of(left), ItemTree.of(right), maxMessageBytes);
    assertThat(outcome.onlyOurs()).isEqualTo(ids(onlyOurs));
    assertThat(outcome.onlyTheirs()).isEqualTo(ids(onlyTheirs));
    return outcome;
  }

  @Test
  void both_sides_learn_exactly_what_the_other_lacks() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int[] sizes = {0, 1, 31, 32, 33, 500, Scale.of(300_000)};
    for (int size : sizes) {
      for (int perSecond : new int[] {1, 50, Math.max(1, size)}) {
        List<Item> items = Sets.items(random, size, perSecond);
        int ours = random.nextInt(size / 10 + 1);
        int theirs = random.nextInt(size / 10 + 1);
        try {
          check(items, ours, theirs, 60_000);
          check(items, 0, 0, 4_096);
        } catch (AssertionError e) {
          throw new AssertionError("seed " + seed + ", " + size + " items", e);
        }
      }
    }
  }

  @Test
  void a_few_that_differ_among_many_cost_a_few_messages() {
    List<Item> items = Sets.items(new Random(3), 50_000, 2);

    Outcome outcome = check(items, 10, 10, 60_000);

    assertThat(outcome.rounds()).isLessThanOrEqualTo(4);
    assertThat(outcome.bytes()).isLessThan(50_000L);
  }

  @Test
  void small_messages_lead_to_the_same_end_in_more_rounds() {
    List<Item> items = Sets.items(new Random(4), 20_000, 2);

    Outcome small = check(items, 3_000, 3_000, 4_096);
    Outcome large = check(items, 3_000, 3_000, 60_000);

    assertThat(small.rounds()).isGreaterThan(large.rounds());
  }

  @Test
  void one_side_may_have_nothing_at_all() {
    List<Item> items = Sets.items(new Random(5), 5_000, 2);

    check(items, 5_000, 0, 4_096);
    check(items, 0, 5_000, 4_096);
  }

  @Test
  void the_bytes_are_those_of_the_protocol() {
    byte[] low = new byte[32];
    Arrays.fill(low, (byte) 0x11);
    ItemTree one = ItemTree.of(List.of(new Item(1_000, new NostrId(low))));
    String ids = "61" + "00" + "00" + "02" + "01" + "11".repeat(32);

    // Version; up to infinity, no id: a list; of one.
    assertThat(HexFormat.of().formatHex(Initiator.of(one).opening())).isEqualTo(ids);
    assertThat(HexFormat.of().formatHex(Initiator.of(ItemTree.empty()).opening()))
        .isEqualTo("6100000200");
    assertThat(HexFormat.of().formatHex(answer(Responder.of(one), hex("6100000200"))))
        .isEqualTo(ids);
    // The same list back from both sides: nothing more to say.
    assertThat(Initiator.of(one).receive(hex(ids)))
        .isEqualTo(new Initiator.Done(List.of(), List.of()));
    // Below time 1001 there is our item, after it nothing: skip to there, and list an empty rest.
    assertThat(HexFormat.of().formatHex(answer(Responder.of(one), hex("61876a0000" + "00000200"))))
        .isEqualTo("61876a0000" + "00000200");
    assertThat(Varint.bytes(1_001)).isEqualTo(hex("8769"));
    assertThat(Varint.bytes(-1)).isEqualTo(hex("81ffffffffffffffff7f"));
  }

  @Test
  void a_bound_says_no_more_of_an_id_than_it_must() {
    byte[] last = ItemTree.key(5, id("aabbcc"));

    assertThat(Bound.between(last, ItemTree.key(6, id("aabbcc"))).prefixBytes).isZero();
    assertThat(Bound.between(last, ItemTree.key(5, id("ab"))).prefixBytes).isEqualTo(1);
    assertThat(Bound.between(last, ItemTree.key(5, id("aabbcd"))).prefixBytes).isEqualTo(3);
    assertThat(Bound.between(last, ItemTree.key(5, id("aabbcd"))).key)
        .isEqualTo(ItemTree.key(5, id("aabbcd")));
  }

  private static byte[] id(String begins) {
    return Arrays.copyOf(hex(begins), 32);
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  @Test
  void another_version_is_answered_with_ours_and_ends_an_initiator() {
    Responder responder = Responder.of(ItemTree.empty());

    assertThat(answer(responder, hex("62"))).isEqualTo(hex("61"));
    assertThat(responder.answer(hex("7b22"))).isInstanceOf(Responder.Refused.class);
    assertThat(responder.answer(new byte[0])).isInstanceOf(Responder.Refused.class);
    assertThat(Initiator.of(ItemTree.empty()).receive(hex("60")))
        .isInstanceOf(Initiator.Failed.class);
  }

  @Test
  void what_is_cut_short_out_of_order_or_too_long_is_refused_with_a_reason() {
    Responder responder = Responder.of(ItemTree.of(Sets.items(new Random(6), 100, 2)));
    for (String message :
        List.of(
            "6100",
            "610000",
            "61000003",
            "61000001" + "00".repeat(15),
            "61000002" + "02" + "11".repeat(63),
            "61000002" + "81ffffffffffffffff7f",
            "61000002" + "83ffffffffffffffff7f",
            "610021" + "11".repeat(33) + "00",
            "610501bb00" + "0101aa00")) {
      assertThat(responder.answer(hex(message)))
          .as(message)
          .isInstanceOfSatisfying(
              Responder.Refused.class, refused -> assertThat(refused.reason()).isNotEmpty());
    }
  }

  @Test
  void a_message_of_noise_is_answered_or_refused_and_never_more() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<Item> items = Sets.items(random, 3_000, 4);
    ItemTree tree = ItemTree.of(items);
    Collections.shuffle(items, random);
    Responder responder = Responder.of(tree, 4_096);
    Initiator initiator = Initiator.of(ItemTree.of(items.subList(0, 2_000)), 4_096);
    for (int i = 0; i < Scale.of(100_000); i++) {
      byte[] message = noise(initiator.opening(), random);
      if (responder.answer(message) instanceof Responder.Message(byte[] bytes)) {
        assertThat(bytes.length).as("seed %d", seed).isLessThanOrEqualTo(4_096);
      }
      if (initiator.receive(message) instanceof Initiator.Next next) {
        assertThat(next.message().length).as("seed %d", seed).isLessThanOrEqualTo(4_096);
      }
    }
  }

  private static byte[] noise(byte[] message, Random random) {
    byte[] noise = message.clone();
    for (int flips = random.nextInt(4); flips >= 0; flips--) {
      noise[random.nextInt(noise.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(3) == 0 ? Arrays.copyOf(noise, random.nextInt(2 * noise.length)) : noise;
  }

  @Test
  void a_message_needs_room_for_a_step_forward() {
    Responder.of(ItemTree.empty(), 4_096);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Responder.of(ItemTree.empty(), 4_095))
        .withMessageContaining("4095");
  }
}
