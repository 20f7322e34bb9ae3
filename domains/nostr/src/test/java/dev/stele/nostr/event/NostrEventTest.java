package dev.stele.nostr.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.crypto.Sha256;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An event keeps its bounds, and a change to any part of it is noticed. */
class NostrEventTest {
  private static final NostrEvent EVENT =
      Samples.KEY.sign(1_700_000_000, 1, List.of(List.of("t", "stone")), "set in stone");

  @Test
  void a_signed_event_is_authentic() {
    assertThat(EVENT.check()).isEqualTo(EventVerdict.AUTHENTIC);
    assertThat(EVENT.pubkey()).isEqualTo(Samples.KEY.pubkey());
  }

  @Test
  void signing_again_gives_the_same_event() {
    assertThat(Samples.KEY.sign(1_700_000_000, 1, EVENT.tags(), "set in stone")).isEqualTo(EVENT);
  }

  @Test
  void a_changed_part_no_longer_matches_the_id() {
    NostrEvent e = EVENT;
    String other = NostrKey.fromSecret(Samples.secret(2)).pubkey();
    String id = "0".repeat(64);
    assertThat(
            List.of(
                new NostrEvent(
                    id, e.pubkey(), e.createdAt(), e.kind(), e.tags(), e.content(), e.sig()),
                new NostrEvent(
                    e.id(), other, e.createdAt(), e.kind(), e.tags(), e.content(), e.sig()),
                new NostrEvent(e.id(), e.pubkey(), 0, e.kind(), e.tags(), e.content(), e.sig()),
                new NostrEvent(
                    e.id(), e.pubkey(), e.createdAt(), 2, e.tags(), e.content(), e.sig()),
                new NostrEvent(
                    e.id(), e.pubkey(), e.createdAt(), e.kind(), List.of(), e.content(), e.sig()),
                new NostrEvent(
                    e.id(), e.pubkey(), e.createdAt(), e.kind(), e.tags(), "sand", e.sig())))
        .allSatisfy(changed -> assertThat(changed.check()).isEqualTo(EventVerdict.ID_MISMATCH));
  }

  @Test
  void another_signature_is_bad() {
    String other = Samples.KEY.sign(0, 1, List.of(), "something else").sig();
    assertThat(withSig(other).check()).isEqualTo(EventVerdict.BAD_SIGNATURE);
    assertThat(withSig("f".repeat(128)).check()).isEqualTo(EventVerdict.BAD_SIGNATURE);
  }

  @Test
  void a_key_that_is_no_point_makes_the_signature_bad() {
    NostrEvent e = EVENT;
    String noPoint = "f".repeat(64);
    byte[] commitment = EventJson.commitment(noPoint, 0, 1, List.of(), "");
    String id = HexFormat.of().formatHex(Sha256.hash(commitment));
    assertThat(new NostrEvent(id, noPoint, 0, 1, List.of(), "", e.sig()).check())
        .isEqualTo(EventVerdict.BAD_SIGNATURE);
  }

  @Test
  void the_bounds_themselves_are_within() {
    List<List<String>> tags = Collections.nCopies(NostrEvent.MAX_TAGS, List.of("t"));
    NostrEvent event = Samples.KEY.sign(NostrEvent.MAX_CREATED_AT, NostrEvent.MAX_KIND, tags, "");
    assertThat(event.check()).isEqualTo(EventVerdict.AUTHENTIC);
  }

  @Test
  void one_past_a_bound_is_refused() {
    assertRefused("created_at", NostrEvent.MAX_CREATED_AT + 1, 1, List.of(), "");
    assertRefused("created_at", -1, 1, List.of(), "");
    assertRefused("kind", 0, NostrEvent.MAX_KIND + 1, List.of(), "");
    assertRefused("kind", 0, -1, List.of(), "");
    assertRefused("tags", 0, 1, Collections.nCopies(NostrEvent.MAX_TAGS + 1, List.of("t")), "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "\udc00", "a\ud800b", "\udc00\ud800", "\ud800\ud800\udc00"})
  void a_lone_surrogate_is_refused(String text) {
    assertRefused("surrogate", 0, 1, List.of(), text);
    assertRefused("surrogate", 0, 1, List.of(List.of("t", text)), "");
  }

  @Test
  void a_tag_may_be_empty() {
    NostrEvent event = Samples.KEY.sign(0, 1, List.of(List.of()), "");
    assertThat(event.check()).isEqualTo(EventVerdict.AUTHENTIC);
  }

  @Test
  void the_tags_are_copied() {
    List<String> tag = new ArrayList<>(List.of("t", "stone"));
    NostrEvent event = Samples.KEY.sign(0, 1, new ArrayList<>(List.of(tag)), "");
    tag.set(1, "sand");
    assertThat(event.tags()).containsExactly(List.of("t", "stone"));
    assertThat(event.check()).isEqualTo(EventVerdict.AUTHENTIC);
  }

  private static NostrEvent withSig(String sig) {
    NostrEvent e = EVENT;
    return new NostrEvent(e.id(), e.pubkey(), e.createdAt(), e.kind(), e.tags(), e.content(), sig);
  }

  private static void assertRefused(
      String what, long createdAt, int kind, List<List<String>> tags, String content) {
    assertThatThrownBy(() -> Samples.KEY.sign(createdAt, kind, tags, content))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(what);
  }
}
