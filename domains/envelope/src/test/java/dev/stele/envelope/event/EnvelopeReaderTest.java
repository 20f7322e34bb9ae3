package dev.stele.envelope.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.envelope.Samples;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EnvelopeReaderTest {
  private static final SignedEnvelope ENVELOPE = Samples.envelope(1);
  private static final String TEXT = Samples.text(ENVELOPE);

  private static Parsed<SignedEnvelope> read(String text, ReadingRules rules) {
    return EnvelopeReader.read(text.getBytes(UTF_8), rules);
  }

  private static void assertOnlyCompatible(String text) {
    assertThat(read(text, ReadingRules.COMPATIBLE)).isEqualTo(new Parsed.Value<>(ENVELOPE));
    assertThat(Samples.reason(read(text, ReadingRules.STRICT))).as(text).isNotEmpty();
  }

  private static void assertRefused(String text) {
    for (ReadingRules rules : ReadingRules.values()) {
      assertThat(Samples.reason(read(text, rules))).as("%s %s", rules, text).isNotEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(ReadingRules.class)
  void what_was_written_is_read_back(ReadingRules rules) {
    Parsed<SignedEnvelope> read = read(TEXT, rules);

    assertThat(read).isEqualTo(new Parsed.Value<>(ENVELOPE));
    assertThat(read.orThrow().wire()).isEqualTo(ENVELOPE.wire());
    assertThat(read.orThrow().hash()).isEqualTo(ENVELOPE.hash());
  }

  @ParameterizedTest
  @EnumSource(ReadingRules.class)
  void another_spelling_is_the_same_envelope(ReadingRules rules) {
    String spaced = " \n" + TEXT.replace(",", "\t,\r\n ").replace(":{", " : { ") + " \n";
    String escaped = TEXT.replace("cellar", "\\u0063ell\\u0061r").replace("21.5", "2.15e1");
    String reordered =
        TEXT.replace("\"version\":\"4.0.0\",", "")
            .replace("{\"header\":{", "{\"header\":{\"version\":\"4.0.0\",");

    for (String text : List.of(spaced, escaped, reordered)) {
      assertThat(text).isNotEqualTo(TEXT);
      assertThat(read(text, rules).orThrow().hash()).isEqualTo(ENVELOPE.hash());
      assertThat(read(text, rules).orThrow().wire()).isEqualTo(ENVELOPE.wire());
    }
  }

  @Test
  void members_that_have_a_default_may_be_absent() {
    String text = TEXT;
    for (String member :
        List.of(
            "\"version\":\"4.0.0\",",
            "\"expires_at\":null,",
            "\"algorithm\":\"ed25519\",",
            "\"canonicalization\":\"rfc8785\",",
            ",\"context\":null",
            ",\"extensions\":null")) {
      assertThat(text).contains(member);
      text = text.replace(member, "");
    }

    assertThat(read(text, ReadingRules.STRICT)).isEqualTo(new Parsed.Value<>(ENVELOPE));
  }

  @Test
  void members_that_nobody_knows_are_passed_over_or_refused() {
    assertOnlyCompatible(TEXT.replace("{\"header\"", "{\"x\":[1,{\"y\":null}],\"header\""));
    assertOnlyCompatible(TEXT.replace("{\"id\"", "{\"trace\":\"1\",\"id\""));
    assertOnlyCompatible(TEXT.replace("{\"signature\":\"", "{\"alg\":1,\"signature\":\""));
  }

  @Test
  void of_duplicates_the_last_counts_or_none() {
    assertOnlyCompatible(TEXT.replace("{\"id\"", "{\"id\":\"another\",\"id\""));
    assertOnlyCompatible(TEXT.replace("\"payload\":", "\"payload\":{},\"payload\":"));
    assertOnlyCompatible(TEXT.replace("{\"celsius\"", "{\"celsius\":0,\"celsius\""));
    assertRefused(TEXT.replace("{\"id\"", "{\"id\":1,\"id\""));
  }

  @Test
  void spare_bits_of_base64_are_free_or_zero() {
    int last = TEXT.indexOf("==\",\"public_key\"") - 1;
    String spare =
        TEXT.substring(0, last) + (char) (TEXT.charAt(last) + 1) + TEXT.substring(last + 1);
    assertOnlyCompatible(spare);
    assertRefused(TEXT.replace("==\",\"public_key\"", "=\",\"public_key\""));
    assertRefused(TEXT.replace("==\",\"public_key\"", "\",\"public_key\""));
    assertRefused(TEXT.replace("==\",\"public_key\"", "==\\n\",\"public_key\""));
  }

  @Test
  void each_member_has_one_type() {
    Map<String, List<String>> wrong =
        Map.of("str", List.of("1", "1.5", "true", "null", "[]", "{}"));
    for (String name :
        List.of(
            "id", "type", "version", "source", "issued_at", "nonce", "key_id", "payload_hash")) {
      for (String value : wrong.getOrDefault("str", List.of())) {
        assertRefused(replaced(name, value));
      }
    }
    for (String value : List.of("1", "true", "[]", "{}")) {
      assertRefused(replaced("expires_at", value));
    }
    for (String name : List.of("context", "extensions")) {
      for (String value : List.of("1", "\"\"", "[]", "false")) {
        assertRefused(replaced(name, value));
      }
    }
    assertRefused(replaced("algorithm", "\"rsa\""));
    assertRefused(replaced("algorithm", "null"));
    assertRefused(replaced("canonicalization", "\"jcs\""));
    for (String value : List.of("1", "\"\"", "[]", "null")) {
      assertRefused("{\"header\":" + value + TEXT.substring(TEXT.indexOf(",\"payload\"")));
      assertRefused(TEXT.replace("{\"celsius\":21.5}", value));
    }
    assertRefused("[]");
    assertRefused("null");
  }

  private static String replaced(String name, String value) {
    String changed =
        TEXT.replaceFirst("\"" + name + "\":(\"[^\"]*\"|null)", "\"" + name + "\":" + value);
    assertThat(changed).isNotEqualTo(TEXT);
    return changed;
  }

  @Test
  void a_required_member_that_is_missing_is_named() {
    for (String name : List.of("id", "type", "source", "issued_at", "nonce", "key_id")) {
      String without = TEXT.replaceFirst("\"" + name + "\":\"[^\"]*\",", "");
      assertThat(Samples.reason(read(without, ReadingRules.STRICT)))
          .isEqualTo(
              "Invalid envelope data: Object missing required field `%s` - at `$.header`", name);
    }
    assertRefused("{}");
    assertRefused(TEXT.replaceFirst("\"public_key\":\"[^\"]*\"", "\"x\":1"));
  }

  @Test
  void no_envelope_ends_early() {
    byte[] wire = ENVELOPE.wire();
    for (int length = 0; length < wire.length; length++) {
      for (ReadingRules rules : ReadingRules.values()) {
        assertThat(EnvelopeReader.read(Arrays.copyOf(wire, length), rules))
            .isInstanceOf(Parsed.Malformed.class);
      }
    }
  }

  @Test
  void numbers_texts_and_words_have_the_forms_of_json_alone() {
    for (String value :
        List.of(
            "01",
            "+1",
            "1.",
            ".5",
            "-",
            "1e",
            "1e+",
            "0x1",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
            "-1e400",
            "tru",
            "nul",
            "True",
            "'a'",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u00٣1\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\t\"",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" 1}",
            "1 2",
            "/**/1",
            "9".repeat(4_301))) {
      assertRefused(TEXT.replace("21.5", value));
    }
    assertRefused("\ufeff" + TEXT);
    assertRefused(TEXT + "x");
    assertRefused(TEXT + TEXT);
    assertThat(read(TEXT.replace("21.5", "1e-400"), ReadingRules.STRICT).orThrow().payload())
        .isEqualTo(JsonObject.of(Map.of("celsius", 0.0)));
    assertThat(read(TEXT.replace("21.5", "9".repeat(4_300)), ReadingRules.STRICT))
        .isInstanceOf(Parsed.Value.class);
  }

  @Test
  void utf8_is_strict() {
    for (String bytes :
        List.of(
            "\u00c0\u0080",
            "\u00c1\u00bf",
            "\u00e0\u009f\u00bf",
            "\u00ed\u00a0\u0080",
            "\u00f0\u008f\u00bf\u00bf",
            "\u00f4\u0090\u0080\u0080",
            "\u00f5\u0080\u0080\u0080",
            "\u0080",
            "\u00ff",
            "\u00c3",
            "\u00e2\u0082",
            "\u00f0\u009f\u0098")) {
      byte[] wire = TEXT.replace("21.5", "\"" + bytes + "\"").getBytes(ISO_8859_1);
      for (ReadingRules rules : ReadingRules.values()) {
        assertThat(EnvelopeReader.read(wire, rules))
            .as("%s", bytes)
            .isInstanceOf(Parsed.Malformed.class);
      }
    }
    String raw = "é\u0800\uffff\ud83d\ude00\udbff\udfff\u0000";
    assertThat(
            read(
                    TEXT.replace("21.5", "\"" + raw.replace("\0", "\\u0000") + "\""),
                    ReadingRules.STRICT)
                .orThrow()
                .payload())
        .isEqualTo(JsonObject.of(Map.of("celsius", raw)));
  }

  @Test
  void depth_is_bounded_while_reading() {
    for (String open : List.of("[", "{\"a\":")) {
      String close = open.equals("[") ? "]" : "}";
      for (ReadingRules rules : ReadingRules.values()) {
        // The envelope and the payload are two levels themselves.
        int deepest = rules.maxDepth() - 2;
        assertThat(read(TEXT.replace("21.5", nested(open, close, deepest)), rules))
            .isInstanceOf(Parsed.Value.class);
        assertThat(
                Samples.reason(read(TEXT.replace("21.5", nested(open, close, deepest + 1)), rules)))
            .contains("nesting deeper than");
        assertThat(Samples.reason(read(TEXT.replace("21.5", nested(open, close, 100_000)), rules)))
            .contains("nesting deeper than");
      }
    }
  }

  private static String nested(String open, String close, int depth) {
    return open.repeat(depth) + (open.equals("[") ? "" : "0") + close.repeat(depth);
  }

  @Test
  void more_bytes_than_the_limit_are_refused_unread() {
    String padded = TEXT + " ".repeat(EnvelopeLimits.MAX_WIRE_BYTES - TEXT.length());

    assertThat(read(padded, ReadingRules.STRICT)).isEqualTo(new Parsed.Value<>(ENVELOPE));
    assertThat(Samples.reason(read(padded + " ", ReadingRules.STRICT))).contains("more than");
    assertThat(read(padded + " ", ReadingRules.COMPATIBLE)).isInstanceOf(Parsed.Value.class);
  }
}
