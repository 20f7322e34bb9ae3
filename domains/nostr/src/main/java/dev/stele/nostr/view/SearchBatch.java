package dev.stele.nostr.view;

import static dev.stele.nostr.view.Search.LONG;
import static dev.stele.nostr.view.Search.RECENT;
import static dev.stele.nostr.view.Search.TOTALS;
import static dev.stele.nostr.view.Search.WORDS;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The words of the events that come and go in one batch of {@link Search}.
 *
 * <pre>
 *   came ──┬─ in a block that is whole now ──► search_words    ◄─┐ folded, when their
 *          └─ behind it ─────────────────────► search_recent ────┘ block is whole
 *   gone ──── from wherever it is
 * </pre>
 *
 * <p>Where an event stands follows from its own position, its words and the position that was read
 * to, so that the tables are alike wherever batches end, and a batch may write what it has gathered
 * at any moment. One thread.
 */
final class SearchBatch implements Part.Batch {
  /** 524,288 words wait, some 40 MB. */
  static final int MAX_GATHERED = 1 << 19;

  /**
   * An event that goes from the row of one of its words.
   *
   * @param length of the event in words where this is the first of them, and 0 else: who goes from
   *     several rows is counted once
   */
  private record Removal(long block, String word, long position, int length) {
    static final Comparator<Removal> BY_ROW =
        Comparator.comparing(Removal::word).thenComparingLong(Removal::block);

    boolean isOfSameRow(Removal other) {
      return block == other.block && word.equals(other.word);
    }
  }

  /** A word of a block that is folded: the last event that has it is still counted. */
  private static final class Folding {
    final Postings postings;
    long position;
    int frequency;
    int length;
    long createdAt;

    Folding(long block) {
      this.postings = new Postings(block);
    }

    void has(SearchDocument document) {
      if (document.position() == position) {
        frequency++;
        return;
      }
      end();
      position = document.position();
      frequency = 1;
      length = document.words().size();
      createdAt = document.createdAt();
    }

    Postings end() {
      if (frequency > 0) {
        postings.add(position, frequency, length, createdAt);
      }
      return postings;
    }
  }

  private final Tables tables;
  private final int maxGathered;
  private final TreeMap<Long, SearchDocument> came = new TreeMap<>();
  private final List<Removal> gone = new ArrayList<>();
  private int gathered;

  /** Behind which nothing has appeared yet. */
  private long reached;

  private long documents;
  private long words;

  SearchBatch(Tables tables, int maxGathered) {
    this.tables = tables;
    this.maxGathered = maxGathered;
  }

  @Override
  public void appears(NostrEvent event, long position) {
    List<String> its = Search.words(event);
    if (its.isEmpty()) {
      return;
    }
    makeRoom(its.size());
    SearchDocument document = new SearchDocument(position, event.createdAt(), its);
    if (its.size() > Search.MAX_FOLDED_WORDS) {
      document
          .frequencies()
          .forEach(
              (word, frequency) ->
                  tables.put(LONG, word, position, frequency, its.size(), event.createdAt()));
    } else {
      came.put(position, document);
      gathered += its.size();
    }
    reached = position;
    count(1, its.size());
  }

  @Override
  public void goes(NostrEvent event, long position) {
    List<String> its = Search.words(event);
    if (its.isEmpty()) {
      return;
    }
    if (its.size() > Search.MAX_FOLDED_WORDS) {
      boolean there = false;
      for (String word : Set.copyOf(its)) {
        there = tables.delete(LONG, word, position);
      }
      if (there) {
        count(-1, -its.size());
      }
    } else if (came.remove(position) != null || tables.delete(RECENT, position)) {
      count(-1, -its.size());
    } else {
      makeRoom(its.size());
      long block = Postings.blockOf(position);
      int length = its.size();
      for (String word : new HashSet<>(its)) {
        gone.add(new Removal(block, word, position, length));
        length = 0;
      }
      gathered += its.size();
    }
  }

  private void count(int moreDocuments, int moreWords) {
    documents += moreDocuments;
    words += moreWords;
  }

  private void makeRoom(int more) {
    if (gathered + more > maxGathered) {
      end(reached);
    }
  }

  @Override
  public void end(long last) {
    remove();
    fold(Postings.wholeAt(last));
    for (SearchDocument document : came.values()) {
      tables.put(
          RECENT,
          document.position(),
          document.createdAt(),
          document.words().size(),
          document.text());
    }
    came.clear();
    gathered = 0;
    total();
  }

  // ---- folding ----

  /** Writes the blocks before one, of what is in {@link Search#RECENT} and of what came. */
  private void fold(long whole) {
    long last = Postings.before(whole);
    Map<String, Folding> block = new HashMap<>();
    long[] folding = {0};
    if (whole > 0) {
      tables.forEach(
          Scan.of(RECENT).to(last),
          row -> {
            SearchDocument document = SearchDocument.of(row);
            folding[0] = fold(document, folding[0], block);
            tables.delete(RECENT, document.position());
          });
    }
    // What came stands behind everything that was there.
    Map<Long, SearchDocument> ended = came.headMap(last, true);
    for (SearchDocument document : ended.values()) {
      folding[0] = fold(document, folding[0], block);
    }
    ended.clear();
    write(folding[0], block);
  }

  /** Folds a document and returns its block; a block before that is written. */
  private long fold(SearchDocument document, long before, Map<String, Folding> block) {
    long its = Postings.blockOf(document.position());
    if (its != before) {
      write(before, block);
    }
    for (String word : document.words()) {
      block.computeIfAbsent(word, _ -> new Folding(its)).has(document);
    }
    return its;
  }

  private void write(long number, Map<String, Folding> block) {
    block.forEach((word, folding) -> tables.put(WORDS, word, number, folding.end().toBytes()));
    block.clear();
  }

  // ---- removing ----

  private void remove() {
    gone.sort(Removal.BY_ROW);
    for (int from = 0; from < gone.size(); ) {
      int to = from + 1;
      while (to < gone.size() && gone.get(to).isOfSameRow(gone.get(from))) {
        to++;
      }
      remove(gone.subList(from, to));
      from = to;
    }
    gone.clear();
  }

  /** Removes from one row; what is not in there has gone before, and counts for nothing. */
  private void remove(List<Removal> removals) {
    String word = removals.getFirst().word();
    long block = removals.getFirst().block();
    Optional<TableRow> row = tables.get(WORDS, word, block);
    if (row.isEmpty()) {
      return;
    }
    Map<Long, Removal> byPosition = new HashMap<>();
    removals.forEach(removal -> byPosition.put(removal.position(), removal));
    Postings left = new Postings(block);
    boolean empty = true;
    for (Postings.Posting posting : Postings.read(block, row.get().bytes("postings"))) {
      Removal removal = byPosition.get(posting.position());
      if (removal == null) {
        left.add(posting.position(), posting.frequency(), posting.length(), posting.createdAt());
        empty = false;
      } else if (removal.length() > 0) {
        count(-1, -removal.length());
      }
    }
    if (empty) {
      tables.delete(WORDS, word, block);
    } else {
      tables.put(WORDS, word, block, left.toBytes());
    }
  }

  // ---- totals ----

  private void total() {
    if (documents == 0 && words == 0) {
      return;
    }
    Optional<TableRow> before = tables.get(TOTALS, 1L);
    long left = before.map(row -> row.integer("documents")).orElse(0L) + documents;
    if (left == 0) {
      tables.delete(TOTALS, 1L);
    } else {
      tables.put(TOTALS, 1L, left, before.map(row -> row.integer("words")).orElse(0L) + words);
    }
    documents = 0;
    words = 0;
  }
}
