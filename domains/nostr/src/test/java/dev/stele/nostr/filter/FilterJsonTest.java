package dev.stele.nostr.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.ParsedFilter.Malformed;
import dev.stele.nostr.filter.ParsedFilter.Wellformed;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterJsonTest {
  private static final String HEX = "0123456789abcdef".repeat(4);

  private static NostrFilter read(String text) {
    ParsedFilter parsed = FilterJson.parse(text);
    assertThat(parsed).as(text).isInstanceOf(Wellformed.class);
    return ((Wellformed) parsed).filter();
  }

  @Test
  void reads_every_field_and_writes_it_back() {
    String text =
        "{\"ids\":[\"%s\"],\"authors\":[\"%s\"],\"kinds\":[1,0,65535],\"#d\":[\"\",\"a\\\"b\"],"
                .formatted(HEX, HEX)
            + "\"#e\":[\"%s\"],\"since\":1,\"until\":2,\"limit\":0,\"search\":\"x\"}"
                .formatted(HEX);
    NostrFilter filter = read(text);
    assertThat(filter)
        .isEqualTo(
            new NostrFilter(
                Optional.of(Set.of(NostrId.ofHex(HEX))),
                Optional.of(Set.of(PublicKey.ofHex(HEX))),
                Optional.of(new LinkedHashSet<>(List.of(1, 0, 65_535))),
                Map.of('d', new LinkedHashSet<>(List.of("", "a\"b")), 'e', Set.of(HEX)),
                OptionalLong.of(1),
                OptionalLong.of(2),
                OptionalInt.of(0),
                Optional.of("x")));
    assertThat(FilterJson.write(filter)).isEqualTo(text);
  }

  @Test
  void an_empty_object_is_the_filter_that_every_event_meets() {
    assertThat(read("{}")).isEqualTo(NostrFilter.ALL);
    assertThat(FilterJson.write(NostrFilter.ALL)).isEqualTo("{}");
  }

  @Test
  void an_empty_list_is_kept_and_matches_nothing() {
    assertThat(read("{\"kinds\":[]}").matchesNothing()).isTrue();
    assertThat(read("{\"#t\":[]}").matchesNothing()).isTrue();
    assertThat(read("{}").matchesNothing()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"foo\":1} | a filter has no field 'foo'",
        "{\"#xy\":[\"a\"]} | a filter has no field '#xy'",
        "{\"#1\":[\"a\"]} | a filter has no field '#1'",
        "{\"#\":[\"a\"]} | a filter has no field '#'",
        "{\"ids\":[\"ab\"]} | ids must hold 64 lower-case hex digits each",
        "{\"authors\":[1]} | authors must be an array of strings",
        "{\"#p\":[\"x\"]} | #p must hold 64 lower-case hex digits each",
        "{\"#t\":\"x\"} | #t must be an array",
        "{\"kinds\":[65536]} | kinds must be an array of integers from 0 to 65535",
        "{\"kinds\":[-1]} | kinds must be an array of integers from 0 to 65535",
        "{\"kinds\":[1.0]} | kinds must be an array of integers from 0 to 65535",
        "{\"kinds\":1} | kinds must be an array",
        "{\"since\":\"1\"} | since must be an integer of 64 bits",
        "{\"until\":1.5} | until must be an integer of 64 bits",
        "{\"until\":9223372036854775808} | until must be an integer of 64 bits",
        "{\"limit\":-1} | limit must be an integer from 0 to 2^31 - 1",
        "{\"limit\":2147483648} | limit must be an integer from 0 to 2^31 - 1",
        "{\"search\":1} | search must be a string of at most 1024",
        "[] | a filter is an object",
        "{}{} | the text must end with the filter",
      })
  void says_why_a_text_is_no_filter(String text, String reason) {
    assertThat(FilterJson.parse(text)).isEqualTo(new Malformed(reason));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{\"limit\":1,\"limit\":1}", "{\"#t\":[[\"a\"]]}", "{]", "nul"})
  void refuses_what_is_no_json_or_says_a_thing_twice(String text) {
    assertThat(FilterJson.parse(text)).isInstanceOf(Malformed.class);
  }

  @Test
  void takes_upper_case_digits_for_none() {
    assertThat(
            FilterJson.parse(
                "{\"ids\":[\"%s\"]}".formatted(HEX.toUpperCase(java.util.Locale.ROOT))))
        .isInstanceOf(Malformed.class);
  }

  @Test
  void takes_lists_up_to_their_bounds_and_no_longer() {
    assertThat(read(kinds(FilterJson.MAX_KINDS)).kinds().orElseThrow())
        .hasSize(FilterJson.MAX_KINDS);
    assertThat(FilterJson.parse(kinds(FilterJson.MAX_KINDS + 1))).isInstanceOf(Malformed.class);
    assertThat(read(values(FilterJson.MAX_VALUES)).tags().get('t')).hasSize(FilterJson.MAX_VALUES);
    assertThat(FilterJson.parse(values(FilterJson.MAX_VALUES + 1))).isInstanceOf(Malformed.class);
    String longest = "x".repeat(FilterJson.MAX_TAG_VALUE_CHARS);
    assertThat(read("{\"#t\":[\"%s\"]}".formatted(longest)).tags()).hasSize(1);
    assertThat(FilterJson.parse("{\"#t\":[\"%sx\"]}".formatted(longest)))
        .isInstanceOf(Malformed.class);
  }

  private static String kinds(int count) {
    return IntStream.range(0, count)
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(",", "{\"kinds\":[", "]}"));
  }

  private static String values(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"" + i + "\"")
        .collect(Collectors.joining(",", "{\"#t\":[", "]}"));
  }

  @Test
  void answers_whatever_the_text() {
    long seed = 4_711;
    Random random = new Random(seed);
    String valid =
        FilterJson.write(
            read("{\"ids\":[\"%s\"],\"kinds\":[1],\"#t\":[\"a\"],\"limit\":5}".formatted(HEX)));
    for (int i = 0; i < 10_000; i++) {
      StringBuilder text = new StringBuilder(valid);
      for (int j = 1 + random.nextInt(3); j > 0; j--) {
        text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(0x100));
      }
      if (FilterJson.parse(text.toString()) instanceof Wellformed(NostrFilter filter)) {
        assertThat(read(FilterJson.write(filter)))
            .as("seed %d, text %s", seed, text)
            .isEqualTo(filter);
      }
    }
  }
}
