package dev.stele.nostr.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.crypto.Sha256;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class HyperLogLogTest {
  private static NostrFilter filter(String json) {
    return switch (FilterJson.parse(json)) {
      case ParsedFilter.Wellformed(NostrFilter filter) -> filter;
      case ParsedFilter.Malformed(String reason) -> throw new AssertionError(reason);
    };
  }

  private static OptionalInt offset(String json) {
    return HyperLogLog.offset(filter(json));
  }

  @Test
  void the_offset_is_the_digit_in_the_middle_of_the_first_value_and_eight() {
    String id = "0".repeat(32) + "c" + "0".repeat(31);
    String hash = HexFormat.of().formatHex(Sha256.hash("music".getBytes(StandardCharsets.UTF_8)));

    assertThat(offset("{\"#e\":[\"" + id + "\"]}")).hasValue(20);
    assertThat(offset("{\"kinds\":[1],\"#p\":[\"" + id + "\",\"" + "0".repeat(64) + "\"]}"))
        .hasValue(20);
    assertThat(offset("{\"#a\":[\"30023:" + id + ":a:b\"]}")).hasValue(20);
    assertThat(offset("{\"#t\":[\"music\"]}")).hasValue(Character.digit(hash.charAt(32), 16) + 8);
    assertThat(offset("{\"kinds\":[1]}")).isEmpty();
    assertThat(offset("{\"#t\":[\"a\"],\"#k\":[\"1\"]}")).isEmpty();
    assertThat(offset("{\"#t\":[]}")).isEmpty();
  }

  @Test
  void a_register_holds_the_most_zeros_behind_its_name_and_one() {
    HyperLogLog authors = HyperLogLog.at(8);
    authors.add("ff".repeat(8) + "05" + "00".repeat(2) + "10" + "ff".repeat(20));
    authors.add("ff".repeat(8) + "05" + "40" + "ff".repeat(22));
    authors.add("ff".repeat(8) + "07" + "80" + "ff".repeat(22));
    authors.add("ff".repeat(8) + "09" + "00".repeat(7) + "ff".repeat(16));

    assertThat(authors.registers()[5]).isEqualTo((byte) 20);
    assertThat(authors.registers()[7]).isEqualTo((byte) 1);
    assertThat(authors.registers()[9]).isEqualTo((byte) 57);
    assertThat(authors.registers()[0]).isZero();
    assertThat(authors.hex()).hasSize(512).startsWith("0000000000" + "14" + "00" + "01");
  }

  @Test
  void the_registers_tell_the_number_of_authors_within_two_standard_errors() {
    HyperLogLog authors = HyperLogLog.at(23);
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      byte[] key = Sha256.hash(Integer.toString(i).getBytes(StandardCharsets.UTF_8));
      authors.add(HexFormat.of().formatHex(key));
      authors.add(HexFormat.of().formatHex(key));
    }
    double sum = 0;
    for (byte register : authors.registers()) {
      sum += Math.pow(2, -register);
    }
    double estimate = 0.7213 / (1 + 1.079 / 256) * 256 * 256 / sum;

    assertThat(estimate).isBetween(0.85 * count, 1.15 * count);
  }
}
