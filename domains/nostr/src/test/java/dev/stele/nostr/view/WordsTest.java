package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A text has the same words on every machine. */
class WordsTest {
  private static final int ALL = 1_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Set in STONE, twice. | set in stone twice",
        "don't e-mail a_b 3.14 | don t e mail a b 3 14",
        "ΟΔΟΣ οδος οδοσ | οδοσ οδοσ οδοσ",
        "Straße ÉCOLE | straße école",
        "ＦＵＬＬ ﬁne x² | full fine x2",
        "日本語 text かな | 日 本 語 text か な",
        "ไทย | ไ ท ย",
        "한국어 русский हिन्दी | 한국어 русский हिन्दी",
        "🪨 ! … | ''"
      })
  void words_are_runs_of_letters_and_digits_that_are_folded(String text, String words) {
    String expected = words.equals("''") ? "" : words;
    assertThat(String.join(" ", Words.of(text, ALL))).isEqualTo(expected);
  }

  @Test
  void a_mark_that_is_composed_or_apart_makes_the_same_word() {
    assertThat(Words.of("e\u0301cole", ALL)).isEqualTo(Words.of("\u00e9cole", ALL));
  }

  @Test
  void a_mark_belongs_to_the_letter_before_it_and_to_nothing_else() {
    assertThat(Words.of("q\u0301", ALL)).containsExactly("q\u0301");
    assertThat(Words.of(" \u0301 ", ALL)).isEmpty();
  }

  @Test
  void a_word_counts_to_its_limit() {
    String longest = "a".repeat(Words.MAX_CODE_POINTS);
    assertThat(Words.of(longest + " b", ALL)).containsExactly(longest, "b");
    assertThat(Words.of(longest + "a b", ALL)).containsExactly(longest, "b");
  }

  @Test
  void a_text_counts_to_the_limit_that_is_asked_for() {
    assertThat(Words.of("a b c", 3)).hasSize(3);
    assertThat(Words.of("a b c d", 3)).isEqualTo(List.of("a", "b", "c"));
    assertThat(Words.of("日本語文", 3)).hasSize(3);
  }

  @Test
  void a_text_of_plain_characters_has_the_words_it_would_have_among_others() {
    Random random = new Random(20261122L);
    for (int round = 0; round < 2_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(300); i >= 0; i--) {
        text.append(
            (char) (random.nextInt(8) == 0 ? random.nextInt(128) : 'A' + random.nextInt(58)));
      }
      int most = 1 + random.nextInt(40);
      assertThat(Words.of(text.toString(), most)).isEqualTo(Words.ofAny(text.toString(), most));
    }
  }

  @Test
  void half_a_pair_of_surrogates_is_no_letter() {
    assertThat(Words.of("a\ud800b", ALL)).containsExactly("a", "b");
  }
}
