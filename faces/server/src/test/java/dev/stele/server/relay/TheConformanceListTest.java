package dev.stele.server.relay;

import static dev.stele.server.relay.SocketClient.json;
import static dev.stele.server.relay.SocketClient.newKey;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.crypto.SchnorrKey;
import dev.stele.crypto.Sha256;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.server.RunningServer;
import dev.stele.server.config.Setting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The 81 implemented items of the list that relays are held against, in its order and with its
 * numbers; R marks what it requires. Where the list only asks what a relay does, the test says what
 * this one does.
 */
@Tag("engine")
@TestInstance(Lifecycle.PER_CLASS)
class TheConformanceListTest {
  private static final long DAY = 86_400;

  private final long now = Instant.now().getEpochSecond();
  private RunningServer server;
  private SocketClient client;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    server =
        RunningServer.in(folder.resolve("data"), config -> config.with(Setting.RELAY_LOG, "relay"));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void connect() {
    client = SocketClient.to(server.port());
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static NostrEvent note(NostrKey key, long at, String content) {
    return key.sign(at, 1, List.of(), content);
  }

  private static String authors(NostrKey key) {
    return "\"authors\":[\"" + key.pubkey() + "\"]";
  }

  private void assertTaken(NostrEvent event) throws Exception {
    String answer = client.store(event);
    assertThat(answer).startsWith("[\"OK\",\"" + event.id() + "\",true");
  }

  private void assertRefused(NostrEvent event) throws Exception {
    String answer = client.store(event);
    assertThat(answer).startsWith("[\"OK\",\"" + event.id() + "\",false");
  }

  /** An event whose id is of a text that is hashed as it is written here. */
  private static String handWritten(String at, String content, String wireContent) {
    HexFormat hex = HexFormat.of();
    byte[] secret = new byte[32];
    secret[0] = 7;
    SchnorrKey key = SchnorrKey.fromSecret(secret);
    String pubkey = hex.formatHex(key.publicKey());
    String hashed = "[0,\"%s\",%s,1,[],\"%s\"]".formatted(pubkey, at, content);
    byte[] id = Sha256.hash(hashed.getBytes(StandardCharsets.UTF_8));
    return """
    {"id":"%s","pubkey":"%s","created_at":%s,"kind":1,"tags":[],"content":"%s","sig":"%s"}\
    """
        .formatted(
            hex.formatHex(id), pubkey, at, wireContent, hex.formatHex(key.sign(id, new byte[32])));
  }

  private String answerTo(String event) throws Exception {
    client.send("[\"EVENT\"," + event + "]");
    return client.next("[\"OK\"");
  }

  @Nested
  class WhatItSaysOfItself {
    private String document() throws Exception {
      return server.get("/", "Accept", "application/nostr+json").text();
    }

    @Test
    void item_1_the_document_is_given() throws Exception {
      assertThat(server.get("/", "Accept", "application/nostr+json").json())
          .containsKeys("name", "description", "supported_nips", "limitation");
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 11, 40, 42, 45, 50, 59, 65})
    void items_3_4_7_8_9_10_11_12_support_is_claimed(int nip) throws Exception {
      assertThat(document()).containsPattern("\"supported_nips\":\\[([0-9]+,)*" + nip + "[,\\]]");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 26, 29, 94, 96})
    void items_2_5_6_13_14_support_is_not_claimed(int nip) throws Exception {
      assertThat(document())
          .doesNotContainPattern("\"supported_nips\":\\[([0-9]+,)*" + nip + "[,\\]]");
    }
  }

  @Nested
  class Authenticating {
    private final NostrKey key = newKey();

    private NostrEvent claim(int kind, String url, String challenge, long at) {
      return key.sign(
          at, kind, List.of(List.of("relay", url), List.of("challenge", challenge)), "");
    }

    private String url() {
      return "ws://127.0.0.1:" + server.port();
    }

    @Test
    void item_15_it_comes_unasked() throws Exception {
      assertThat(client.next()).startsWith("[\"AUTH\",\"");
    }

    @Test
    void item_16_R_another_kind_is_no_claim() throws Exception {
      assertThat(client.authenticate(claim(1, url(), client.challenge(), now))).contains(",false,");
    }

    @Test
    void item_17_R_another_relay_is_not_this() throws Exception {
      String challenge = client.challenge();
      assertThat(client.authenticate(claim(22_242, "wss://other.example", challenge, now)))
          .contains(",false,");
    }

    @Test
    void item_18_R_another_challenge_is_not_this() throws Exception {
      assertThat(client.authenticate(claim(22_242, url(), "wrong", now))).contains(",false,");
    }

    @Test
    void item_19_R_half_an_hour_ago_is_too_long() throws Exception {
      String challenge = client.challenge();
      assertThat(client.authenticate(claim(22_242, url(), challenge, now - 1_800)))
          .contains(",false,");
    }

    @Test
    void item_81_a_stranger_may() throws Exception {
      assertThat(client.authenticate(claim(22_242, url() + "/", client.challenge(), now)))
          .contains(",true,");
    }
  }

  @Nested
  class Subscribing {
    private final NostrKey key = newKey();

    /** What is said of a subscription until another request has come to its end. */
    private List<String> saidMeanwhile() throws Exception {
      client.send("[\"REQ\",\"other\",{\"limit\":0}]");
      return client.until("[\"EOSE\",\"other\"");
    }

    @Test
    void item_20_R_an_author_without_events_has_an_end() throws Exception {
      client.send("[\"REQ\",\"s\",{" + authors(key) + "}]");
      assertThat(client.until("[\"EOSE\",\"s\"")).filteredOn(f -> f.contains("EVENT")).isEmpty();
    }

    @Test
    void item_21_a_subscription_to_ids_that_were_all_found_stays_open() throws Exception {
      NostrEvent note = note(key, now, "complete");
      assertTaken(note);
      client.send("[\"REQ\",\"s\",{\"ids\":[\"" + note.id() + "\"]}]");
      var _ = client.until("[\"EOSE\",\"s\"");
      assertThat(saidMeanwhile()).noneMatch(frame -> frame.startsWith("[\"CLOSED\""));
    }

    @Test
    void item_22_R_a_subscription_stays_open_even_if_until_is_past() throws Exception {
      client.send("[\"REQ\",\"s\",{" + authors(key) + ",\"until\":" + (now - DAY) + "}]");
      var _ = client.until("[\"EOSE\",\"s\"");
      assertThat(saidMeanwhile()).noneMatch(frame -> frame.startsWith("[\"CLOSED\""));
      NostrEvent past = note(key, now - 2 * DAY, "dated before");
      client.publish(past);
      assertThat(client.next("[\"EVENT\",\"s\"")).contains(past.id());
    }

    @Test
    void item_57_R_since_and_until_are_inclusive() throws Exception {
      NostrEvent note = note(key, now - 5, "at");
      assertTaken(note);
      for (String bound : List.of("since", "until")) {
        assertThat(client.stored("{" + authors(key) + ",\"" + bound + "\":" + (now - 5) + "}"))
            .containsExactly(json(note));
      }
      assertThat(client.stored("{" + authors(key) + ",\"since\":" + (now - 4) + "}")).isEmpty();
      assertThat(client.stored("{" + authors(key) + ",\"until\":" + (now - 6) + "}")).isEmpty();
    }

    @Test
    void item_58_R_limit_zero_has_no_events_an_end_and_stays_open() throws Exception {
      assertTaken(note(key, now, "stored"));
      client.send("[\"REQ\",\"s\",{" + authors(key) + ",\"limit\":0}]");
      assertThat(client.until("[\"EOSE\",\"s\"")).noneMatch(f -> f.startsWith("[\"EVENT\""));
      NostrEvent live = note(key, now, "live");
      client.publish(live);
      assertThat(client.next("[\"EVENT\",\"s\"")).contains(live.id());
    }

    @Test
    void item_59_an_ephemeral_event_comes_live_and_unchanged() throws Exception {
      NostrEvent typing = key.sign(now, 25_000, List.of(List.of("t", "a")), "typing \"\\\n𝄞");
      try (SocketClient other = SocketClient.to(server.port())) {
        other.send("[\"REQ\",\"s\",{" + authors(key) + "}]");
        var _ = other.until("[\"EOSE\",\"s\"");
        assertTaken(typing);
        assertThat(other.next("[\"EVENT\",\"s\""))
            .isEqualTo("[\"EVENT\",\"s\"," + json(typing) + "]");
      }
    }

    @Test
    void item_60_an_ephemeral_event_is_not_kept() throws Exception {
      assertTaken(key.sign(now, 25_001, List.of(), "typing"));
      assertThat(client.stored("{" + authors(key) + "}")).isEmpty();
    }
  }

  @Nested
  class Writing {
    private final NostrKey key = newKey();

    @ParameterizedTest
    @ValueSource(ints = {1, 10_002, 10_050, 23_195})
    void items_23_to_26_a_stranger_may_write(int kind) throws Exception {
      assertTaken(key.sign(now, kind, List.of(), ""));
    }

    @Test
    void item_27_R_every_event_is_answered() throws Exception {
      NostrEvent note = note(key, now, "answered");
      assertThat(client.store(note)).isEqualTo("[\"OK\",\"" + note.id() + "\",true,\"\"]");
    }

    @Test
    void item_28_R_a_signature_of_zeroes_is_refused() throws Exception {
      NostrEvent note = note(key, now, "signed");
      assertRefused(
          new NostrEvent(
              note.id(), note.pubkey(), now, 1, note.tags(), note.content(), "0".repeat(128)));
    }

    @Test
    void item_29_R_a_foreign_id_is_refused_though_it_is_signed() throws Exception {
      NostrEvent note = note(key, now, "one");
      NostrEvent other = note(key, now, "other");
      assertRefused(
          new NostrEvent(
              other.id(), note.pubkey(), now, 1, note.tags(), note.content(), other.sig()));
    }

    @Test
    void item_30_R_the_seven_escapes_are_read() throws Exception {
      String content = "\\n\\\"\\\\\\r\\t\\b\\f";
      assertThat(answerTo(handWritten("" + now, content, content))).contains(",true,");
    }

    @Test
    void item_31_an_id_over_other_escapes_is_not_that_of_the_event() throws Exception {
      String content = "\\/ \\u000b";
      assertThat(answerTo(handWritten("" + now, content, content))).contains(",false,\"invalid: ");
    }

    @Test
    void item_32_bare_control_characters_are_no_json() throws Exception {
      String content = "a\tb";
      assertThat(answerTo(handWritten("" + now, "a\\tb", content))).contains(",false,\"invalid: ");
    }

    @Test
    void item_33_R_noncharacters_are_text() throws Exception {
      NostrEvent note = note(key, now, "\ufdd1 " + Character.toString(0x10fff2));
      assertTaken(note);
      assertThat(client.stored("{\"ids\":[\"" + note.id() + "\"]}")).containsExactly(json(note));
    }

    @Test
    void item_34_R_a_week_old_event_is_taken() throws Exception {
      assertTaken(note(key, now - 7 * DAY, "old"));
    }

    @Test
    void items_35_to_39_and_41_43_44_events_of_any_time_are_taken() throws Exception {
      for (long at :
          List.of(
              now - 30 * DAY,
              now - 365 * DAY,
              1_420_070_400L,
              900_000_000L,
              0L,
              now + 365 * DAY,
              (1L << 31) + 1,
              (1L << 32) + 1)) {
        assertTaken(note(key, at, "at " + at));
      }
    }

    @Test
    void items_40_and_42_times_that_are_none_are_refused() throws Exception {
      for (String at : List.of("-200", "" + Long.MAX_VALUE)) {
        assertThat(answerTo(handWritten(at, "", ""))).contains(",false,\"invalid: ");
      }
    }

    @Test
    void item_45_a_time_with_an_exponent_is_refused() throws Exception {
      String event = handWritten("10000000000", "", "");
      assertThat(answerTo(event.replace("\"created_at\":10000000000", "\"created_at\":1e+10")))
          .contains(",false,\"invalid: ");
    }

    @Test
    void item_46_empty_tags_are_taken() throws Exception {
      NostrEvent note = key.sign(now, 1, List.of(List.of(), List.of()), "empty");
      assertTaken(note);
      assertThat(client.stored("{\"ids\":[\"" + note.id() + "\"]}")).containsExactly(json(note));
    }
  }

  @Nested
  class Finding {
    private final NostrKey key = newKey();
    private final NostrKey other = newKey();
    private final String mark = "m" + key.pubkey().substring(0, 10);
    private final List<NostrEvent> events = new ArrayList<>();

    @BeforeEach
    void publish() throws Exception {
      int i = 0;
      for (NostrKey author : List.of(key, other)) {
        for (int kind : List.of(1, 7, 30_023)) {
          for (String tag : List.of("a", "b", "c")) {
            NostrEvent event =
                author.sign(
                    now - 100 + i,
                    kind,
                    List.of(
                        List.of("t", tag),
                        List.of("k", mark + tag),
                        List.of("n", mark + kind),
                        List.of("d", "d" + i)),
                    "event " + i++);
            events.add(event);
            assertTaken(event);
          }
        }
      }
    }

    private List<String> newestFirst(java.util.function.Predicate<NostrEvent> wanted) {
      return events.reversed().stream().filter(wanted).map(SocketClient::json).toList();
    }

    private static boolean has(NostrEvent event, String letter, String value) {
      return event.tags().contains(List.of(letter, value));
    }

    @Test
    void items_47_and_55_R_an_authors_events_come_newest_first() throws Exception {
      assertThat(client.stored("{" + authors(key) + "}"))
          .isEqualTo(newestFirst(e -> e.pubkey().equals(key.pubkey())));
    }

    @Test
    void item_48_R_a_limit_gives_the_newest() throws Exception {
      assertThat(
              client.stored(
                  "{" + authors(key) + ",\"kinds\":[1,7],\"#t\":[\"a\",\"b\"],\"limit\":2}"))
          .isEqualTo(
              newestFirst(
                      e -> e.pubkey().equals(key.pubkey()) && e.kind() == 7 && !has(e, "t", "c"))
                  .subList(0, 2));
    }

    @Test
    void item_49_R_by_id() throws Exception {
      String ids = String.join("\",\"", events.stream().map(NostrEvent::id).toList());
      assertThat(client.stored("{\"ids\":[\"" + ids + "\"]}")).isEqualTo(newestFirst(_ -> true));
    }

    @Test
    void item_50_R_by_author_and_kind() throws Exception {
      assertThat(client.stored("{" + authors(other) + ",\"kinds\":[7]}"))
          .isEqualTo(newestFirst(e -> e.pubkey().equals(other.pubkey()) && e.kind() == 7));
    }

    @Test
    void item_51_R_by_author_and_tags() throws Exception {
      assertThat(client.stored("{" + authors(other) + ",\"#t\":[\"a\",\"c\"]}"))
          .isEqualTo(newestFirst(e -> e.pubkey().equals(other.pubkey()) && !has(e, "t", "b")));
    }

    @Test
    void item_52_R_by_kind_and_tags() throws Exception {
      assertThat(client.stored("{\"kinds\":[1],\"#k\":[\"" + mark + "a\"]}"))
          .isEqualTo(newestFirst(e -> e.kind() == 1 && has(e, "k", mark + "a")));
    }

    @Test
    void item_53_R_by_tags() throws Exception {
      assertThat(client.stored("{\"#k\":[\"" + mark + "a\",\"" + mark + "b\"]}"))
          .isEqualTo(newestFirst(e -> !has(e, "t", "c")));
    }

    @Test
    void item_54_R_by_several_tags() throws Exception {
      assertThat(client.stored("{\"#k\":[\"" + mark + "a\"],\"#n\":[\"" + mark + "7\"]}"))
          .isEqualTo(newestFirst(e -> has(e, "k", mark + "a") && e.kind() == 7));
    }

    @Test
    void item_56_R_everything() throws Exception {
      assertThat(client.stored("{\"limit\":5000}")).containsAll(newestFirst(_ -> true));
    }
  }

  @Nested
  class Replacing {
    private final NostrKey key = newKey();

    private NostrEvent version(int kind, long at, String content) {
      return key.sign(at, kind, List.of(List.of("d", "one")), content);
    }

    private List<String> there(int kind) throws Exception {
      return client.stored("{" + authors(key) + ",\"kinds\":[" + kind + "]}");
    }

    /** The newer one comes second. */
    private void assertReplaces(int kind) throws Exception {
      NostrEvent newer = version(kind, now, "newer");
      assertTaken(version(kind, now - 10, "older"));
      assertThat(there(kind)).hasSize(1);
      assertTaken(newer);
      assertThat(there(kind)).containsExactly(json(newer));
    }

    /** The older one comes second. */
    private void assertStays(int kind) throws Exception {
      NostrEvent newer = version(kind, now, "newer");
      NostrEvent older = version(kind, now - 10, "older");
      assertTaken(newer);
      assertThat(client.store(older)).contains(",false,\"replaced: ");
      assertThat(there(kind)).containsExactly(json(newer));
    }

    @Test
    void items_61_and_62_R_only_the_newest_profile_is_there() throws Exception {
      assertReplaces(0);
    }

    @Test
    void items_63_and_64_R_an_older_list_of_contacts_does_not_show() throws Exception {
      assertStays(3);
    }

    @Test
    void item_65_what_was_replaced_is_not_there_by_its_id_either() throws Exception {
      NostrEvent older = version(0, now - 10, "older");
      assertTaken(older);
      assertTaken(version(0, now, "newer"));
      assertThat(client.stored("{\"ids\":[\"" + older.id() + "\"]}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {10_003, 30_000})
    void items_66_67_70_71_R_a_newer_version_removes_the_older(int kind) throws Exception {
      assertReplaces(kind);
    }

    @ParameterizedTest
    @ValueSource(ints = {10_003, 30_000})
    void items_68_69_R_an_older_version_is_refused(int kind) throws Exception {
      assertStays(kind);
    }
  }

  @Nested
  class Deleting {
    private final NostrKey key = newKey();
    private final NostrKey other = newKey();

    private NostrEvent article(NostrKey author, int kind, String d, long at) {
      return author.sign(at, kind, List.of(List.of("d", d)), "article " + at);
    }

    private NostrEvent deletion(NostrKey author, long at, List<String> target) {
      return author.sign(at, 5, List.of(target), "");
    }

    private List<String> byId(NostrEvent event) throws Exception {
      return client.stored("{\"ids\":[\"" + event.id() + "\"]}");
    }

    private List<String> address(NostrKey author) {
      return List.of("a", "30023:" + author.pubkey() + ":one");
    }

    @Test
    void items_72_and_78_R_by_id_and_for_good() throws Exception {
      NostrEvent note = note(key, now - 5, "gone");
      assertTaken(note);
      assertTaken(deletion(key, now, List.of("e", note.id())));
      assertThat(byId(note)).isEmpty();
      assertRefused(note);
    }

    @Test
    void items_73_and_79_R_by_address_and_for_good() throws Exception {
      NostrEvent article = article(key, 30_023, "one", now - 5);
      assertTaken(article);
      assertTaken(deletion(key, now, address(key)));
      assertThat(byId(article)).isEmpty();
      assertThat(client.stored("{" + authors(key) + ",\"kinds\":[30023]}")).isEmpty();
      assertRefused(article(key, 30_023, "one", now - 3));
    }

    @Test
    void items_74_and_80_R_what_is_newer_than_the_deletion_stays() throws Exception {
      NostrEvent article = article(key, 30_023, "one", now);
      assertTaken(article);
      assertTaken(deletion(key, now - 5, address(key)));
      assertThat(byId(article)).hasSize(1);
      assertTaken(article(key, 30_023, "one", now + 1));
    }

    @Test
    void item_75_R_another_author_d_or_kind_is_not_touched() throws Exception {
      List<NostrEvent> untouched =
          List.of(
              article(other, 30_023, "one", now - 5),
              article(key, 30_023, "two", now - 5),
              article(key, 30_024, "one", now - 5));
      for (NostrEvent each : untouched) {
        assertTaken(each);
      }
      assertTaken(deletion(key, now, address(key)));
      for (NostrEvent each : untouched) {
        assertThat(byId(each)).hasSize(1);
      }
    }

    @Test
    void items_76_and_77_R_nobody_deletes_what_is_anothers() throws Exception {
      NostrEvent note = note(other, now - 5, "stays");
      NostrEvent article = article(other, 30_023, "one", now - 5);
      assertTaken(note);
      assertTaken(article);
      var _ = client.store(deletion(key, now, List.of("e", note.id())));
      var _ = client.store(deletion(key, now, address(other)));
      assertThat(byId(note)).hasSize(1);
      assertThat(byId(article)).hasSize(1);
    }
  }
}
