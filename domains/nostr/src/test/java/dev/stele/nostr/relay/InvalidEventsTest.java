package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.gate.Rejected;
import dev.stele.crypto.SchnorrKey;
import dev.stele.crypto.Sha256;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.event.PublicEvents;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.StoreOutcome;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way in which an event can be false, with the reason that its sender and a store hear. */
class InvalidEventsTest {
  private static final HexFormat HEX = HexFormat.of();

  /** In BIP-340 no r may reach the first, and no s the second. */
  private static final String FIELD =
      "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";

  private static final String ORDER =
      "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

  /** Row 5 of the vectors of BIP-340: the x of no point. */
  private static final String NO_POINT =
      "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34";

  private static final String CONTENT = "A né w\n\"line\" / end";
  private static final NostrEvent GENUINE =
      ALICE.sign(1_700_000_000, 1, List.of(List.of("t", "x"), List.of("r", "y")), CONTENT);
  private static final NostrEvent OTHER = BOB.sign(1_700_000_000, 1, List.of(), "another");

  private static final String ID_MISMATCH = "the id is not the hash of the event's content";
  private static final String BAD_SIGNATURE = "the signature is not the author's over the id";
  private static final String WHOLE_NUMBER = " must be a number without fraction or exponent";

  private final NostrStore store =
      NostrStores.inMemory(
          NostrStoreOptions.DEFAULT.with(
              () -> Instant.ofEpochSecond(1_800_000_000), new Random(1)));
  private final Relay relay =
      Relay.open(
          store,
          new Relay.Setup(
              Talk.URL,
              new RelayLimits(
                  EventJson.MAX_TEXT_BYTES, 3, 3, 50, 20, 2, 100, 8, 5, Duration.ofMinutes(10)),
              List.of(),
              () -> Instant.ofEpochSecond(1_800_000_000),
              new Random(2)));
  private final RelaySession session = relay.connect("127.0.0.1", () -> {});

  @AfterEach
  void close() {
    relay.close();
    store.close();
  }

  /**
   * A false event.
   *
   * @param what is false
   * @param text of the event
   * @param code of the refusal
   * @param reason that is told; where another reader gives it, how it begins
   */
  record Forgery(String what, String text, String code, String reason) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static final class Forgeries {
    final List<Forgery> all = new ArrayList<>();

    void add(String what, String text, String code, String reason) {
      all.add(new Forgery(what, text, code, reason));
    }

    /** The genuine event with another text in one place. */
    void changed(String what, String from, String to, String code, String reason) {
      String text = json(GENUINE);
      assertThat(text.split(Pattern.quote(from), -1)).as(what).hasSize(2);
      add(what, text.replace(from, to), code, reason);
    }

    /** The genuine event with another signature. */
    void signed(String what, String sig) {
      changed(what, GENUINE.sig(), sig, "bad-signature", BAD_SIGNATURE);
    }
  }

  private static NostrEvent with(String id, String pubkey, String content, String sig) {
    return new NostrEvent(
        id, pubkey, GENUINE.createdAt(), GENUINE.kind(), GENUINE.tags(), content, sig);
  }

  /** An event whose id is right, by a key that is none. */
  private static String by(String pubkey) {
    NostrEvent event = with(GENUINE.id(), pubkey, CONTENT, GENUINE.sig());
    String id = HEX.formatHex(Sha256.hash(EventJson.commitment(event)));
    return json(with(id, pubkey, CONTENT, GENUINE.sig()));
  }

  /** An event whose author signed the id it has, which is the hash of another spelling of it. */
  private static String spelled(String from, String to) {
    String commitment = new String(EventJson.commitment(GENUINE), UTF_8);
    assertThat(commitment).contains(from);
    byte[] id = Sha256.hash(commitment.replace(from, to).getBytes(UTF_8));
    byte[] secret = new byte[32];
    secret[31] = 1;
    byte[] sig = SchnorrKey.fromSecret(secret).sign(id, new byte[SchnorrKey.AUXILIARY_BYTES]);
    return json(with(HEX.formatHex(id), GENUINE.pubkey(), CONTENT, HEX.formatHex(sig)));
  }

  private static String flipped(int bit) {
    byte[] sig = HEX.parseHex(GENUINE.sig());
    sig[bit / 8] ^= (byte) (1 << bit % 8);
    return HEX.formatHex(sig);
  }

  private static List<Forgery> forgeries() {
    Forgeries list = new Forgeries();
    String id = GENUINE.id();
    String r = GENUINE.sig().substring(0, 64);
    String s = GENUINE.sig().substring(64);

    // Not what the id is of.
    list.changed("the id of another event", id, OTHER.id(), "id-mismatch", ID_MISMATCH);
    list.changed("an id of zeros", id, "0".repeat(64), "id-mismatch", ID_MISMATCH);
    list.changed("another author", GENUINE.pubkey(), BOB.pubkey(), "id-mismatch", ID_MISMATCH);
    list.changed("another time", "1700000000", "1700000001", "id-mismatch", ID_MISMATCH);
    list.changed("another kind", "\"kind\":1,", "\"kind\":2,", "id-mismatch", ID_MISMATCH);
    list.changed("another value", "\"t\",\"x\"", "\"t\",\"X\"", "id-mismatch", ID_MISMATCH);
    list.changed(
        "tags in another order",
        "[\"t\",\"x\"],[\"r\",\"y\"]",
        "[\"r\",\"y\"],[\"t\",\"x\"]",
        "id-mismatch",
        ID_MISMATCH);
    list.changed("an empty tag more", "\"tags\":[", "\"tags\":[[],", "id-mismatch", ID_MISMATCH);
    list.changed("a space more", " / end\"", " / end \"", "id-mismatch", ID_MISMATCH);
    list.changed("another line end", "\\n", "\\r\\n", "id-mismatch", ID_MISMATCH);
    list.changed("another form of a letter", "é", "e\u0301", "id-mismatch", ID_MISMATCH);
    list.changed("an escape of an escape", "\\n", "\\\\n", "id-mismatch", ID_MISMATCH);
    list.add("hashed with an escaped slash", spelled("/", "\\/"), "id-mismatch", ID_MISMATCH);
    list.add("hashed with an escaped letter", spelled("é", "\\u00e9"), "id-mismatch", ID_MISMATCH);
    list.add("hashed with white space", spelled("[0,", "[0, "), "id-mismatch", ID_MISMATCH);

    // Not what the author signed.
    list.signed("the first bit of r", flipped(7));
    list.signed("the last bit of r", flipped(248));
    list.signed("the first bit of s", flipped(263));
    list.signed("the last bit of s", flipped(504));
    list.signed("r as great as the field", FIELD + s);
    list.signed("s as great as the order", r + ORDER);
    list.signed("r and s at the top", "f".repeat(128));
    list.signed("r of zero", "0".repeat(64) + s);
    list.signed("s of zero", r + "0".repeat(64));
    list.signed("nothing but zeros", "0".repeat(128));
    list.signed(
        "s turned to its negative",
        r + "%064x".formatted(new BigInteger(ORDER, 16).subtract(new BigInteger(s, 16))));
    list.signed("r and s in each other's place", s + r);
    list.signed("the signature of another event", OTHER.sig());
    list.signed(
        "the signature of somebody else",
        BOB.sign(GENUINE.createdAt(), 1, GENUINE.tags(), CONTENT).sig());
    list.add("a key that is no point", by(NO_POINT), "bad-signature", BAD_SIGNATURE);
    list.add("a key as great as the field", by(FIELD), "bad-signature", BAD_SIGNATURE);
    list.add("a key of zero", by("0".repeat(64)), "bad-signature", BAD_SIGNATURE);

    // Not in bounds.
    String hash = " must be 64 lower-case hex digits";
    String upper = GENUINE.pubkey().toUpperCase(Locale.ROOT);
    list.changed(
        "an id in capitals", id, id.toUpperCase(Locale.ROOT), "out-of-bounds", "id" + hash);
    list.changed("an id that is short", id, id.substring(2), "out-of-bounds", "id" + hash);
    list.changed("an id of other letters", id, "g".repeat(64), "out-of-bounds", "id" + hash);
    list.changed("a key in capitals", GENUINE.pubkey(), upper, "out-of-bounds", "pubkey" + hash);
    list.changed(
        "a key with its sign", GENUINE.pubkey(), "02" + upper, "out-of-bounds", "pubkey" + hash);
    list.changed(
        "a signature in capitals",
        GENUINE.sig(),
        GENUINE.sig().toUpperCase(Locale.ROOT),
        "out-of-bounds",
        "sig must be 128 lower-case hex digits");
    list.changed(
        "a signature that is long",
        GENUINE.sig(),
        GENUINE.sig() + "00",
        "out-of-bounds",
        "sig must be 128 lower-case hex digits");
    String kinds = "kind must be 0 to 65535";
    list.changed("a kind below", ":1,", ":-1,", "out-of-bounds", kinds + ", not -1");
    list.changed("a kind above", ":1,", ":65536,", "out-of-bounds", kinds + ", not 65536");
    list.changed("a kind far above", ":1,", ":4294967297,", "out-of-bounds", kinds);
    String times = "created_at must be 0 to 2^53 - 1";
    list.changed("a negative time", "1700000000", "-1", "out-of-bounds", times + ", not -1");
    list.changed(
        "a time past doubles",
        "1700000000",
        "9007199254740992",
        "out-of-bounds",
        times + ", not 9007199254740992");
    list.changed("a time past longs", "1700000000", "1" + "0".repeat(25), "out-of-bounds", times);
    list.changed(
        "a high surrogate alone",
        "A n",
        "A \\ud83e n",
        "out-of-bounds",
        "content holds a lone surrogate");
    list.changed(
        "surrogates the wrong way round",
        "A n",
        "A \\udea8\\ud83e n",
        "out-of-bounds",
        "content holds a lone surrogate");
    list.changed(
        "a low surrogate in a tag",
        "\"x\"",
        "\"\\udea8\"",
        "out-of-bounds",
        "a tag holds a lone surrogate");
    list.changed(
        "a tag too many",
        "\"tags\":[",
        "\"tags\":[" + "[],".repeat(NostrEvent.MAX_TAGS),
        "out-of-bounds",
        "there are more than 5000 tags");

    // Not of the right type.
    list.changed(
        "a time with a fraction", "1700000000", "1.5", "wrong-type", "created_at" + WHOLE_NUMBER);
    list.changed(
        "a time in powers", "1700000000", "17e8", "wrong-type", "created_at" + WHOLE_NUMBER);
    list.changed(
        "a time in words",
        "1700000000",
        "\"1700000000\"",
        "wrong-type",
        "created_at" + WHOLE_NUMBER);
    list.changed("a kind with a fraction", ":1,", ":1.0,", "wrong-type", "kind" + WHOLE_NUMBER);
    list.changed("a kind that is no number", ":1,", ":true,", "wrong-type", "kind" + WHOLE_NUMBER);
    list.changed(
        "a number in a tag",
        "\"x\"",
        "7",
        "wrong-type",
        "tags must be an array of arrays of strings");
    list.changed(
        "a null in a tag",
        "\"x\"",
        "null",
        "wrong-type",
        "tags must be an array of arrays of strings");
    list.changed(
        "a list in a tag",
        "\"x\"",
        "[\"x\"]",
        "wrong-type",
        "tags must be an array of arrays of strings");
    list.changed(
        "tags that are words",
        "[\"t\",\"x\"]",
        "\"t\"",
        "wrong-type",
        "tags must be an array of arrays");
    list.changed(
        "tags that are members",
        "\"tags\":[",
        "\"tags\":{},\"x\":[",
        "wrong-type",
        "tags must be an array");
    list.changed(
        "a content of null",
        json(GENUINE).substring(json(GENUINE).indexOf("\"A n"), json(GENUINE).indexOf(",\"sig\"")),
        "null",
        "wrong-type",
        "content must be a string");
    list.changed(
        "an id that is no text", "\"" + id + "\"", "7", "wrong-type", "id must be a string");

    // Not there, or there twice.
    list.changed(
        "no time", "\"created_at\"", "\"created\"", "missing-member", "there is no created_at");
    list.changed("no id", "\"id\"", "\"Id\"", "missing-member", "there is no id");
    list.changed("no signature", "\"sig\"", "\"signature\"", "missing-member", "there is no sig");
    list.changed(
        "two contents", "\"content\"", "\"content\":\"\",\"content\"", "not-json", "Duplicate");
    list.changed(
        "two ids", "{\"id\"", "{\"id\":\"" + OTHER.id() + "\",\"id\"", "not-json", "Duplicate");
    list.changed(
        "two of what is skipped", "{\"id\"", "{\"x\":1,\"x\":2,\"id\"", "not-json", "Duplicate");

    // Not JSON.
    list.changed("a raw line end", "\\n", "\n", "not-json", "Illegal unquoted character");
    list.changed(
        "an escape that is none", "\\n", "\\x", "not-json", "Unrecognized character escape");
    list.changed("a zero before a number", ":1,", ":01,", "not-json", "Invalid numeric value");
    list.changed("a number that is none", "1700000000", "NaN", "not-json", "Non-standard token");
    list.changed("a comma too many", "\"kind\"", ",\"kind\"", "not-json", "Unexpected character");
    list.changed("a remark", "\"kind\"", "/* */\"kind\"", "not-json", "Unexpected character");
    list.changed(
        "a nest",
        ",\"sig\"",
        ",\"x\":" + "[".repeat(99) + "]".repeat(99) + ",\"sig\"",
        "not-json",
        "Document nesting depth");
    return list.all;
  }

  @Test
  void they_are_74_and_the_event_they_are_made_of_is_genuine() {
    assertThat(forgeries()).hasSize(74);
    assertThat(Talk.say(session, Talk.publish(GENUINE))).containsExactly(Talk.ok(GENUINE));
  }

  @ParameterizedTest
  @MethodSource("forgeries")
  void whoever_sends_one_is_told_why(Forgery forgery) {
    List<String> frames = Talk.say(session, "[\"EVENT\"," + forgery.text() + "]");

    assertThat(frames).hasSize(1);
    assertThat(frames.getFirst())
        .matches("\\[\"(OK\",\"[0-9a-fA-F]{64}\",false|NOTICE\"),?\"invalid: .*\"]")
        .contains("\"invalid: " + RelayFrame.quoted(forgery.reason()).replace("\"", ""));
    if (forgery.text().contains("\"id\":\"" + GENUINE.id())) {
      assertThat(frames.getFirst()).startsWith("[\"OK\",\"" + GENUINE.id() + "\",false,");
    }
    assertThat(NostrStores.log(store).head().size()).isZero();
  }

  @ParameterizedTest
  @MethodSource("forgeries")
  void a_gate_and_a_store_refuse_each_with_its_code(Forgery forgery) {
    assertThat(new NostrGate().judge(forgery.text().getBytes(UTF_8), Instant.EPOCH))
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected -> {
              assertThat(rejected.code()).isEqualTo(forgery.code());
              assertThat(rejected.reason()).startsWith(forgery.reason());
            });
    if (EventJson.parse(forgery.text().getBytes(UTF_8))
        instanceof ParsedEvent.Wellformed(NostrEvent event)) {
      StoreOutcome refused = new StoreOutcome.Refused(forgery.code(), forgery.reason());
      assertThat(store.store(event)).isEqualTo(refused);
      assertThat(store.importAll(List.of(event))).containsExactly(refused);
    }
    assertThat(NostrStores.log(store).head().size()).isZero();
  }

  @Test
  void an_event_longer_than_its_limit_is_refused_before_it_is_read() {
    NostrEvent tooLong = ALICE.sign(1, 1, List.of(), "x".repeat(EventJson.MAX_TEXT_BYTES));
    assertThat(Talk.say(session, Talk.publish(tooLong)))
        .containsExactly("[\"NOTICE\",\"invalid: a message has at most 1048576 bytes\"]");
    assertThat(((StoreOutcome.Refused) store.store(tooLong)).code()).isEqualTo("too-large");
  }

  @Test
  void false_events_that_were_found_in_public_are_refused_by_a_session_and_a_store()
      throws IOException {
    List<String> lines = Files.readAllLines(PublicEvents.find("nostr_events_invalid.jsonl"), UTF_8);
    for (String line : lines) {
      String reason = line.split("\"", 5)[3];
      String text = line.substring(line.indexOf("\"event\":") + 8, line.length() - 1);
      NostrEvent event = ((ParsedEvent.Wellformed) EventJson.parse(text.getBytes(UTF_8))).event();
      String told = reason.equals("id-mismatch") ? ID_MISMATCH : BAD_SIGNATURE;
      assertThat(store.store(event)).isEqualTo(new StoreOutcome.Refused(reason, told));
      if (event.tags().contains(List.of("-"))) {
        // Whose it is comes first, and costs no signature.
        assertThat(Talk.say(session, "[\"EVENT\"," + text + "]").getLast())
            .startsWith(Talk.refused(event, "auth-required: "));
        continue;
      }
      assertThat(Talk.say(session, "[\"EVENT\"," + text + "]"))
          .containsExactly("[\"OK\",\"" + event.id() + "\",false,\"invalid: " + told + "\"]");
    }
    assertThat(NostrStores.log(store).head().size()).isZero();
  }
}
