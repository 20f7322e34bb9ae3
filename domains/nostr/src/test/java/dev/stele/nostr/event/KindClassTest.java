package dev.stele.nostr.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ranges of NIP-01, at each of their edges. */
class KindClassTest {
  @ParameterizedTest
  @CsvSource({
    "0, REPLACEABLE",
    "1, REGULAR",
    "2, REGULAR",
    "3, REPLACEABLE",
    "4, REGULAR",
    "44, REGULAR",
    "45, REGULAR",
    "999, REGULAR",
    "1000, REGULAR",
    "9999, REGULAR",
    "10000, REPLACEABLE",
    "19999, REPLACEABLE",
    "20000, EPHEMERAL",
    "29999, EPHEMERAL",
    "30000, ADDRESSABLE",
    "39999, ADDRESSABLE",
    "40000, REGULAR",
    "65535, REGULAR"
  })
  void a_kind_has_the_class_of_its_range(int kind, KindClass expected) {
    assertThat(KindClass.of(kind)).isEqualTo(expected);
  }
}
