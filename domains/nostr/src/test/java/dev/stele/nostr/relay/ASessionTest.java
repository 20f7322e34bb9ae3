package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.NOW;
import static dev.stele.nostr.relay.Talk.URL;
import static dev.stele.nostr.relay.Talk.auth;
import static dev.stele.nostr.relay.Talk.json;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.ok;
import static dev.stele.nostr.relay.Talk.publish;
import static dev.stele.nostr.relay.Talk.refused;
import static dev.stele.nostr.relay.Talk.rest;
import static dev.stele.nostr.relay.Talk.say;
import static dev.stele.nostr.relay.Talk.told;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ASessionTest {
  private final Talk talk = new Talk(Talk.SMALL);
  private final RelaySession session = talk.connect();

  private String only(String frame) {
    List<String> frames = say(session, frame);
    assertThat(frames).as(frame).hasSize(1);
    return frames.getFirst();
  }

  @Test
  void an_event_is_taken_once_and_known_again() {
    NostrEvent event = note(ALICE, NOW, "hello");

    assertThat(only(publish(event))).isEqualTo(ok(event));
    assertThat(only(publish(event)))
        .startsWith("[\"OK\",\"" + event.id() + "\",true,\"duplicate: ");
  }

  @Test
  void an_event_that_is_not_genuine_is_refused_under_its_id() {
    NostrEvent event = note(ALICE, NOW, "hello");
    NostrEvent other = note(ALICE, NOW, "other");

    assertThat(only(publish(event).replace("hello", "hullo")))
        .startsWith(refused(event, "invalid: "));
    assertThat(only(publish(event).replace(event.sig(), other.sig())))
        .startsWith(refused(event, "invalid: "));
  }

  @Test
  void what_is_no_event_is_refused_under_its_id_where_it_has_one() {
    NostrEvent event = note(ALICE, NOW, "hello");

    assertThat(only("[\"EVENT\",{\"id\":\"" + event.id() + "\"}]"))
        .startsWith(refused(event, "invalid: "));
    assertThat(only("[\"EVENT\",{\"id\":\"" + event.id() + "\",\"kind\":tru"))
        .startsWith(refused(event, "invalid: "));
    assertThat(only("[\"EVENT\"," + json(event) + ",7]")).startsWith(refused(event, "invalid: "));
    assertThat(only("[\"EVENT\",{\"id\":\"short\"}]")).startsWith("[\"NOTICE\",\"invalid: ");
    assertThat(only("[\"EVENT\"]")).startsWith("[\"NOTICE\",\"invalid: ");
  }

  @Test
  void an_older_version_a_deleted_and_an_expired_event_are_refused() {
    NostrEvent profile = ALICE.sign(NOW, 0, List.of(), "{}");
    NostrEvent older = ALICE.sign(NOW - 1, 0, List.of(), "{\"name\":\"a\"}");
    NostrEvent gone = note(ALICE, NOW, "gone");
    NostrEvent deletion = ALICE.sign(NOW + 1, 5, List.of(List.of("e", gone.id())), "");
    NostrEvent expired = note(ALICE, NOW, "late", List.of("expiration", "" + (NOW - 1)));

    assertThat(only(publish(profile))).isEqualTo(ok(profile));
    assertThat(only(publish(older))).startsWith(refused(older, "replaced: "));
    assertThat(only(publish(gone))).isEqualTo(ok(gone));
    assertThat(only(publish(deletion))).isEqualTo(ok(deletion));
    assertThat(only(publish(gone))).startsWith(refused(gone, "blocked: "));
    assertThat(only(publish(expired))).startsWith(refused(expired, "invalid: "));
  }

  @Test
  void a_request_gets_the_newest_first_then_the_end_then_what_comes() {
    NostrEvent old = note(ALICE, NOW - 2, "old");
    NostrEvent newer = note(BOB, NOW - 1, "newer");
    NostrEvent live = note(BOB, NOW - 100, "live, though dated long ago");
    NostrEvent unwanted = ALICE.sign(NOW, 7, List.of(), "+");
    talk.store.importAll(List.of(old, newer));

    assertThat(say(session, "[\"REQ\",\"s\",{\"kinds\":[1]}]"))
        .containsExactly(told("s", newer), told("s", old), "[\"EOSE\",\"s\",[\"finish\"]]");
    assertThat(rest(session)).isEmpty();

    talk.store.store(live);
    talk.store.store(unwanted);
    assertThat(rest(session)).containsExactly(told("s", live));
    assertThat(say(session, "[\"CLOSE\",\"s\"]")).isEmpty();
    talk.store.store(note(BOB, NOW, "after"));
    assertThat(rest(session)).isEmpty();
  }

  @Test
  void an_end_says_nothing_of_completeness_to_whom_might_not_understand_it() {
    assertThat(say(talk.relay.connect("a", () -> {}), "[\"REQ\",\"s\",{}]"))
        .containsExactly("[\"EOSE\",\"s\"]");
  }

  @Test
  void each_filter_has_its_own_limit_and_each_event_comes_once() {
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      notes.add(note(ALICE, NOW + i, "note " + i, List.of("t", i % 2 == 0 ? "even" : "odd")));
    }
    talk.store.importAll(notes);

    assertThat(
            say(
                session,
                "[\"REQ\",\"s\",{\"#t\":[\"odd\"],\"limit\":2},{\"kinds\":[1],\"limit\":3}]"))
        .containsExactly(
            told("s", notes.get(5)),
            told("s", notes.get(4)),
            told("s", notes.get(3)),
            "[\"EOSE\",\"s\"]");
  }

  @Test
  void limit_zero_gets_nothing_stored_and_everything_live() {
    talk.store.store(note(ALICE, NOW, "stored"));
    NostrEvent live = note(ALICE, NOW + 1, "live");

    assertThat(say(session, "[\"REQ\",\"s\",{\"limit\":0}]")).containsExactly("[\"EOSE\",\"s\"]");
    talk.store.store(live);
    assertThat(rest(session)).containsExactly(told("s", live));
  }

  @Test
  void a_request_of_the_same_id_takes_the_place_of_the_old_one() {
    NostrEvent note = note(ALICE, NOW, "note");
    NostrEvent reaction = ALICE.sign(NOW, 7, List.of(), "+");
    var _ = say(session, "[\"REQ\",\"s\",{\"kinds\":[1]}]");
    var _ = say(session, "[\"REQ\",\"s\",{\"kinds\":[7]}]");

    talk.store.store(note);
    talk.store.store(reaction);

    assertThat(rest(session)).containsExactly(told("s", reaction));
  }

  @Test
  void a_long_answer_comes_in_pieces_and_what_is_live_waits_for_its_end() {
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      // Three of each second, so that pieces of five end within one.
      notes.add(note(ALICE, NOW - i / 3, "note " + i));
    }
    talk.store.importAll(notes);
    NostrEvent live = note(BOB, NOW - 3, "live");

    List<String> frames = new ArrayList<>(session.receive("[\"REQ\",\"s\",{\"limit\":16}]"));
    assertThat(frames).hasSize(5);
    talk.store.store(live);
    frames.addAll(rest(session));

    assertThat(frames).hasSize(18).doesNotHaveDuplicates();
    assertThat(frames.get(16)).startsWith("[\"EOSE\",\"s\"");
    assertThat(frames.get(17)).isEqualTo(told("s", live));
    List<String> whole =
        say(
            talk.connect(),
            "[\"REQ\",\"s\",{\"kinds\":[1],\"authors\":[\""
                + ALICE.pubkey()
                + "\"],\"limit\":16}]");
    assertThat(frames.subList(0, 16)).isEqualTo(whole.subList(0, 16));
  }

  @Test
  void scans_take_turns() {
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < 15; i++) {
      notes.add(note(ALICE, NOW - i, "note " + i));
    }
    talk.store.importAll(notes);
    List<String> frames = new ArrayList<>(session.receive("[\"REQ\",\"a\",{}]"));
    frames.addAll(session.receive("[\"REQ\",\"b\",{}]"));
    frames.addAll(session.next());

    assertThat(frames).hasSize(15);
    assertThat(frames.get(5)).startsWith("[\"EVENT\",\"b\"");
    assertThat(frames.get(10)).startsWith("[\"EVENT\",\"a\"");
    assertThat(rest(session)).hasSize(17);
  }

  @Test
  void an_event_that_comes_between_listening_and_scanning_is_told_once() {
    NostrEvent event = note(ALICE, NOW, "in between");
    talk.store.beforePosition(
        () -> {
          talk.store.beforePosition(() -> {});
          talk.store.store(event);
        });

    assertThat(say(session, "[\"REQ\",\"s\",{}]"))
        .containsExactly(told("s", event), "[\"EOSE\",\"s\",[\"finish\"]]");
  }

  @Test
  void ephemeral_events_are_told_and_not_kept() {
    NostrEvent event = ALICE.sign(NOW, 25_000, List.of(), "now");
    RelaySession reader = talk.connect();
    var _ = say(reader, "[\"REQ\",\"s\",{\"kinds\":[25000]}]");

    assertThat(only(publish(event))).isEqualTo(ok(event));
    assertThat(rest(reader)).containsExactly(told("s", event));
    assertThat(say(session, "[\"REQ\",\"t\",{\"kinds\":[25000]}]"))
        .containsExactly("[\"EOSE\",\"t\",[\"finish\"]]");
  }

  @Test
  void an_empty_list_matches_nothing() {
    talk.store.store(note(ALICE, NOW, "note"));

    assertThat(say(session, "[\"REQ\",\"s\",{\"ids\":[]}]"))
        .containsExactly("[\"EOSE\",\"s\",[\"finish\"]]");
  }

  @Test
  void a_bad_request_is_closed_under_its_id() {
    String tooLong = "x".repeat(65);

    assertThat(only("[\"REQ\",\"s\"]")).startsWith("[\"CLOSED\",\"s\",\"invalid: ");
    assertThat(only("[\"REQ\",\"s\",{\"kinds\":\"1\"}]"))
        .startsWith("[\"CLOSED\",\"s\",\"invalid: ");
    assertThat(only("[\"REQ\",\"s\",{\"colour\":1}]")).startsWith("[\"CLOSED\",\"s\",\"invalid: ");
    assertThat(only("[\"REQ\",\"s\",{\"kinds\":[1}]")).startsWith("[\"CLOSED\",\"s\",\"invalid: ");
    assertThat(only("[\"REQ\",\"\",{}]")).startsWith("[\"CLOSED\",\"\",\"invalid: ");
    assertThat(only("[\"REQ\",\"" + tooLong + "\",{}]"))
        .startsWith("[\"CLOSED\",\"" + tooLong + "\",\"invalid: ");
    assertThat(say(session, "[\"REQ\",\"" + "x".repeat(64) + "\",{}]")).hasSize(1);
    assertThat(only("[\"REQ\",7,{}]")).startsWith("[\"NOTICE\",\"invalid: ");
  }

  @Test
  void each_limit_is_kept_at_its_value_and_one_past_it() {
    assertThat(only("[\"REQ\",\"a\",{},{},{}]")).startsWith("[\"EOSE\"");
    assertThat(only("[\"REQ\",\"a\",{},{},{},{}]")).startsWith("[\"CLOSED\",\"a\",\"invalid: ");
    for (String id : List.of("1", "2", "3")) {
      assertThat(only("[\"REQ\",\"" + id + "\",{}]")).startsWith("[\"EOSE\"");
    }
    assertThat(only("[\"REQ\",\"4\",{}]")).startsWith("[\"CLOSED\",\"4\",\"blocked: ");
    assertThat(only("[\"REQ\",\"3\",{}]")).startsWith("[\"EOSE\"");

    String frame = "[\"CLOSE\",\"é𝄞\"]";
    String longest = frame + " ".repeat(65_536 - frame.getBytes(UTF_8).length);
    assertThat(say(session, longest)).isEmpty();
    assertThat(only(longest + " ")).startsWith("[\"NOTICE\",\"invalid: a message has at most");
  }

  @Test
  void what_is_no_message_gets_a_notice() {
    for (String frame :
        List.of(
            "",
            "x",
            "{}",
            "[]",
            "[1]",
            "[\"HELLO\",1]",
            "[\"CLOSE\",\"s\"",
            "[\"CLOSE\",\"s\"]]",
            "\u0000",
            "[\"CLOSE\",1]",
            "null")) {
      assertThat(only(frame)).as(frame).startsWith("[\"NOTICE\",\"invalid: ");
    }
    assertThat(only("[".repeat(30_000))).startsWith("[\"NOTICE\",\"invalid: ");
    assertThat(only("[\"REQ\",\"s\"," + "[".repeat(10_000)))
        .startsWith("[\"CLOSED\",\"s\",\"invalid: ");
  }

  @Test
  void a_client_authenticates_with_several_keys() {
    Talk guarded = new Talk(Talk.SMALL, Policy.authenticatedReaders());
    RelaySession reader = guarded.connect();

    List<String> told = say(reader, "[\"REQ\",\"s\",{}]");
    assertThat(told).hasSize(2);
    assertThat(told.get(0)).isEqualTo(reader.opening().getFirst());
    assertThat(told.get(1)).startsWith("[\"CLOSED\",\"s\",\"auth-required: ");
    assertThat(say(reader, auth(reader, ALICE)).getFirst()).contains(",true,\"\"]");
    assertThat(say(reader, auth(reader, BOB)).getFirst()).contains(",true,\"\"]");
    assertThat(say(reader, "[\"REQ\",\"s\",{}]")).hasSize(1);
  }

  @Test
  void an_authentication_that_is_not_for_here_and_now_is_refused() {
    String challenge = Talk.challenge(session);
    for (NostrEvent wrong :
        List.of(
            note(ALICE, NOW, "hello"),
            auth(ALICE, challenge, "wss://other.example", NOW),
            auth(ALICE, "0".repeat(32), URL, NOW),
            auth(ALICE, challenge, URL, NOW - 1_800),
            auth(ALICE, challenge, URL, NOW + 601))) {
      assertThat(only("[\"AUTH\"," + json(wrong) + "]")).startsWith(refused(wrong, "invalid: "));
    }
    NostrEvent good = auth(ALICE, challenge, "WSS://relay.example", NOW - 600);
    NostrEvent other = auth(BOB, challenge, URL, NOW);
    assertThat(only("[\"AUTH\"," + json(good).replace(good.sig(), other.sig()) + "]"))
        .startsWith(refused(good, "invalid: "));
    assertThat(only("[\"AUTH\"," + json(good) + "]")).isEqualTo(ok(good));
    assertThat(only(publish(good))).startsWith(refused(good, "invalid: "));
    assertThat(talk.store.position()).isZero();
    assertThat(talk.connect().opening()).isNotEqualTo(session.opening());
  }

  @Test
  void one_connection_holds_so_many_keys_and_no_more() {
    String challenge = Talk.challenge(session);
    for (int i = 1; i <= RelaySession.MAX_KEYS; i++) {
      NostrEvent auth = auth(Talk.key(i), challenge, URL, NOW);
      assertThat(only("[\"AUTH\"," + json(auth) + "]")).isEqualTo(ok(auth));
    }
    NostrEvent again = auth(ALICE, challenge, URL, NOW - 1);
    NostrEvent oneMore = auth(Talk.key(RelaySession.MAX_KEYS + 1), challenge, URL, NOW);
    assertThat(only("[\"AUTH\"," + json(again) + "]")).isEqualTo(ok(again));
    assertThat(only("[\"AUTH\"," + json(oneMore) + "]")).startsWith(refused(oneMore, "invalid: "));
  }

  @Test
  void a_protected_event_is_taken_from_its_author_alone() {
    NostrEvent event = note(ALICE, NOW, "mine", List.of("-"));
    NostrEvent repost = BOB.sign(NOW, 6, List.of(List.of("e", event.id())), json(event));

    assertThat(say(session, publish(event)).getLast())
        .startsWith(refused(event, "auth-required: "));
    var _ = say(session, auth(session, BOB));
    assertThat(only(publish(event))).startsWith(refused(event, "restricted: "));
    assertThat(only(publish(repost))).startsWith(refused(repost, "blocked: "));
    var _ = say(session, auth(session, ALICE));
    assertThat(only(publish(event))).isEqualTo(ok(event));
  }

  @Test
  void whoever_asks_to_vanish_is_heard_though_they_may_not_write() {
    Talk guarded = new Talk(Talk.SMALL, Policy.onlyAuthors(java.util.Set.of()));
    RelaySession anybody = guarded.connect();
    NostrEvent old = note(ALICE, NOW - 5, "old");
    guarded.store.importAll(List.of(old));
    NostrEvent vanish = ALICE.sign(NOW, 62, List.of(List.of("relay", "ALL_RELAYS")), "");

    assertThat(say(anybody, publish(note(ALICE, NOW, "no"))).getFirst()).contains("restricted: ");
    assertThat(say(anybody, publish(vanish))).containsExactly(ok(vanish));
    assertThat(say(anybody, "[\"REQ\",\"s\",{\"kinds\":[1]}]")).hasSize(1);
    assertThat(say(anybody, publish(old)).getFirst()).startsWith(refused(old, ""));
  }

  @Test
  void a_count_is_that_of_the_union() {
    talk.store.importAll(
        List.of(
            note(ALICE, NOW, "a"),
            note(BOB, NOW, "b"),
            ALICE.sign(NOW, 7, List.of(List.of("e", "ab".repeat(32))), "+")));

    assertThat(only("[\"COUNT\",\"c\",{\"kinds\":[1]},{\"authors\":[\"" + ALICE.pubkey() + "\"]}]"))
        .isEqualTo("[\"COUNT\",\"c\",{\"count\":3}]");
    assertThat(only("[\"COUNT\",\"c\",{\"kinds\":[1],\"limit\":1}]"))
        .isEqualTo("[\"COUNT\",\"c\",{\"count\":2}]");
    assertThat(only("[\"COUNT\",\"c\",{\"#e\":[\"" + "ab".repeat(32) + "\"]}]"))
        .startsWith("[\"COUNT\",\"c\",{\"count\":1,\"hll\":\"")
        .hasSize("[\"COUNT\",\"c\",{\"count\":1,\"hll\":\"\"}]".length() + 512);
    assertThat(only("[\"COUNT\",\"c\",{\"kinds\":1}]")).startsWith("[\"CLOSED\",\"c\",\"invalid: ");
  }

  @Test
  void whoever_is_connected_when_the_relay_falls_behind_is_told_and_dropped() {
    var _ = say(session, "[\"REQ\",\"s\",{\"kinds\":[7]}]");
    talk.store.loseOne();
    talk.store.store(note(ALICE, NOW, "the next"));

    assertThat(rest(session))
        .hasSize(2)
        .first()
        .asString()
        .startsWith("[\"CLOSED\",\"s\",\"error: ");
    assertThat(session.isOver()).isTrue();
    RelaySession next = talk.connect();
    talk.store.store(note(ALICE, NOW, "another"));
    assertThat(rest(next)).isEmpty();
    assertThat(next.isOver()).isFalse();
  }

  @Test
  void a_client_that_does_not_read_is_told_and_dropped_while_others_go_on() {
    RelaySession slow = talk.connect();
    var _ = say(slow, "[\"REQ\",\"s\",{}]");
    var _ = say(session, "[\"REQ\",\"s\",{}]");
    for (int i = 0; i < 9; i++) {
      talk.store.store(note(ALICE, NOW + i, "note " + i));
      assertThat(rest(session)).hasSize(1);
    }

    assertThat(rest(slow)).hasSize(2).first().asString().startsWith("[\"CLOSED\",\"s\",\"error: ");
    assertThat(slow.isOver()).isTrue();
    assertThat(slow.receive("[\"REQ\",\"s\",{}]")).isEmpty();
    assertThat(session.isOver()).isFalse();
  }
}
