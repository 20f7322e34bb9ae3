package dev.stele.nostr.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.nostr.event.RelayList.Relay;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A relay list says where its author reads and writes. */
class RelayListTest {
  private static List<Relay> relays(List<List<String>> tags) {
    return RelayList.of(Samples.KEY.sign(1, RelayList.KIND, tags, "")).relays();
  }

  @ParameterizedTest
  @CsvSource({
    "read, true, false",
    "write, false, true",
    "READ, true, false",
    "Write, false, true",
    "' write ', false, true",
    "'', true, true",
    "both, true, true"
  })
  void a_marker_says_which_and_no_marker_says_both(String marker, boolean read, boolean write) {
    assertThat(relays(List.of(List.of("r", "wss://a.example", marker))))
        .containsExactly(new Relay("wss://a.example", read, write));
    assertThat(relays(List.of(List.of("r", "wss://a.example"))))
        .containsExactly(new Relay("wss://a.example", true, true));
  }

  @Test
  void a_relay_that_is_named_twice_is_one() {
    assertThat(
            relays(
                List.of(
                    List.of("r", "wss://a.example/", "read"),
                    List.of("r", "wss://b.example", "read"),
                    List.of("r", "WSS://A.example", "write"))))
        .containsExactly(
            new Relay("wss://a.example", true, true), new Relay("wss://b.example", true, false));
  }

  @Test
  void what_is_no_relay_is_passed_over() {
    assertThat(
            relays(
                List.of(
                    List.of(),
                    List.of("r"),
                    List.of("r", " "),
                    List.of("p", "wss://a.example"),
                    List.of("r", "https://a.example"))))
        .isEmpty();
  }

  @Test
  void a_list_counts_to_its_limit_and_no_further() {
    List<List<String>> tags = new ArrayList<>();
    for (int i = 0; i <= RelayList.MAX_RELAYS; i++) {
      tags.add(List.of("r", "wss://r" + i + ".example"));
    }
    assertThat(relays(tags)).hasSize(RelayList.MAX_RELAYS);
    assertThat(relays(tags.subList(0, RelayList.MAX_RELAYS))).hasSize(RelayList.MAX_RELAYS);
  }

  @ParameterizedTest
  @CsvSource({
    "wss://Relay.Example, wss://relay.example",
    "WS://relay.example/, ws://relay.example",
    "wss://relay.example///, wss://relay.example",
    "' wss://relay.example ', wss://relay.example",
    "wss://relay.example:443/, wss://relay.example",
    "ws://relay.example:80, ws://relay.example",
    "wss://relay.example:80, wss://relay.example:80",
    "ws://127.0.0.1:7777/, ws://127.0.0.1:7777",
    "ws://[::1]:7777, ws://[::1]:7777",
    "wss://relay.example/Path/, wss://relay.example/Path",
    "wss://relay.example/?Key=1, wss://relay.example?Key=1",
    "wss://relay.example/#x, wss://relay.example"
  })
  void a_url_has_one_spelling(String text, String url) {
    assertThat(RelayList.normalize(text)).contains(url);
    assertThat(RelayList.normalize(url)).contains(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "wss",
        "wss://",
        "wss:///x",
        "relay.example",
        "http://relay.example",
        "wss://a b",
        "wss://user:word@relay.example",
        "wss://relay.exämple",
        "wss://relay.example/ü",
        "wss://relay.example:99999999999",
        "mailto:a@b.example"
      })
  void what_is_no_url_of_a_relay_has_none(String text) {
    assertThat(RelayList.normalize(text)).isEmpty();
  }

  @Test
  void a_url_is_as_long_as_its_limit_and_no_longer() {
    String host = "wss://relay.example/";
    String longest = host + "x".repeat(RelayList.MAX_URL_CHARS - host.length());
    assertThat(RelayList.normalize(longest)).contains(longest);
    assertThat(RelayList.normalize(longest + "x")).isEmpty();
  }

  @Test
  void an_event_of_another_kind_lists_no_relays() {
    assertThatThrownBy(() -> RelayList.of(Samples.KEY.sign(1, 3, List.of(), "")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
