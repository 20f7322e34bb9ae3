package dev.stele.nostr.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An invoice says how much it asks for, in front of its last 1. */
class Bolt11Test {
  private static String invoice(String readable) {
    return Bech32.encode(readable, new byte[90]);
  }

  @ParameterizedTest
  @CsvSource({
    "lnbc1, bc, 100000000000",
    "lnbc11, bc, 1100000000000",
    "lnbc20m, bc, 2000000000",
    "lnbc10m, bc, 1000000000",
    "lnbc100u, bc, 10000000",
    "lnbc2500u, bc, 250000000",
    "lnbc1000n, bc, 100000",
    "lnbc1n, bc, 100",
    "lnbc10p, bc, 1",
    "lnbc9678785340p, bc, 967878534",
    "lnbc11111p0, , ",
    "lntb20m, tb, 2000000000",
    "lntbs20m, tbs, 2000000000",
    "lnbcrt500u, bcrt, 50000000",
    "lnbc21000000, bc, 2100000000000000000",
    "lnbc21000000000m, bc, 2100000000000000000"
  })
  void an_amount_is_told_in_thousandths_of_a_satoshi(String readable, String network, Long msat) {
    assertThat(Bolt11.parse(invoice(readable)))
        .isEqualTo(
            network == null
                ? java.util.Optional.empty()
                : java.util.Optional.of(new Bolt11(network, OptionalLong.of(msat))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lnbc", "lntb", "lntbs", "lnbcrt"})
  void an_invoice_may_leave_the_amount_to_the_payer(String readable) {
    assertThat(Bolt11.parse(invoice(readable)))
        .hasValueSatisfying(read -> assertThat(read.amountMsat()).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lnbc1p", // less than the smallest amount
        "lnbc25p",
        "lnbc0",
        "lnbc0m",
        "lnbc020m",
        "lnbcm",
        "lnbc-1m",
        "lnbc1.5m",
        "lnbc1k",
        "lnbc1mm",
        "lnbc21000001",
        "lnbc21000000001m",
        "lnbc999999999999999999",
        "lnbc1000000000000000000p",
        "lnbc99999999999999999999999",
        "lnltc20m",
        "bc20m",
        "lightning"
      })
  void what_is_no_amount_or_no_network_makes_no_invoice(String readable) {
    assertThat(Bolt11.parse(invoice(readable))).isEmpty();
  }

  @Test
  void the_last_one_separates_so_that_an_amount_may_have_ones() {
    assertThat(Bolt11.parse(invoice("lnbc21u")).orElseThrow().amountMsat()).hasValue(2_100_000);
    assertThat(Bolt11.parse("lnbc21001")).isEmpty();
  }

  @Test
  void an_invoice_whose_checksum_is_wrong_is_none() {
    String text = invoice("lnbc20m");
    assertThat(Bolt11.parse(text.replace("20m", "30m"))).isEmpty();
    assertThat(Bolt11.parse(text.toUpperCase(Locale.ROOT))).isPresent();
    assertThat(Bolt11.canonical(text.toUpperCase(Locale.ROOT))).isEqualTo(text);
  }

  @Test
  void an_invoice_is_as_long_as_its_limit_and_no_longer() {
    // 8 characters before the data, 6 of checksum, and 8 for 5 bytes: 4,421 bytes are 7,074.
    String longest = Bech32.encode("lnbc200m", new byte[4_421]);
    assertThat(longest.length()).isBetween(Bolt11.MAX_CHARS - 1, Bolt11.MAX_CHARS);
    assertThat(Bolt11.parse(longest)).isPresent();
    assertThat(Bolt11.parse(Bech32.encode("lnbc2000m", new byte[4_422]))).isEmpty();
  }
}
