package dev.stele.nostr.view;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a text, for an index: the same on every machine, whatever its language.
 *
 * <p>A word is a run of letters, digits and the marks on them, in compatible composed form (NFKC)
 * and with every letter folded by itself, so that a sigma is one wherever it stands. Letters of
 * scripts that set no spaces between words are a word each: that needs no dictionary, and who
 * searches for several of them finds texts that have them all first. {@code BreakIterator} is not
 * used: where it breaks changes with the platform's locale data, and an index that was built before
 * would no longer fit its texts.
 */
final class Words {
  /** 64 code points of a run count: what is longer is a key or a checksum, and no word. */
  static final int MAX_CODE_POINTS = 64;

  private Words() {}

  /** The first words of a text, in order and with repetitions. */
  static List<String> of(String text, int most) {
    return isAscii(text) ? ofAscii(text, most) : ofAny(text, most);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 128) {
        return false;
      }
    }
    return true;
  }

  /** The same as {@link #ofAny}, which most texts need not: here nothing is composed or marked. */
  private static List<String> ofAscii(String text, int most) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < text.length() && words.size() < most; i++) {
      int from = i;
      boolean capitals = false;
      while (i < text.length() && isAsciiLetterOrDigit(text.charAt(i))) {
        capitals |= text.charAt(i) <= 'Z' && text.charAt(i) >= 'A';
        i++;
      }
      if (i > from) {
        String word = text.substring(from, Math.min(i, from + MAX_CODE_POINTS));
        words.add(capitals ? word.toLowerCase(Locale.ROOT) : word);
      }
    }
    return words;
  }

  private static boolean isAsciiLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  }

  /** For texts of every script. */
  static List<String> ofAny(String text, int most) {
    String composed = Normalizer.normalize(text, Normalizer.Form.NFKC);
    List<String> words = new ArrayList<>();
    StringBuilder run = new StringBuilder();
    int length = 0;
    for (int i = 0; i < composed.length() && words.size() < most; ) {
      int c = composed.codePointAt(i);
      i += Character.charCount(c);
      if (standsAlone(c)) {
        end(run, words, most);
        length = 0;
        if (words.size() < most) {
          words.add(Character.toString(c));
        }
      } else if (Character.isLetterOrDigit(c) || (length > 0 && isMark(c))) {
        if (length++ < MAX_CODE_POINTS) {
          run.appendCodePoint(fold(c));
        }
      } else {
        end(run, words, most);
        length = 0;
      }
    }
    end(run, words, most);
    return words;
  }

  private static void end(StringBuilder run, List<String> words, int most) {
    if (!run.isEmpty() && words.size() < most) {
      words.add(run.toString());
    }
    run.setLength(0);
  }

  /** Up and down again: some letters have two small forms and one capital. */
  private static int fold(int c) {
    return Character.toLowerCase(Character.toUpperCase(c));
  }

  private static boolean isMark(int c) {
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }

  private static boolean standsAlone(int c) {
    if (Character.isIdeographic(c)) {
      return true;
    }
    if (!Character.isLetter(c)) {
      return false;
    }
    Character.UnicodeScript script = Character.UnicodeScript.of(c);
    return script == Character.UnicodeScript.HIRAGANA
        || script == Character.UnicodeScript.KATAKANA
        || script == Character.UnicodeScript.THAI
        || script == Character.UnicodeScript.LAO
        || script == Character.UnicodeScript.KHMER
        || script == Character.UnicodeScript.MYANMAR;
  }
}
