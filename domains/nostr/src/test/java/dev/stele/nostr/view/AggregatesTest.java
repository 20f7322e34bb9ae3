package dev.stele.nostr.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.Zap;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others made of an event is counted once, in any order, and taken back when they do. */
class AggregatesTest {
  private static final NostrKey ALICE = People.person(1);
  private static final NostrKey BOB = People.person(2);
  private static final NostrKey WALLET = People.person(9);
  private static final String TARGET = "a".repeat(64);
  private static final String ROOT = "b".repeat(64);

  /** Made as BOLT 11 says, and of nobody: 20 and 10 thousandths of a satoshi, 1,500 satoshis. */
  private static final String INVOICE_20 = Invoices.of("lnbc200p", 1);

  private static final String INVOICE_1500_SAT = Invoices.of("lnbc15u", 2);

  private final Followed aggregates = Followed.inMemory(new Aggregates());

  private Aggregates.Totals of(String id) {
    return aggregates.read(tables -> Aggregates.of(tables, id));
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private static NostrEvent reply(NostrKey author, long at, List<String>... tags) {
    return author.sign(at, 1, List.of(tags), "yes");
  }

  private static NostrEvent reaction(NostrKey author, long at, String content, String target) {
    return author.sign(at, 7, List.of(People.e(ROOT), People.e(target)), content);
  }

  private static NostrEvent request(String target, List<List<String>> more) {
    List<List<String>> tags = new ArrayList<>(List.of(People.p(BOB), People.e(target)));
    tags.addAll(more);
    return ALICE.sign(1, Zap.REQUEST_KIND, tags, "");
  }

  private static NostrEvent zap(long at, String target, String invoice, NostrEvent request) {
    return zap(at, target, invoice, new String(EventJson.write(request), UTF_8));
  }

  private static NostrEvent zap(long at, String target, String invoice, String description) {
    return WALLET.sign(
        at,
        Zap.KIND,
        List.of(
            People.p(BOB),
            People.e(target),
            List.of("bolt11", invoice),
            List.of("description", description)),
        "");
  }

  @Test
  void a_reply_counts_for_what_it_answers_and_not_for_the_root() {
    aggregates.appears(
        reply(ALICE, 5, List.of("e", ROOT, "", "root"), List.of("e", TARGET, "", "reply")));
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(1, 0, "{}", 0, 5));
    assertThat(of(ROOT)).isEqualTo(Aggregates.Totals.NONE);
  }

  @Test
  void a_reply_with_nothing_but_a_root_answers_the_root() {
    aggregates.appears(reply(ALICE, 5, List.of("e", TARGET, "", "root")));
    assertThat(of(TARGET).replies()).isEqualTo(1);
  }

  @Test
  void several_replies_of_one_person_are_several() {
    aggregates.appears(reply(ALICE, 5, People.e(TARGET)), reply(ALICE, 6, People.e(TARGET)));
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(2, 0, "{}", 0, 6));
  }

  @Test
  void a_reaction_behind_a_reply_leaves_the_reply_counted() {
    aggregates.appears(reply(ALICE, 1, People.e(TARGET)), reaction(BOB, 2, "+", TARGET));
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(1, 1, "{\"+\":1}", 0, 2));
  }

  @Test
  void hundreds_at_once_are_all_counted() {
    for (int i = 0; i < 250; i++) {
      aggregates.appears(
          reply(ALICE, i, People.e(TARGET)), reaction(People.person(100 + i), i, "+", TARGET));
    }
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(250, 250, "{\"+\":250}", 0, 249));
  }

  @Test
  void a_reaction_counts_once_for_each_person_target_and_content() {
    aggregates.appears(
        reaction(ALICE, 1, "+", TARGET),
        reaction(ALICE, 2, "", TARGET),
        reaction(ALICE, 3, "🪨", TARGET),
        reaction(BOB, 4, "+", TARGET),
        reaction(BOB, 5, "+", ROOT));
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(0, 3, "{\"+\":2,\"🪨\":1}", 0, 4));
    assertThat(of(ROOT).reactions()).isEqualTo(1);
  }

  @Test
  void a_like_that_is_taken_back_leaves_the_other_one_of_the_same_person() {
    NostrEvent first = reaction(ALICE, 1, "+", TARGET);
    NostrEvent second = reaction(ALICE, 2, "+", TARGET);
    aggregates.appears(first, second).goes(first);
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(0, 1, "{\"+\":1}", 0, 2));
    aggregates.goes(second);
    assertThat(aggregates.hash()).isEqualTo(Followed.inMemory(new Aggregates()).hash());
  }

  @Test
  void contents_of_any_text_are_written_as_json() {
    aggregates.appears(reaction(ALICE, 1, "\"\\\n", TARGET));
    assertThat(of(TARGET).reactionCountsJson()).isEqualTo("{\"\\\"\\\\\\n\":1}");
  }

  @Test
  void a_long_content_is_cut_at_its_limit_and_between_characters() {
    String longest = "🪨".repeat(Aggregates.MAX_LABEL_CODE_POINTS);
    aggregates.appears(
        reaction(ALICE, 1, longest, TARGET),
        reaction(ALICE, 1, longest + "a", TARGET),
        reaction(ALICE, 1, longest + "b", TARGET));
    assertThat(of(TARGET).reactionCountsJson()).isEqualTo("{\"" + longest + "\":3}");
  }

  @Test
  void the_most_frequent_contents_are_told_and_all_are_counted() {
    for (int i = 0; i <= Aggregates.MAX_LABELS; i++) {
      aggregates.appears(reaction(ALICE, i, "c" + i, TARGET));
    }
    aggregates.appears(reaction(BOB, 1, "c7", TARGET));
    String json = of(TARGET).reactionCountsJson();
    assertThat(json).startsWith("{\"c7\":2,");
    assertThat(json.split(",")).hasSize(Aggregates.MAX_LABELS);
    assertThat(of(TARGET).reactions()).isEqualTo(Aggregates.MAX_LABELS + 2);
  }

  @Test
  void zaps_are_summed_in_thousandths_and_told_in_whole_satoshis() {
    for (int i = 0; i < 51; i++) {
      String invoice = Invoices.of("lnbc200p", 10 + i);
      aggregates.appears(zap(i, TARGET, invoice, request(TARGET, List.of())));
    }
    // 51 times 20.
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(0, 0, "{}", 1, 50));
    aggregates.appears(zap(1, TARGET, INVOICE_1500_SAT, request(TARGET, List.of())));
    assertThat(of(TARGET).zapSats()).isEqualTo(1_501);
  }

  @Test
  void an_invoice_is_paid_once_however_many_receipts_tell_of_it() {
    NostrEvent request = request(TARGET, List.of());
    NostrEvent first = zap(1, TARGET, INVOICE_1500_SAT, request);
    String shouted = INVOICE_1500_SAT.toUpperCase(Locale.ROOT);
    aggregates.appears(first, zap(2, TARGET, shouted, request)).goes(first);
    assertThat(of(TARGET)).isEqualTo(new Aggregates.Totals(0, 0, "{}", 1_500, 2));
  }

  @Test
  void a_zap_whose_request_names_the_amount_names_the_amount_of_the_invoice() {
    List<List<String>> same = List.of(List.of("amount", "1500000"));
    assertThat(Zap.of(zap(1, TARGET, INVOICE_1500_SAT, request(TARGET, same))))
        .contains(new Zap(TARGET, ALICE.pubkey(), 1_500_000, INVOICE_1500_SAT));
    for (String other : List.of("1500", "1500001", "1500000.0", "", "x", "01500000")) {
      List<List<String>> tags = List.of(List.of("amount", other));
      assertThat(Zap.of(zap(1, TARGET, INVOICE_1500_SAT, request(TARGET, tags))))
          .as(other)
          .isEmpty();
    }
  }

  @Test
  void a_zap_whose_request_nobody_signed_for_that_event_and_person_is_none() {
    NostrEvent request = request(TARGET, List.of());
    String text = new String(EventJson.write(request), UTF_8);
    assertThat(Zap.of(zap(1, TARGET, INVOICE_1500_SAT, text))).isPresent();
    NostrEvent note = ALICE.sign(1, 1, request.tags(), "");
    NostrEvent toAlice =
        ALICE.sign(1, Zap.REQUEST_KIND, List.of(People.p(ALICE), People.e(TARGET)), "");
    for (String other :
        List.of(
            "",
            "{}",
            text.replace("\"content\":\"\"", "\"content\":\"!\""),
            text.replace(request.sig(), note.sig()),
            new String(EventJson.write(note), UTF_8),
            new String(EventJson.write(toAlice), UTF_8),
            new String(EventJson.write(request(ROOT, List.of())), UTF_8))) {
      assertThat(Zap.of(zap(1, TARGET, INVOICE_1500_SAT, other))).as(other).isEmpty();
    }
  }

  @Test
  void a_zap_without_an_amount_or_an_event_is_none() {
    NostrEvent request = request(TARGET, List.of());
    assertThat(Zap.of(zap(1, TARGET, Invoices.of("lnbc", 1), request))).isEmpty();
    assertThat(Zap.of(zap(1, TARGET, "lnbc15u1x", request))).isEmpty();
    assertThat(Zap.of(WALLET.sign(1, Zap.KIND, List.of(), ""))).isEmpty();
    assertThat(Zap.of(request)).isEmpty();
    NostrEvent profile = ALICE.sign(1, Zap.REQUEST_KIND, List.of(People.p(BOB)), "");
    assertThat(
            Zap.of(
                WALLET.sign(
                    1,
                    Zap.KIND,
                    List.of(
                        People.p(BOB),
                        List.of("bolt11", INVOICE_20),
                        List.of("description", new String(EventJson.write(profile), UTF_8))),
                    "")))
        .isEmpty();
  }

  @Test
  void a_zap_is_as_large_as_its_limit_and_no_larger() {
    NostrEvent request = request(TARGET, List.of());
    assertThat(Zap.of(zap(1, TARGET, Invoices.of("lnbc100", 1), request)))
        .hasValueSatisfying(zap -> assertThat(zap.amountMsat()).isEqualTo(Zap.MAX_MSAT));
    assertThat(Zap.of(zap(1, TARGET, Invoices.of("lnbc100000000001n", 1), request))).isEmpty();
  }

  /** Five events that tread on each other's toes, in each of their 120 orders, and back. */
  @Test
  void the_order_of_arrival_does_not_matter() {
    List<NostrEvent> events =
        List.of(
            reaction(ALICE, 1, "+", TARGET),
            reaction(ALICE, 3, "", TARGET),
            reaction(BOB, 2, "-", TARGET),
            zap(9, TARGET, INVOICE_20, request(TARGET, List.of())),
            zap(4, TARGET, INVOICE_20, request(TARGET, List.of())));
    Set<String> hashes = new HashSet<>();
    Set<String> left = new HashSet<>();
    List<List<NostrEvent>> orders = permutations(events);
    assertThat(orders).hasSize(120);
    for (List<NostrEvent> order : orders) {
      try (Followed either = Followed.inMemory(new Aggregates())) {
        order.forEach(either::appears);
        hashes.add(either.hash());
        either.goes(order.get(1), order.get(3));
        assertThat(either.lines(Aggregates.AGGREGATES))
            .isEqualTo(counted(List.of(order.get(0), order.get(2), order.get(4))));
        List.of(order.get(0), order.get(2), order.get(4)).forEach(either::goes);
        left.add(either.hash());
      }
    }
    assertThat(hashes).hasSize(1);
    assertThat(left).containsExactly(Followed.inMemory(new Aggregates()).hash());
  }

  private static <T> List<List<T>> permutations(List<T> some) {
    if (some.isEmpty()) {
      return List.of(List.of());
    }
    List<List<T>> all = new ArrayList<>();
    for (T first : some) {
      List<T> others = some.stream().filter(each -> !each.equals(first)).toList();
      for (List<T> rest : permutations(others)) {
        all.add(Stream.concat(Stream.of(first), rest.stream()).toList());
      }
    }
    return all;
  }

  @Test
  void random_histories_come_to_what_is_visible_at_every_step() {
    long seed = Long.getLong("stele.seed", 20261105L);
    Random random = new Random(seed);
    List<NostrEvent> pool = pool(random);
    for (int history = 0; history < Scale.of(50); history++) {
      try (Followed either = Followed.inMemory(new Aggregates())) {
        List<NostrEvent> visible = new ArrayList<>();
        for (int step = 0; step < 150; step++) {
          NostrEvent event = pool.get(random.nextInt(pool.size()));
          if (visible.remove(event)) {
            either.goes(event);
          } else {
            visible.add(event);
            either.appears(event);
          }
          assertThat(either.lines(Aggregates.AGGREGATES))
              .as("seed %d, history %d, step %d", seed, history, step)
              .isEqualTo(counted(visible));
        }
        try (Followed again = Followed.inMemory(new Aggregates())) {
          Collections.shuffle(visible, random);
          visible.forEach(again::appears);
          assertThat(again.hash()).as("seed %d", seed).isEqualTo(either.hash());
        }
      }
    }
  }

  @Test
  void a_store_in_a_file_holds_the_same(@TempDir Path folder) {
    List<NostrEvent> pool = pool(new Random(20261106L));
    try (Followed inFile =
        new Followed(
            SqliteViewStore.openWriter(folder.resolve("parts.views.db")), new Aggregates())) {
      NostrEvent[] all = pool.toArray(NostrEvent[]::new);
      NostrEvent[] some = pool.subList(5, 25).toArray(NostrEvent[]::new);
      assertThat(inFile.appears(all).goes(some).hash())
          .isEqualTo(aggregates.appears(all).goes(some).hash());
    }
  }

  @Test
  void the_tables_are_alike_wherever_batches_end(@TempDir Path folder) {
    long seed = Long.getLong("stele.seed", 20261122L);
    Random random = new Random(seed);
    List<NostrEvent> pool = pool(random);
    for (int history = 0; history < Scale.of(20); history++) {
      int longest = 1 + random.nextInt(60);
      try (Followed oneByOne = Followed.inMemory(new Aggregates());
          Followed inBatches = Followed.inMemory(new Aggregates());
          Followed inFile =
              new Followed(
                  SqliteViewStore.openWriter(folder.resolve(history + ".views.db")),
                  new Aggregates())) {
        Set<NostrEvent> visible = new HashSet<>();
        for (int batch = 0; batch < 6; batch++) {
          List<NostrEvent> toggled =
              random.ints(1 + random.nextInt(longest), 0, pool.size()).mapToObj(pool::get).toList();
          Set<NostrEvent> before = Set.copyOf(visible);
          inBatches.batch(told -> toggled.forEach(each -> toggle(each, visible, inBatches, told)));
          Set<NostrEvent> again = new HashSet<>(before);
          inFile.batch(told -> toggled.forEach(each -> toggle(each, again, inFile, told)));
          Set<NostrEvent> once = new HashSet<>(before);
          toggled.forEach(each -> oneByOne.batch(told -> toggle(each, once, oneByOne, told)));
          assertThat(inBatches.hash())
              .as("seed %d, history %d, batch %d", seed, history, batch)
              .isEqualTo(oneByOne.hash())
              .isEqualTo(inFile.hash());
        }
      }
    }
  }

  private static void toggle(
      NostrEvent event, Set<NostrEvent> visible, Followed followed, Part.Batch batch) {
    if (visible.remove(event)) {
      followed.go(event, batch);
    } else {
      visible.add(event);
      followed.appear(event, batch);
    }
  }

  private static List<NostrEvent> pool(Random random) {
    List<String> targets = List.of(TARGET, ROOT, "c".repeat(64));
    return IntStream.range(0, 40)
        .mapToObj(
            i -> {
              String target = targets.get(random.nextInt(targets.size()));
              NostrKey author = People.person(1 + random.nextInt(3));
              return switch (random.nextInt(4)) {
                case 0 -> reply(author, i, People.e(target));
                case 1 ->
                    zap(
                        i,
                        target,
                        Invoices.of(random.nextBoolean() ? "lnbc15u" : "lnbc200p", i % 3),
                        request(target, List.of()));
                default ->
                    reaction(author, i, List.of("+", "", "-").get(random.nextInt(3)), target);
              };
            })
        .toList();
  }

  /** The same by counting everything anew. */
  private static List<String> counted(List<NostrEvent> visible) {
    Map<String, List<NostrEvent>> byTarget = new TreeMap<>();
    for (NostrEvent event : visible) {
      byTarget
          .computeIfAbsent(Zap.lastEvent(event).orElseThrow(), _ -> new ArrayList<>())
          .add(event);
    }
    List<String> lines = new ArrayList<>();
    byTarget.forEach(
        (target, events) -> {
          Set<List<String>> reactions = new HashSet<>();
          Map<String, Long> msats = new TreeMap<>();
          for (NostrEvent event : events) {
            if (event.kind() == 7) {
              String content = event.content().isEmpty() ? "+" : event.content();
              reactions.add(List.of(event.pubkey(), content));
            }
            Zap.of(event).ifPresent(zap -> msats.put(zap.invoice(), zap.amountMsat()));
          }
          long plus = reactions.stream().filter(each -> each.get(1).equals("+")).count();
          long minus = reactions.size() - plus;
          List<String> labels =
              Stream.of("+" + plus, "-" + minus)
                  .filter(label -> !label.endsWith("0") || label.length() > 2)
                  .sorted(
                      Comparator.comparingLong((String l) -> -Long.parseLong(l.substring(1)))
                          .thenComparing(l -> l))
                  .map(label -> "\"%s\":%s".formatted(label.charAt(0), label.substring(1)))
                  .toList();
          lines.add(
              "aggregates[%s, %d, %d, {%s}, %d, %d]"
                  .formatted(
                      target,
                      events.stream().filter(event -> event.kind() == 1).count(),
                      reactions.size(),
                      String.join(",", labels),
                      msats.values().stream().mapToLong(msat -> msat).sum() / 1_000,
                      events.stream().mapToLong(NostrEvent::createdAt).max().orElseThrow()));
        });
    return lines;
  }
}
