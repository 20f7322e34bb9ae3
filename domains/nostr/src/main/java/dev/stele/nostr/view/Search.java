package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.view.Postings.Posting;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
 *   search_recent  position ─► its words               of the block that is not whole yet
 *        │ folded when 4,096 positions of the log are whole
 *        ▼
 *   search_words   word, block ─► who has it, how often, in how many words, created_at
 *   search_long    word, position ─► the same of one event of many words
 *   search_totals  how many documents, of how many words
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

  /**
   * 256 words of an event are folded with others: of longer ones, which are few, each word has a
   * row of its own at once, so that looking through what is not folded yet, and folding it, have a
   * bound.
   */
  static final int MAX_FOLDED_WORDS = 256;

  /** The events behind the last whole block, each with its words in one text. */
  static final Table RECENT =
      Table.named("search_recent")
          .integer("position")
          .integer("created_at")
          .integer("length")
          .text("words")
          .key("position")
          .build();

  /** The events of a block that have a word, as {@link Postings} writes them. */
  static final Table WORDS =
      Table.named("search_words")
          .text("word")
          .integer("block")
          .bytes("postings")
          .key("word", "block")
          .build();

  static final Table LONG =
      Table.named("search_long")
          .text("word")
          .integer("position")
          .integer("frequency")
          .integer("length")
          .integer("created_at")
          .key("word", "position")
          .build();

  /** One row, whose key is 1. */
  static final Table TOTALS =
      Table.named("search_totals")
          .integer("one")
          .integer("documents")
          .integer("words")
          .key("one")
          .build();

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

  /** 64 rows of blocks are read at once: of a frequent word some 2 MB. */
  private static final int PAGE_BLOCKS = 64;

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
    return !Collections.disjoint(words(query), words(event));
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
    Map<String, List<Posting>> recent = recent(tables, words(query));
    recent.forEach(
        (word, postings) -> {
          addBlocks(tables, word, postings);
          List<Posting> latest = withLong(tables, word, postings);
          long rarity = rarity(latest.size(), documents);
          for (Posting posting : latest) {
            long score = rarity * weight(posting.frequency(), posting.length(), mean);
            found.merge(
                posting.position(),
                new Found(posting.position(), score, posting.createdAt()),
                Found::and);
          }
        });
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

  /** What is not folded yet has which of the words, the latest first. */
  private static Map<String, List<Posting>> recent(TableReader tables, Set<String> words) {
    Map<String, List<Posting>> recent = new LinkedHashMap<>();
    Map<String, String> sought = new LinkedHashMap<>();
    for (String word : words) {
      recent.put(word, new ArrayList<>());
      sought.put(SearchDocument.sought(word), word);
    }
    if (!words.isEmpty()) {
      tables.forEach(
          Scan.of(RECENT).backwards(),
          row -> {
            String text = row.text("words");
            sought.forEach(
                (each, word) -> {
                  int frequency = SearchDocument.frequency(text, each);
                  if (frequency > 0) {
                    recent.getOrDefault(word, List.of()).add(posting(row, frequency));
                  }
                });
          });
    }
    return recent;
  }

  private static Posting posting(TableRow row, int frequency) {
    return new Posting(
        row.integer("position"), frequency, (int) row.integer("length"), row.integer("created_at"));
  }

  /** Adds what the blocks have of a word, the latest first, until there is enough of it. */
  private static void addBlocks(TableReader tables, String word, List<Posting> to) {
    Scan scan = Scan.of(WORDS).prefix(word).backwards();
    List<TableRow> page;
    do {
      page = tables.page(scan.limit(PAGE_BLOCKS));
      for (TableRow row : page) {
        long block = row.integer("block");
        to.addAll(Postings.read(block, row.bytes("postings")).reversed());
        if (to.size() >= MAX_LOOKED_AT) {
          return;
        }
        scan = Scan.of(WORDS).from(word).before(word, block).backwards();
      }
    } while (!page.isEmpty());
  }

  /** The latest of what was found in short events and of what long ones have. */
  private static List<Posting> withLong(TableReader tables, String word, List<Posting> others) {
    List<Posting> all = new ArrayList<>(others);
    tables.forEach(
        Scan.of(LONG).prefix(word).backwards().limit(MAX_LOOKED_AT),
        row -> all.add(posting(row, (int) row.integer("frequency"))));
    if (all.size() > MAX_LOOKED_AT) {
      all.sort(Comparator.comparingLong(Posting::position).reversed());
      return all.subList(0, MAX_LOOKED_AT);
    }
    return all;
  }

  /** The words of an event by which it is found; none of those that are not found. */
  static List<String> words(NostrEvent event) {
    String text = text(event);
    return text.isEmpty() ? List.of() : Words.of(text, MAX_WORDS);
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
    return List.of(RECENT, WORDS, LONG, TOTALS);
  }

  @Override
  public Batch begin(Tables tables) {
    return new SearchBatch(tables, SearchBatch.MAX_GATHERED);
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
