package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Which events have which words (NIP-50): an inverted index, and a rank that every store gives
 * alike.
 *
 * <pre>
 *   kind 0      name, display name, about and NIP-05 name of the profile
 *   kind 1      the content
 *   kind 30023  title, summary, topics and the content
 *        │ words
 *        ▼
 *   search_words      word, position ─► how often, in how many words, created_at
 *   search_documents  id ─► position
 *   search_totals     how many documents, of how many words
 * </pre>
 *
 * <p>The rank is that of BM25 (k1 = 1.2, b = 0.75): words that few events have count for more, and
 * a word counts for more in a short text, reckoned in integers of fixed point. Events that have one
 * of the words are found; those that have more of them come first. Immutable.
 */
public final class Search implements Part {
  /** 16 words of a query count: what is longer is no query. */
  public static final int MAX_QUERY_WORDS = 16;

  /** 16,384 words of an event count: those of a book of sixty pages. */
  public static final int MAX_WORDS = 16_384;

  /**
   * 20,000 events, those that came last, are looked at for one word: of a word that more of them
   * have the rank says little.
   */
  public static final int MAX_LOOKED_AT = 20_000;

  /** 5,000 hits: ten times what a relay answers; the rest of a filter is applied to these. */
  public static final int MAX_HITS = 5_000;

  static final Table WORDS =
      Table.named("search_words")
          .text("word")
          .integer("position")
          .integer("frequency")
          .integer("length")
          .integer("created_at")
          .key("word", "position")
          .build();

  static final Table DOCUMENTS =
      Table.named("search_documents").bytes("id").integer("position").key("id").build();

  /** One row, whose key is 1. */
  static final Table TOTALS =
      Table.named("search_totals")
          .integer("one")
          .integer("documents")
          .integer("words")
          .key("one")
          .build();

  private static final HexFormat HEX = HexFormat.of();
  private static final int PROFILE = 0;
  private static final int NOTE = 1;
  private static final int ARTICLE = 30_023;
  private static final Set<String> OF_PROFILE =
      Set.of("name", "display_name", "displayName", "about", "nip05");
  private static final Set<String> OF_ARTICLE = Set.of("title", "summary", "t");

  /** An extension of NIP-50, such as {@code language:en}: none is known here. */
  private static final Pattern EXTENSION = Pattern.compile("\\p{Alpha}[\\w.-]*:\\S+");

  /** In levels; what a profile holds besides texts is skipped. */
  private static final int MAX_DEPTH = 32;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  /** The bits behind the point of a logarithm. */
  private static final int FRACTION_BITS = 8;

  /** The bits behind the point of how many words an event has in the mean. */
  private static final int MEAN_BITS = 8;

  /** How often a word counts in one event; by then it adds next to nothing. */
  private static final long MAX_FREQUENCY = 255;

  /**
   * An event that was found.
   *
   * @param position in the log
   * @param score how well it fits, for comparing within one answer
   */
  public record Hit(long position, long score) {}

  private record Found(long position, long score, long createdAt) {
    Found and(Found other) {
      return new Found(position, score + other.score, createdAt);
    }
  }

  /** All are alike. */
  public Search() {}

  /**
   * Tells whether a query asks for anything: one of extensions alone asks for nothing that is known
   * here, and is passed over. One of other signs than words asks, and finds nothing.
   */
  public static boolean asks(String query) {
    return !withoutExtensions(query).isBlank();
  }

  /** Tells whether an event has one of a query's words, as those have that are found. */
  public static boolean finds(String query, NostrEvent event) {
    return !Collections.disjoint(words(query), Words.of(text(event), MAX_WORDS));
  }

  /**
   * Finds events, the best first; of equal scores the later {@code created_at} and then the lower
   * position. A limit is to be applied behind the rest of the filter, to what is left of these.
   *
   * @return at most {@link #MAX_HITS}; none where the query asks for nothing
   */
  public static List<Hit> rank(TableReader tables, String query) {
    Optional<TableRow> totals = tables.get(TOTALS, 1L);
    if (totals.isEmpty()) {
      return List.of();
    }
    long documents = totals.get().integer("documents");
    long mean = (totals.get().integer("words") << MEAN_BITS) / documents;
    Map<Long, Found> found = new HashMap<>();
    for (String word : words(query)) {
      List<TableRow> rows = new ArrayList<>();
      tables.forEach(Scan.of(WORDS).prefix(word).backwards().limit(MAX_LOOKED_AT), rows::add);
      long rarity = rarity(rows.size(), documents);
      for (TableRow row : rows) {
        long position = row.integer("position");
        long score = rarity * weight(row.integer("frequency"), row.integer("length"), mean);
        found.merge(position, new Found(position, score, row.integer("created_at")), Found::and);
      }
    }
    return found.values().stream()
        .sorted(
            Comparator.comparingLong(Found::score)
                .thenComparingLong(Found::createdAt)
                .reversed()
                .thenComparingLong(Found::position))
        .limit(MAX_HITS)
        .map(each -> new Hit(each.position(), each.score()))
        .toList();
  }

  private static Set<String> words(String query) {
    return new LinkedHashSet<>(Words.of(withoutExtensions(query), MAX_QUERY_WORDS));
  }

  private static String withoutExtensions(String query) {
    StringJoiner left = new StringJoiner(" ");
    for (String token : query.split("\\s+")) {
      if (!EXTENSION.matcher(token).matches()) {
        left.add(token);
      }
    }
    return left.toString();
  }

  /** The logarithm of 1 + (N - n + ½) / (n + ½), to base 2, in fixed point. */
  private static long rarity(long with, long documents) {
    long without = Math.max(0, documents - with);
    long odds = ((2 * without + 1) << FRACTION_BITS) / (2 * with + 1) + (1 << FRACTION_BITS);
    return log2(odds) - ((long) FRACTION_BITS << FRACTION_BITS);
  }

  /** The logarithm to base 2 of 1 or more, in fixed point. */
  static long log2(long number) {
    int whole = Long.SIZE - 1 - Long.numberOfLeadingZeros(number);
    // 1 to 2, with 30 bits behind the point: squaring doubles the logarithm, bit by bit.
    long rest = whole > 30 ? number >> (whole - 30) : number << (30 - whole);
    long result = whole;
    for (int bit = 0; bit < FRACTION_BITS; bit++) {
      rest = (rest * rest) >> 30;
      result <<= 1;
      if (rest >= 1L << 31) {
        rest >>= 1;
        result |= 1;
      }
    }
    return result;
  }

  /** f (k1 + 1) / (f + k1 (1 - b + b length / mean)), in fixed point. */
  private static long weight(long frequency, long length, long mean) {
    long often = Math.min(frequency, MAX_FREQUENCY);
    long above = (often * 2_200 * mean) << FRACTION_BITS;
    long below = often * 1_000 * mean + 300 * mean + 900 * (length << MEAN_BITS);
    return above / below;
  }

  @Override
  public List<Table> tables() {
    return List.of(WORDS, DOCUMENTS, TOTALS);
  }

  @Override
  public void appears(NostrEvent event, long position, Tables tables) {
    List<String> words = Words.of(text(event), MAX_WORDS);
    if (words.isEmpty()) {
      return;
    }
    Map<String, Integer> frequencies = new HashMap<>();
    words.forEach(word -> frequencies.merge(word, 1, Integer::sum));
    frequencies.forEach(
        (word, frequency) ->
            tables.put(WORDS, word, position, frequency, words.size(), event.createdAt()));
    tables.put(DOCUMENTS, HEX.parseHex(event.id()), position);
    count(1, words.size(), tables);
  }

  @Override
  public void goes(NostrEvent event, long position, Tables tables) {
    byte[] id = HEX.parseHex(event.id());
    Optional<Long> at = tables.get(DOCUMENTS, (Object) id).map(row -> row.integer("position"));
    if (at.isEmpty()) {
      return;
    }
    List<String> words = Words.of(text(event), MAX_WORDS);
    Set.copyOf(words).forEach(word -> tables.delete(WORDS, word, at.get()));
    tables.delete(DOCUMENTS, (Object) id);
    count(-1, -words.size(), tables);
  }

  private static void count(int documents, int words, Tables tables) {
    Optional<TableRow> before = tables.get(TOTALS, 1L);
    long left = before.map(row -> row.integer("documents")).orElse(0L) + documents;
    if (left == 0) {
      tables.delete(TOTALS, 1L);
    } else {
      tables.put(TOTALS, 1L, left, before.map(row -> row.integer("words")).orElse(0L) + words);
    }
  }

  private static String text(NostrEvent event) {
    return switch (event.kind()) {
      case PROFILE -> profile(event.content());
      case NOTE -> event.content();
      case ARTICLE -> article(event);
      default -> "";
    };
  }

  private static String article(NostrEvent event) {
    StringJoiner text = new StringJoiner("\n");
    for (List<String> tag : event.tags()) {
      if (tag.size() > 1 && OF_ARTICLE.contains(tag.getFirst())) {
        text.add(tag.get(1));
      }
    }
    return text.add(event.content()).toString();
  }

  /** The texts of a profile; none where it is no JSON object. */
  private static String profile(String content) {
    StringJoiner text = new StringJoiner("\n");
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), content)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return "";
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = OF_PROFILE.contains(parser.currentName());
        if (parser.nextToken() == JsonToken.VALUE_STRING && wanted) {
          text.add(parser.getString());
        } else {
          parser.skipChildren();
        }
      }
    } catch (JacksonException e) {
      return "";
    }
    return text.toString();
  }
}
