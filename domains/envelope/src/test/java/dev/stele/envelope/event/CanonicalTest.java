package dev.stele.envelope.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.crypto.Sha256;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CanonicalTest {
  private static String canonical(String json) {
    return Wire.read(json.getBytes(UTF_8), ReadingRules.STRICT).orThrow().toString();
  }

  private static String hash(String json) {
    return HexFormat.of().formatHex(Sha256.hash(canonical(json).getBytes(UTF_8)));
  }

  @Test
  void the_worked_examples_of_the_format_come_out() {
    assertThat(hash("{}"))
        .isEqualTo("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assertThat(hash("{\"value\":42, \"msg\":\"contract\"}"))
        .isEqualTo("439bf7f88068e76065c275df889805276bc370fb0a7a66b69d641240b20a79f3");
    assertThat(canonical("{\"nz\":-0.0,\"pz\":0.0,\"t\":true,\"f\":1.0,\"i\":1}"))
        .isEqualTo("{\"f\":1.0,\"i\":1,\"nz\":-0.0,\"pz\":0.0,\"t\":true}");
    assertThat(hash("{\"nz\":-0.0,\"pz\":0.0,\"t\":true,\"f\":1.0,\"i\":1}"))
        .isEqualTo("947183d988c4d881c200a468868e78e7c8231de2e1f267c0b31c63aa22d6c5b0");
  }

  @Test
  void members_are_sorted_by_code_point_at_every_level_and_not_by_utf16_unit() {
    List<String> sorted =
        List.of("", "10", "9", "B", "a", "a\0", "aa", "ä", "\ue000", "\ufb33", "\ud83d\ude00");
    List<String> shuffled = Arrays.asList(sorted.toArray(new String[0]));
    java.util.Collections.shuffle(shuffled, new Random(3));
    Map<String, Object> inner = new LinkedHashMap<>();
    shuffled.forEach(name -> inner.put(name, 0));

    String text = JsonObject.of(Map.of("in", List.of(inner))).toString();

    assertThat(Wire.read(text.getBytes(UTF_8), ReadingRules.STRICT).orThrow())
        .isEqualTo(JsonObject.of(Map.of("in", List.of(inner))));
    JsonObject read = (JsonObject) Wire.read(text.getBytes(UTF_8), ReadingRules.STRICT).orThrow();
    JsonObject members =
        (JsonObject) ((JsonArray) read.get("in").orElseThrow()).elements().getFirst();
    assertThat(members.members().keySet()).containsExactlyElementsOf(sorted);
  }

  @Test
  void the_order_by_code_point_is_that_of_utf8_bytes() {
    long seed = 5;
    Random random = new Random(seed);
    int[] points = {0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    for (int i = 0; i < 20_000; i++) {
      String left = word(random, points);
      String right = word(random, points);

      assertThat(Integer.signum(JsonWriter.BY_CODE_POINT.compare(left, right)))
          .as("seed %d: %s %s", seed, left, right)
          .isEqualTo(
              Integer.signum(Arrays.compareUnsigned(left.getBytes(UTF_8), right.getBytes(UTF_8))));
    }
  }

  private static String word(Random random, int[] points) {
    StringBuilder word = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      word.appendCodePoint(points[random.nextInt(points.length)]);
    }
    return word.toString();
  }

  @Test
  void text_is_raw_utf8_with_the_shortest_escapes() {
    StringBuilder all = new StringBuilder("/\u007f\u2028é\"\\");
    for (char c = 0; c < ' '; c++) {
      all.append(c);
    }

    assertThat(new JsonString(all.toString()))
        .hasToString(
            "\"/\u007f\u2028é\\\"\\\\"
                + "\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r"
                + "\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018"
                + "\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\"");
    assertThat(new JsonString("e\u0301")).isNotEqualTo(new JsonString("é"));
  }

  @Test
  void integers_are_exact_at_any_size_up_to_4300_digits() {
    String largest = "9".repeat(JsonInteger.MAX_DIGITS);

    assertThat(canonical("[" + largest + ",-" + largest + "]"))
        .isEqualTo("[" + largest + ",-" + largest + "]");
    assertThat(canonical("[9223372036854775807,9223372036854775808,-9223372036854775808,-0]"))
        .isEqualTo("[9223372036854775807,9223372036854775808,-9223372036854775808,0]");
    assertThatThrownBy(() -> new JsonInteger(new BigInteger(largest).add(BigInteger.ONE)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void what_json_cannot_say_cannot_be_made() {
    assertThatThrownBy(() -> new JsonDouble(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new JsonDouble(Double.NEGATIVE_INFINITY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new JsonString("\ud800x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> JsonObject.of(Map.of("\udc00", 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> JsonObject.of(Map.of("a", new Object())))
        .isInstanceOf(IllegalArgumentException.class);
    Map<String, Object> itself = new LinkedHashMap<>();
    itself.put("a", itself);
    assertThatThrownBy(() -> JsonObject.of(itself)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void an_integer_a_double_and_a_truth_are_three_values() {
    assertThat(JsonObject.of(Map.of("a", 1))).isNotEqualTo(JsonObject.of(Map.of("a", 1.0)));
    assertThat(JsonObject.of(Map.of("a", 1))).isNotEqualTo(JsonObject.of(Map.of("a", true)));
    assertThat(JsonObject.of(Map.of("a", 0.0))).isNotEqualTo(JsonObject.of(Map.of("a", -0.0)));
    assertThat(JsonObject.of(Map.of("a", 1))).isEqualTo(JsonObject.of(Map.of("a", 1L)));
  }
}
