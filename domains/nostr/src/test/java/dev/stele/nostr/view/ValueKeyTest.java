package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.gate.SweepGate;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The keys of the view, as {@code docs/format/nostr.md} has them. */
class ValueKeyTest {
  private static final String KEY =
      "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

  @Test
  void is_what_the_format_says() {
    assertThat(hex(ValueKey.ofTag('t', "nostr"))).isEqualTo("74026e6f737472");
    assertThat(hex(ValueKey.ofTag('p', KEY))).isEqualTo("7001" + KEY);
    byte[] secret = new byte[32];
    secret[31] = 1;
    NostrKey author = NostrKey.fromSecret(secret);
    assertThat(hex(Address.of(author.sign(1, 0, List.of(), "")).orElseThrow().target()))
        .isEqualTo("61000002");
    assertThat(SweepGate.time("1700000000".getBytes(StandardCharsets.US_ASCII)).orElseThrow())
        .isEqualTo(1_700_000_000);
  }

  @Test
  void is_plain_up_to_its_bound_and_a_hash_past_it() {
    assertThat(ValueKey.of("x".repeat(64))).hasSize(65).startsWith(2);
    assertThat(ValueKey.of("x".repeat(65))).hasSize(33).startsWith(3);
    assertThat(ValueKey.of("x".repeat(65))).isNotEqualTo(ValueKey.of("x".repeat(66)));
    assertThat(ValueKey.of("0".repeat(64))).hasSize(33).startsWith(1);
    assertThat(ValueKey.of("A".repeat(64))).hasSize(65).startsWith(2);
  }

  @Test
  void of_half_a_surrogate_pair_is_that_of_no_text() {
    byte[] half = ValueKey.of("\ud83e");
    assertThat(half).startsWith(4);
    assertThat(half).isNotEqualTo(ValueKey.of("\ud83d"));
    assertThat(half).isNotEqualTo(ValueKey.of("?"));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
