package dev.stele.nostr.view;

import dev.stele.core.view.TableRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An event that can be found, and its words.
 *
 * @param position in the log
 * @param createdAt in seconds
 * @param words in order, with repetitions; one or more
 */
record SearchDocument(long position, long createdAt, List<String> words) {
  /** No word has it. */
  private static final char BETWEEN = ' ';

  /** How often it has each of its words. */
  Map<String, Integer> frequencies() {
    Map<String, Integer> frequencies = HashMap.newHashMap(words.size());
    words.forEach(word -> frequencies.merge(word, 1, Integer::sum));
    return frequencies;
  }

  /** Its words as one text: each between two spaces, so that it can be looked for in there. */
  String text() {
    StringBuilder text = new StringBuilder(8 * words.size()).append(BETWEEN);
    for (String word : words) {
      text.append(word).append(BETWEEN);
    }
    return text.toString();
  }

  /** What is to be looked for in a {@link #text} to find a word. */
  static String sought(String word) {
    return BETWEEN + word + BETWEEN;
  }

  /** How often a text has what is {@link #sought}. */
  static int frequency(String text, String sought) {
    int frequency = 0;
    // A space that ends a word begins the next.
    for (int at = text.indexOf(sought);
        at >= 0;
        at = text.indexOf(sought, at + sought.length() - 1)) {
      frequency++;
    }
    return frequency;
  }

  /** The document of a row of {@link Search#RECENT}. */
  static SearchDocument of(TableRow row) {
    String text = row.text("words");
    List<String> words = new ArrayList<>((int) row.integer("length"));
    for (int from = 1; from < text.length(); ) {
      int end = text.indexOf(BETWEEN, from);
      words.add(text.substring(from, end));
      from = end + 1;
    }
    return new SearchDocument(row.integer("position"), row.integer("created_at"), words);
  }
}
