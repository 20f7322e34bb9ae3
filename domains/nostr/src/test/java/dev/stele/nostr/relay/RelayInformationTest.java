package dev.stele.nostr.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.nostr.event.EventJson;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RelayInformationTest {
  @Test
  void the_document_says_what_the_relay_does() {
    RelayInformation information =
        new RelayInformation(
            "a \"relay\"",
            "for tests",
            Optional.of("ab".repeat(32)),
            Optional.empty(),
            Talk.SMALL,
            new RelayInformation.Rules(
                20,
                true,
                true,
                OptionalInt.of(100),
                OptionalInt.of(1_000),
                OptionalLong.of(3_600),
                OptionalLong.of(900)));

    assertThat(information.json())
        .isEqualTo(
            "{\"name\":\"a \\\"relay\\\"\",\"description\":\"for tests\",\"pubkey\":\""
                + "ab".repeat(32)
                + "\",\"software\":\"stele\","
                + "\"supported_nips\":[1,9,10,11,13,40,42,45,50,59,62,65,70,77],\"limitation\":{"
                + "\"max_message_length\":65536,\"max_subscriptions\":3,\"max_filters\":3,"
                + "\"max_limit\":50,\"default_limit\":20,\"max_subid_length\":64,"
                + "\"max_event_tags\":100,\"max_content_length\":1000,\"min_pow_difficulty\":20,"
                + "\"auth_required\":true,\"payment_required\":false,\"restricted_writes\":true,"
                + "\"created_at_lower_limit\":3600,\"created_at_upper_limit\":900}}");
  }

  @Test
  void what_is_not_bounded_is_not_named() {
    assertThat(
            new RelayInformation(
                    "",
                    "",
                    Optional.empty(),
                    Optional.empty(),
                    Talk.SMALL,
                    RelayInformation.Rules.OPEN)
                .json())
        .doesNotContain("pubkey", "contact", "max_event_tags", "created_at");
  }

  @Test
  void every_limit_has_a_bound_itself() {
    int most = EventJson.MAX_TEXT_BYTES;
    Duration window = Duration.ZERO;

    assertThat(new RelayLimits(most, 1, 1, 1, 1, 1, 1, 1, 1, window).maxFrameBytes())
        .isEqualTo(most);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RelayLimits(most + 1, 1, 1, 1, 1, 1, 1, 1, 1, window));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RelayLimits(1, 1, 1, 1, 1, 1, 1, 1, 0, window));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RelayLimits(1, 1, 1, 1, 1, 1, 1, 1, 1, Duration.ofSeconds(-1)));
  }
}
