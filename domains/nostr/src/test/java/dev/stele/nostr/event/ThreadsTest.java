package dev.stele.nostr.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.Threads.Target;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tags of an event say what it answers. */
class ThreadsTest {
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);
  private static final String C = "c".repeat(64);
  private static final String D = "d".repeat(64);

  private static Threads note(List<?>... tags) {
    return of(1, tags);
  }

  @SafeVarargs
  @SuppressWarnings({"varargs", "unchecked"})
  private static Threads of(int kind, List<?>... tags) {
    return Threads.of(Samples.KEY.sign(1, kind, List.of((List<String>[]) tags), ""));
  }

  private static List<String> e(String id, String marker) {
    return List.of("e", id, "", marker);
  }

  private static List<String> e(String id) {
    return List.of("e", id);
  }

  private static void assertPlace(Threads threads, String root, String parent, String... others) {
    assertThat(threads.root()).contains(new Target.Event(root));
    assertThat(threads.parent()).contains(new Target.Event(parent));
    assertThat(threads.mentions()).containsExactly(others);
  }

  @Test
  void markers_say_what_is_root_and_what_is_answered() {
    assertPlace(note(e(A, "root"), e(B, "reply")), A, B);
    assertPlace(note(e(B, "reply"), e(C, "mention"), e(D), e(A, "root")), A, B, C, D);
  }

  @Test
  void a_root_alone_is_what_is_answered() {
    assertPlace(note(e(A, "root")), A, A);
    assertPlace(note(e(B), e(A, "root")), A, A, B);
  }

  @Test
  void a_reply_alone_is_the_root_too() {
    assertPlace(note(e(A, "reply")), A, A);
  }

  @Test
  void without_markers_the_place_of_a_tag_counts() {
    assertPlace(note(e(A)), A, A);
    assertPlace(note(e(A), e(B)), A, B);
    assertPlace(note(e(A), e(B), e(C), e(D)), A, D, B, C);
    assertPlace(note(e(A), e(B, "mention"), e(C)), A, C, B);
  }

  @Test
  void a_note_that_answers_nothing_begins_a_conversation() {
    for (Threads alone :
        List.of(
            note(),
            note(e(A, "mention")),
            note(List.of("p", A), List.of("e"), List.of("e", "abc"), List.of("E", A)))) {
      assertThat(alone.root()).isEmpty();
      assertThat(alone.parent()).isEmpty();
    }
  }

  @Test
  void tags_that_name_no_event_are_passed_over() {
    assertPlace(note(e("abc", "root"), e(A)), A, A);
    assertPlace(note(e(A.toUpperCase(java.util.Locale.ROOT)), e(B), e(C)), B, C);
  }

  @Test
  void quotes_are_no_answers() {
    Threads quoting = note(List.of("q", A), List.of("q", "30023:" + B + ":x"), List.of("q", "y"));
    assertThat(quoting.parent()).isEmpty();
    assertThat(quoting.quotes())
        .containsExactly(new Target.Event(A), new Target.Address(30_023, B, "x"));
  }

  @Test
  void a_comment_has_its_root_in_upper_case_and_its_parent_in_lower() {
    Threads comment =
        of(1_111, List.of("A", "30023:" + A + ":a:b"), List.of("K", "30023"), e(B, "root"));
    assertThat(comment.root()).contains(new Target.Address(30_023, A, "a:b"));
    assertThat(comment.parent()).contains(new Target.Event(B));

    Threads outside = of(1_111, List.of("I", "https://example.com"), List.of("i", "x"));
    assertThat(outside.root()).contains(new Target.Outside("https://example.com"));
    assertThat(outside.parent()).contains(new Target.Outside("x"));
  }

  @Test
  void a_comment_on_an_address_answers_the_address_and_not_one_version_of_it() {
    Threads comment = of(1_111, e(B), List.of("a", "30023:" + A + ":"));
    assertThat(comment.parent()).contains(new Target.Address(30_023, A, ""));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 7, 1_110, 30_023})
  void events_of_other_kinds_answer_nothing(int kind) {
    Threads other = of(kind, e(A), List.of("q", B));
    assertThat(other.parent()).isEqualTo(Optional.empty());
    assertThat(other.quotes()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"65536", "-1", "03", "''", "x", "300230"})
  void an_address_begins_with_a_kind(String kind) {
    assertThat(Target.Address.parse(kind + ":" + A + ":x")).isEmpty();
    assertThat(Target.Address.parse("3:" + A)).isEmpty();
    assertThat(Target.Address.parse("3:abc:")).isEmpty();
    assertThat(Target.Address.parse("65535:" + A + ":x")).isPresent();
  }
}
