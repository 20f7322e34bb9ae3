package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.NOW;
import static dev.stele.nostr.relay.Talk.auth;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.ok;
import static dev.stele.nostr.relay.Talk.publish;
import static dev.stele.nostr.relay.Talk.refused;
import static dev.stele.nostr.relay.Talk.rest;
import static dev.stele.nostr.relay.Talk.say;
import static dev.stele.nostr.relay.Talk.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.PublicKey;
import dev.stele.testkit.TestLogs;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PoliciesTest {
  private static PublicKey publicKey(NostrKey key) {
    return PublicKey.ofHex(key.pubkey());
  }

  private static String answer(Policy policy, NostrEvent event) {
    return say(new Talk(Talk.SMALL, policy).connect(), publish(event)).getLast();
  }

  private static void takes(Policy policy, NostrEvent event) {
    assertThat(answer(policy, event)).isEqualTo(ok(event));
  }

  private static void refuses(Policy policy, NostrEvent event, String prefix) {
    assertThat(answer(policy, event)).startsWith(refused(event, prefix + ": "));
  }

  @Test
  void authors_and_kinds_are_let_in_or_kept_out() {
    NostrEvent note = note(ALICE, NOW, "hello");

    takes(Policy.onlyAuthors(Set.of(publicKey(ALICE))), note);
    refuses(Policy.onlyAuthors(Set.of(publicKey(BOB))), note, "restricted");
    takes(Policy.notAuthors(Set.of(publicKey(BOB))), note);
    refuses(Policy.notAuthors(Set.of(publicKey(ALICE))), note, "blocked");
    takes(Policy.onlyKinds(Set.of(1)), note);
    refuses(Policy.onlyKinds(Set.of(0)), note, "blocked");
    takes(Policy.notKinds(Set.of(0)), note);
    refuses(Policy.notKinds(Set.of(1)), note, "blocked");
    refuses(Policy.authenticatedWriters(), note, "auth-required");
  }

  @Test
  void sizes_and_dates_are_bounded_to_the_last_one() {
    NostrEvent note = note(ALICE, NOW, "héé𝄞", List.of("t", "a"));
    Duration hour = Duration.ofHours(1);

    takes(Policy.size(1, 4), note);
    refuses(Policy.size(0, 4), note, "invalid");
    refuses(Policy.size(1, 3), note, "invalid");
    takes(Policy.notOlderThan(hour, () -> TestLogs.START), note(ALICE, NOW - 3_600, ""));
    refuses(
        Policy.notOlderThan(hour, () -> TestLogs.START), note(ALICE, NOW - 3_601, ""), "invalid");
    takes(Policy.notAheadBy(hour, () -> TestLogs.START), note(ALICE, NOW + 3_600, ""));
    refuses(Policy.notAheadBy(hour, () -> TestLogs.START), note(ALICE, NOW + 3_601, ""), "invalid");
  }

  /** An event whose id begins with so many zero bits and with no more. */
  private static NostrEvent mined(int bits, String target) {
    for (int nonce = 0; ; nonce++) {
      NostrEvent event = note(ALICE, NOW, "", List.of("nonce", "" + nonce, target));
      if (ProofOfWork.bits(event.id()) == bits) {
        return event;
      }
    }
  }

  @Test
  void work_counts_as_far_as_it_was_aimed_for() {
    takes(Policy.proofOfWork(6), mined(6, "6"));
    takes(Policy.proofOfWork(6), mined(7, "20"));
    refuses(Policy.proofOfWork(6), mined(5, "6"), "pow");
    refuses(Policy.proofOfWork(6), mined(7, "5"), "pow");
    refuses(Policy.proofOfWork(6), mined(7, "many"), "pow");
    takes(Policy.proofOfWork(0), note(ALICE, NOW, ""));
    assertThat(ProofOfWork.bits("0".repeat(64))).isEqualTo(256);
    assertThat(ProofOfWork.bits("000000000e9d97a1" + "0".repeat(48))).isEqualTo(36);
    assertThat(ProofOfWork.bits("8" + "0".repeat(63))).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> Policy.proofOfWork(257));
  }

  @Test
  void a_bucket_fills_with_time_and_each_origin_has_its_own() {
    AtomicLong nanos = new AtomicLong();
    TokenBuckets buckets = new TokenBuckets(60, 2, nanos::get);

    assertThat(buckets.take("a")).isTrue();
    assertThat(buckets.take("a")).isTrue();
    assertThat(buckets.take("a")).isFalse();
    assertThat(buckets.take("b")).isTrue();
    nanos.addAndGet(999_000_000L);
    assertThat(buckets.take("a")).isFalse();
    nanos.addAndGet(1_000_000L);
    assertThat(buckets.take("a")).isTrue();
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    assertThat(buckets.take("a")).isTrue();
    assertThat(buckets.take("a")).isTrue();
    assertThat(buckets.take("a")).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenBuckets(0, 1, nanos::get));
  }

  @Test
  void who_comes_last_is_remembered_and_who_came_long_ago_begins_anew() {
    TokenBuckets buckets = new TokenBuckets(1, 1, () -> 0);
    for (int i = 0; i < TokenBuckets.MAX_CALLERS; i++) {
      assertThat(buckets.take("caller " + i)).isTrue();
    }
    assertThat(buckets.take("caller 0")).isFalse();
    assertThat(buckets.take("one more")).isTrue();
    assertThat(buckets.take("caller 0")).isFalse();
    assertThat(buckets.take("caller 1")).isTrue();
  }

  @Test
  void too_many_events_and_too_many_requests_are_told_so() {
    TokenBuckets one = new TokenBuckets(1, 1, () -> 0);
    TokenBuckets other = new TokenBuckets(1, 1, () -> 0);
    RelaySession session =
        new Talk(Talk.SMALL, Policy.eventRate(one), Policy.requestRate(other)).connect();

    assertThat(say(session, publish(note(ALICE, NOW, "1"))))
        .containsExactly(ok(note(ALICE, NOW, "1")));
    assertThat(say(session, publish(note(ALICE, NOW, "2"))).getFirst()).contains("rate-limited: ");
    assertThat(say(session, "[\"REQ\",\"s\",{}]")).hasSize(2);
    assertThat(say(session, "[\"COUNT\",\"s\",{}]").getFirst())
        .startsWith("[\"CLOSED\",\"s\",\"rate-limited: ");
    assertThat(say(session, "[\"NEG-OPEN\",\"s\",{},\"6100000200\"]").getFirst())
        .startsWith("[\"NEG-ERR\",\"s\",\"rate-limited: ");
  }

  @Test
  void nobody_reads_but_the_readers() {
    Talk talk = new Talk(Talk.SMALL, Policy.onlyReaders(Set.of(publicKey(ALICE))));
    RelaySession session = talk.connect();

    assertThat(say(session, "[\"REQ\",\"s\",{}]").getLast()).contains("auth-required: ");
    var _ = say(session, auth(session, BOB));
    assertThat(say(session, "[\"REQ\",\"s\",{}]").getLast()).contains("restricted: ");
    var _ = say(session, auth(session, ALICE));
    assertThat(say(session, "[\"REQ\",\"s\",{}]").getLast()).startsWith("[\"EOSE\"");
  }

  @Test
  void letters_go_to_their_parties_alone_stored_and_live_and_in_reconciliation() {
    Talk talk = new Talk(Talk.SMALL, Policy.partiesOnly(Set.of(4, 1059)));
    RelaySession stranger = talk.connect();
    RelaySession party = talk.connect();
    var _ = say(party, auth(party, BOB));
    NostrEvent stored = ALICE.sign(NOW, 4, List.of(List.of("p", BOB.pubkey())), "stored");
    NostrEvent live = ALICE.sign(NOW + 1, 4, List.of(List.of("p", BOB.pubkey())), "live");
    talk.store.store(stored);

    assertThat(say(stranger, "[\"REQ\",\"s\",{}]")).hasSize(1);
    assertThat(say(party, "[\"REQ\",\"s\",{}]")).hasSize(2).contains(told("s", stored));
    talk.store.store(live);
    assertThat(rest(stranger)).isEmpty();
    assertThat(rest(party)).containsExactly(told("s", live));
    String open = "[\"NEG-OPEN\",\"n\",{},\"6100000200\"]";
    assertThat(say(stranger, open)).containsExactly("[\"NEG-MSG\",\"n\",\"6100000200\"]");
    assertThat(say(party, open).getFirst()).contains(stored.id()).contains(live.id());
  }

  private static NostrEvent letter(NostrKey from, NostrKey to, long at) {
    return from.sign(at, 4, List.of(List.of("p", to.pubkey())), "letter");
  }

  private static String counted(RelaySession session, String filters) {
    return say(session, "[\"COUNT\",\"c\"," + filters + "]").getLast();
  }

  private static long tells(RelaySession session, String filters) {
    return say(session, "[\"REQ\",\"s\"," + filters + "]").stream()
        .filter(frame -> frame.startsWith("[\"EVENT\""))
        .count();
  }

  @Test
  void nobody_learns_by_counting_what_they_may_not_read() {
    Talk talk = new Talk(Talk.SMALL, Policy.partiesOnly(Set.of(4, 1059)));
    NostrKey carol = Talk.key(3);
    for (NostrEvent event :
        List.of(
            letter(ALICE, BOB, NOW),
            letter(BOB, ALICE, NOW + 1),
            letter(ALICE, carol, NOW + 2),
            note(ALICE, NOW, "for all", List.of("p", BOB.pubkey())),
            note(carol, NOW, "for all"))) {
      talk.store.store(event);
    }
    RelaySession stranger = talk.connect();
    RelaySession bob = talk.connect();
    var _ = say(bob, auth(bob, BOB));
    String toBob = "{\"#p\":[\"" + BOB.pubkey() + "\"]}";

    for (String filters :
        List.of(
            "{}",
            "{\"kinds\":[4]}",
            "{\"kinds\":[1,4],\"authors\":[\"" + ALICE.pubkey() + "\"]}",
            "{\"kinds\":[1]}",
            "{\"kinds\":[4],\"limit\":0},{\"kinds\":[4,1]}",
            "{\"kinds\":[]}",
            toBob)) {
      for (RelaySession each : List.of(stranger, bob)) {
        String readable = filters.replace("\"limit\":0", "\"limit\":50");
        assertThat(counted(each, filters))
            .as(filters)
            .startsWith("[\"COUNT\",\"c\",{\"count\":" + tells(each, readable));
      }
    }
    assertThat(counted(stranger, "{}")).isEqualTo("[\"COUNT\",\"c\",{\"count\":2}]");
    assertThat(counted(bob, "{}")).isEqualTo("[\"COUNT\",\"c\",{\"count\":4}]");
  }

  @Test
  void registers_hold_no_author_of_what_may_not_be_read() {
    Talk closed = new Talk(Talk.SMALL, Policy.partiesOnly(Set.of(4)));
    Talk none = new Talk(Talk.SMALL, Policy.partiesOnly(Set.of(4)));
    closed.store.store(letter(ALICE, BOB, NOW));
    String toBob = "{\"#p\":[\"" + BOB.pubkey() + "\"]}";
    RelaySession bob = closed.connect();
    var _ = say(bob, auth(bob, BOB));

    assertThat(counted(closed.connect(), toBob))
        .isEqualTo(counted(none.connect(), toBob))
        .contains("\"hll\":\"" + "0".repeat(512));
    assertThat(counted(bob, toBob)).doesNotContain("0".repeat(512));
  }

  @Test
  void more_of_what_is_not_for_everybody_than_is_looked_at_is_not_counted_but_refused() {
    RelayLimits few =
        new RelayLimits(512 * 1024, 8, 3, 50, 20, 2, 3, 64, 5, Duration.ofMinutes(10));
    Talk talk = new Talk(few, Policy.partiesOnly(Set.of(4)));
    for (int i = 0; i < 3; i++) {
      talk.store.store(letter(ALICE, BOB, NOW + i));
    }
    RelaySession stranger = talk.connect();
    assertThat(counted(stranger, "{}")).isEqualTo("[\"COUNT\",\"c\",{\"count\":0}]");
    talk.store.store(letter(ALICE, BOB, NOW + 3));
    assertThat(counted(stranger, "{}")).startsWith("[\"CLOSED\",\"c\",\"restricted: ");
    assertThat(counted(stranger, "{\"kinds\":[1]}")).isEqualTo("[\"COUNT\",\"c\",{\"count\":0}]");
  }
}
