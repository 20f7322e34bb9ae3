package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.ParsedEvent.Malformed;
import dev.stele.nostr.event.ParsedEvent.Wellformed;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events are written in one way, and read strictly. */
class EventJsonTest {
  private static final NostrEvent EVENT =
      Samples.KEY.sign(1_700_000_000, 1, List.of(List.of("t", "stone")), "set in stone");
  private static final String TEXT = new String(EventJson.write(EVENT), UTF_8);

  @Test
  void an_event_is_written_in_order_and_without_white_space() {
    assertThat(TEXT)
        .isEqualTo(
            "{\"id\":\""
                + EVENT.id()
                + "\",\"pubkey\":\""
                + EVENT.pubkey()
                + "\",\"created_at\":1700000000,\"kind\":1,\"tags\":[[\"t\",\"stone\"]],"
                + "\"content\":\"set in stone\",\"sig\":\""
                + EVENT.sig()
                + "\"}");
  }

  @Test
  void the_commitment_escapes_what_nip_01_lists_and_other_controls_in_hex() {
    String awkward = "\n\"\\\r\t\b\f\u0000\u000b\u001f/<>&\u007f\u2028\u2029é🪨\\u0041";
    NostrEvent event = Samples.KEY.sign(1, 2, List.of(List.of("t", awkward), List.of("")), awkward);
    String written =
        "\"\\n\\\"\\\\\\r\\t\\b\\f\\u0000\\u000b\\u001f/<>&\u007f\u2028\u2029é🪨\\\\u0041\"";
    assertThat(new String(EventJson.commitment(event), UTF_8))
        .isEqualTo(
            "[0,\"" + event.pubkey() + "\",1,2,[[\"t\"," + written + "],[\"\"]]," + written + "]");
  }

  @Test
  void what_was_written_reads_as_the_same_event() {
    long seed = Long.getLong("stele.seed", 20260103L);
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      NostrEvent event = Samples.event(random);
      assertThat(EventJson.parse(EventJson.write(event)))
          .as("event %d, -Dstele.seed=%s", i, seed)
          .isEqualTo(new Wellformed(event));
      assertThat(event.check()).as("-Dstele.seed=%s", seed).isEqualTo(EventVerdict.AUTHENTIC);
    }
  }

  @Test
  void no_mutation_of_20000_throws_or_passes_as_another_event() {
    long seed = Long.getLong("stele.seed", 20260104L);
    Random random = new Random(seed);
    int wellformed = 0;
    for (int i = 0; i < 20_000; i++) {
      NostrEvent event = i % 100 == 0 ? Samples.event(random) : EVENT;
      if (EventJson.parse(mutate(EventJson.write(event), random)) instanceof Wellformed(var read)) {
        wellformed++;
        assertThat(read.equals(event) || read.check() != EventVerdict.AUTHENTIC)
            .as("event %d, -Dstele.seed=%s", i, seed)
            .isTrue();
      }
    }
    assertThat(wellformed).as("mutations that reached the check").isGreaterThan(1000);
  }

  @Test
  void other_spellings_of_the_same_event_read_as_the_same() {
    String spaced =
        "\n { \"sig\" : \""
            + EVENT.sig()
            + "\", \"content\":\"\\u0073et in\\u0020stone\",\r\"tags\":[ [\"t\" ,\"stone\"] ],"
            + "\t\"kind\":1,\"created_at\":1700000000,\"pubkey\":\""
            + EVENT.pubkey()
            + "\",\"id\":\""
            + EVENT.id()
            + "\"} \n";
    assertThat(parse(spaced)).isEqualTo(new Wellformed(EVENT));
  }

  @Test
  void members_besides_the_seven_are_skipped() {
    assertThat(parse("{\"seen\":[\"wss://example.com\",{\"at\":1.5}]," + TEXT.substring(1)))
        .isEqualTo(new Wellformed(EVENT));
  }

  @Test
  void an_escaped_pair_of_surrogates_is_one_character() {
    NostrEvent event = Samples.KEY.sign(0, 1, List.of(), "🪨");
    String text = new String(EventJson.write(event), UTF_8).replace("🪨", "\\uD83E\\udea8");
    assertThat(parse(text)).isEqualTo(new Wellformed(event));
  }

  @ParameterizedTest
  @ValueSource(strings = {"id", "pubkey", "created_at", "kind", "tags", "content", "sig"})
  void a_missing_member_is_named(String member) {
    assertRefused(
        "missing-member", TEXT.replace('"' + member + '"', "\"not_" + member + '"'), member);
  }

  @ParameterizedTest
  @ValueSource(strings = {"id", "pubkey", "created_at", "kind", "tags", "content", "sig"})
  void a_member_twice_is_refused(String member) {
    String twice =
        TEXT.replaceFirst("\"" + member + "\":([^,\\[]*|\\[\\[.*\\]\\])(?=[,}])", "$0,$0");
    assertThat(twice).isNotEqualTo(TEXT);
    assertRefused("not-json", twice, member);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // created_at and kind: integers and nothing like one
        "\"kind\":1 | \"kind\":1.0 | wrong-type",
        "\"kind\":1 | \"kind\":1e0 | wrong-type",
        "\"kind\":1 | \"kind\":\"1\" | wrong-type",
        "\"kind\":1 | \"kind\":true | wrong-type",
        "\"kind\":1 | \"kind\":null | wrong-type",
        "\"kind\":1 | \"kind\":01 | not-json",
        "\"kind\":1 | \"kind\":+1 | not-json",
        "\"kind\":1 | \"kind\":NaN | not-json",
        "\"kind\":1 | \"kind\":-1 | out-of-bounds",
        "\"kind\":1 | \"kind\":65536 | out-of-bounds",
        "\"kind\":1 | \"kind\":4294967297 | out-of-bounds",
        "\"kind\":1 | \"kind\":18446744073709551617 | out-of-bounds",
        "1700000000 | 1700000000.0 | wrong-type",
        "1700000000 | 17e8 | wrong-type",
        "1700000000 | \"1700000000\" | wrong-type",
        "1700000000 | -1 | out-of-bounds",
        "1700000000 | 9007199254740992 | out-of-bounds",
        "1700000000 | 18446744075409551616 | out-of-bounds",
        // tags
        "[[\"t\",\"stone\"]] | {} | wrong-type",
        "[[\"t\",\"stone\"]] | null | wrong-type",
        "[[\"t\",\"stone\"]] | [\"t\"] | wrong-type",
        "[[\"t\",\"stone\"]] | [[\"t\",1]] | wrong-type",
        "[[\"t\",\"stone\"]] | [[\"t\",null]] | wrong-type",
        "[[\"t\",\"stone\"]] | [[\"t\",[]]] | wrong-type",
        "[[\"t\",\"stone\"]] | [[\"t\",\"stone\"],] | not-json",
        "[[\"t\",\"stone\"]] | [[\"t\",\"\\ud800\"]] | out-of-bounds",
        // content
        "\"set in stone\" | null | wrong-type",
        "\"set in stone\" | 1 | wrong-type",
        "\"set in stone\" | [] | wrong-type",
        "\"set in stone\" | \"\\ud800\" | out-of-bounds",
        "\"set in stone\" | \"\\udc00\\ud800\" | out-of-bounds",
        "\"set in stone\" | \"\\x\" | not-json",
        "\"set in stone\" | 'set' | not-json",
      })
  void a_member_of_the_wrong_form_is_refused(String from, String to, String code) {
    String changed = TEXT.replace(from, to);
    assertThat(changed).isNotEqualTo(TEXT);
    assertRefused(code, changed, "");
  }

  @Test
  void a_raw_control_character_in_a_string_is_refused() {
    assertRefused("not-json", TEXT.replace("set in", "set\nin"), "");
  }

  @Test
  void upper_case_and_short_hex_are_refused() {
    assertRefused(
        "out-of-bounds", TEXT.replace(EVENT.id(), EVENT.id().toUpperCase(Locale.ROOT)), "id");
    assertRefused("out-of-bounds", TEXT.replace(EVENT.id(), EVENT.id().substring(1)), "id");
    assertRefused("out-of-bounds", TEXT.replace(EVENT.pubkey(), EVENT.pubkey() + "0"), "pubkey");
    assertRefused(
        "out-of-bounds", TEXT.replace(EVENT.sig(), "g" + EVENT.sig().substring(1)), "sig");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "null", "[]", "1", "\"id\"", "{", "{}}", "{}{}", "{} x", "{},", "/**/{}", "#\n{}"
      })
  void what_is_not_one_object_is_refused(String text) {
    assertRefused("not-json", text, "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "x", "]", ",", "\u0000", "\u00a0", "\ufeff"})
  void text_after_the_end_is_refused(String after) {
    assertRefused("not-json", TEXT + after, "");
  }

  @Test
  void a_byte_order_mark_and_other_encodings_are_refused() {
    assertRefused("not-json", "\ufeff" + TEXT, "");
    assertThat(EventJson.parse(TEXT.getBytes(UTF_16LE))).isInstanceOf(Malformed.class);
    assertThat(EventJson.parse(TEXT.getBytes(UTF_16BE))).isInstanceOf(Malformed.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00c0\u0080", // U+0000 in two bytes
        "\u00c1\u00a1", // a in two bytes
        "\u00e0\u0080\u00af", // a solidus in three bytes
        "\u00ed\u00a0\u0080", // a high surrogate in three bytes
        "\u00ed\u00a0\u00be\u00ed\u00ba\u00a8", // a pair of surrogates in six bytes
        "\u00f0\u0080\u0080\u00af", // a solidus in four bytes
        "\u00f4\u0090\u0080\u0080", // beyond U+10FFFF
        "\u0080", // a continuation of nothing
        "\u00c3", // a start without continuation
        "\u00ff"
      })
  void ill_formed_utf_8_is_refused(String bytes) {
    byte[] text = TEXT.replace("set in stone", bytes).getBytes(ISO_8859_1);
    assertThat(EventJson.parse(text))
        .isEqualTo(new Malformed("not-utf8", "the text is not well-formed UTF-8"));
  }

  @Test
  void nesting_is_read_to_its_limit_and_no_deeper() {
    // One level is the object itself.
    int inside = EventJson.MAX_DEPTH - 1;
    assertThat(parse(withExtra("[".repeat(inside) + "]".repeat(inside))))
        .isEqualTo(new Wellformed(EVENT));
    assertRefused("not-json", withExtra("[".repeat(inside + 1) + "]".repeat(inside + 1)), "");
    assertRefused("not-json", withExtra("[".repeat(500_000)), "");
    assertRefused("not-json", "[".repeat(1_000_000), "");
  }

  @Test
  void a_text_is_read_to_its_limit_and_no_longer() {
    byte[] longest = Arrays.copyOf(TEXT.getBytes(UTF_8), EventJson.MAX_TEXT_BYTES);
    Arrays.fill(longest, TEXT.length(), longest.length, (byte) ' ');
    assertThat(EventJson.parse(longest)).isEqualTo(new Wellformed(EVENT));
    byte[] longer = Arrays.copyOf(longest, longest.length + 1);
    assertThat(EventJson.parse(longer))
        .isInstanceOfSatisfying(
            Malformed.class, refused -> assertThat(refused.code()).isEqualTo("too-large"));
  }

  @Test
  void tags_are_read_to_their_limit_and_no_further() {
    String tags = "[\"t\"],".repeat(NostrEvent.MAX_TAGS - 1) + "[\"t\"]";
    assertThat(parse(TEXT.replace("[\"t\",\"stone\"]", tags))).isInstanceOf(Wellformed.class);
    assertRefused("out-of-bounds", TEXT.replace("[\"t\",\"stone\"]", tags + ",[\"t\"]"), "tags");
  }

  @Test
  void names_and_numbers_have_a_limit_too() {
    String name = "n".repeat(EventJson.MAX_NAME_LENGTH);
    String number = "9".repeat(EventJson.MAX_NUMBER_LENGTH);
    assertThat(parse("{\"" + name + "\":" + number + "," + TEXT.substring(1)))
        .isEqualTo(new Wellformed(EVENT));
    assertRefused("not-json", "{\"" + name + "n\":1," + TEXT.substring(1), "");
    assertRefused("not-json", withExtra(number + "9"), "");
  }

  private static String withExtra(String value) {
    return "{\"extra\":" + value + "," + TEXT.substring(1);
  }

  private static ParsedEvent parse(String text) {
    return EventJson.parse(text.getBytes(UTF_8));
  }

  private static void assertRefused(String code, String text, String mentioned) {
    assertThat(parse(text))
        .isInstanceOfSatisfying(
            Malformed.class,
            refused -> {
              assertThat(refused.code()).as(refused.reason()).isEqualTo(code);
              assertThat(refused.reason()).contains(mentioned);
            });
  }

  private static byte[] mutate(byte[] text, Random random) {
    int at = random.nextInt(text.length);
    switch (random.nextInt(5)) {
      case 0 -> text[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> text[at] = (byte) random.nextInt(256);
      case 2 -> text[at] = text[random.nextInt(text.length)];
      case 3 -> {
        System.arraycopy(text, at + 1, text, at, text.length - at - 1);
        return Arrays.copyOf(text, text.length - 1);
      }
      default -> {
        byte[] longer = Arrays.copyOf(text, text.length + 1);
        System.arraycopy(text, at, longer, at + 1, text.length - at);
        longer[at] = (byte) " \t\"\\,:[]{}0a".charAt(random.nextInt(12));
        return longer;
      }
    }
    return text;
  }
}
