package dev.stele.core.log;

import dev.stele.core.engine.FindsMany;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.Tile;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.proof.TiledNodes;
import dev.stele.core.proof.VerifierKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides and places: checks expectations and claims, gives positions, times, revisions and links.
 *
 * <p>Works one batch ahead of the engine. What it placed is real only once the engine has committed
 * it; when the engine did not, the linker is thrown away and a new one taken up from the engine's
 * head. On a shared engine it is set back to its mark instead, and takes over what others have
 * appended. Confined to the writer.
 */
final class Linker {
  /** How many streams' revisions are remembered between batches: about 100 bytes each. */
  private static final int CACHED_STREAMS = 10_000;

  private final LogEngine engine;
  private final LogId log;
  private final VerifierKey key;
  private final GrowingTree tree;

  private long size;
  private byte[] link;
  private long recordedAtMillis;

  private final Map<IndexKey, Long> revisions =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<IndexKey, Long> eldest) {
          return size() > CACHED_STREAMS;
        }
      };

  /** The rows placed since the last {@link #takeRows}, and which claims they took. */
  private final List<Row> rows = new ArrayList<>();

  private final Map<IndexKey, Long> claimed = new HashMap<>();

  /** What the engine was asked before the batch: where each of its claims is, or 0. */
  private final Map<IndexKey, Long> foreseen = new HashMap<>();

  /** Up to which time claims were released; null until somebody asks. */
  private @Nullable Long releasedBefore;

  private @Nullable Mark mark;

  /**
   * Where a linker is set back to when its batch was overtaken.
   *
   * @param revisions what streams had when the batch began, of those it was placed in
   */
  private record Mark(
      long size,
      byte[] link,
      long recordedAtMillis,
      GrowingTree.Mark tree,
      Map<IndexKey, Long> revisions,
      @Nullable Long releasedBefore) {}

  /**
   * Takes up a log at an end that was verified.
   *
   * @param size how many events: all there are, or fewer where others append meanwhile
   * @param key the log's public key, of whose name the first event's previous link is made
   */
  Linker(LogEngine engine, LogId log, long size, VerifierKey key, TiledNodes nodes) {
    this.engine = engine;
    this.log = log;
    this.key = key;
    this.size = size;
    if (size == 0) {
      this.link = EventRecord.genesis(key.name());
      this.recordedAtMillis = Long.MIN_VALUE;
    } else {
      List<Row> last = engine.read(log, size - 1, 1);
      if (last.isEmpty() || last.getFirst().position() != size) {
        throw new StorageFailed(
            "event %d of log %s went while it was being opened; open it again"
                .formatted(size, log));
      }
      this.link = last.getFirst().link();
      this.recordedAtMillis = EventRecord.recordedAtMillis(last.getFirst().record());
    }
    this.tree = new GrowingTree(size, nodes);
  }

  /** Remembers the end as it is, with nothing placed yet. */
  void mark() {
    mark = new Mark(size, link, recordedAtMillis, tree.mark(), new HashMap<>(), releasedBefore);
  }

  /** Gives up what was placed since {@link #mark}; without one nothing was. */
  void rollBack() {
    rows.clear();
    claimed.clear();
    foreseen.clear();
    if (mark != null) {
      size = mark.size;
      link = mark.link;
      recordedAtMillis = mark.recordedAtMillis;
      tree.rollBack(mark.tree);
      revisions.putAll(mark.revisions);
      releasedBefore = mark.releasedBefore;
    }
  }

  /** Takes over the next row, which another writer has appended and which was checked. */
  void takeOver(Row row) {
    size = row.position();
    link = row.link();
    recordedAtMillis = EventRecord.recordedAtMillis(row.record());
    tree.append(link);
    revisions.put(
        IndexKey.ofStream(EventRecord.streamBytes(row.record())),
        EventRecord.revision(row.record()));
    if (releasedBefore != null) {
      Releases.of(row, key).ifPresent(this::release);
    }
  }

  /** Up to which time claims were released, {@link Releases#NONE} when none were. */
  long releasedBefore() {
    Long known = releasedBefore;
    if (known == null) {
      known = Releases.last(engine, log, key);
      releasedBefore = known;
    }
    return known;
  }

  /** Takes note of a release that was placed. */
  void release(long recordedBeforeMillis) {
    releasedBefore = Math.max(releasedBefore(), recordedBeforeMillis);
  }

  /** When the next event would be recorded, by the time it is now. */
  long nextRecordedAt(long nowMillis) {
    return Math.max(recordedAtMillis, nowMillis);
  }

  long recordedAtMillis() {
    return recordedAtMillis;
  }

  Head head() {
    return new Head(size, link);
  }

  GrowingTree tree() {
    return tree;
  }

  /** The rows placed since the last call; their claims are the engine's business from now on. */
  List<Row> takeRows() {
    List<Row> taken = List.copyOf(rows);
    rows.clear();
    claimed.clear();
    foreseen.clear();
    return taken;
  }

  List<Tile> takeTiles() {
    return tree.takeFull();
  }

  /** Asks the engine for all claims of what is about to be placed, where it can tell at once. */
  void foresee(List<PreparedAppend> appends) {
    if (!(engine instanceof FindsMany many)) {
      return;
    }
    for (PreparedAppend append : appends) {
      for (PreparedAppend.Event event : append.events) {
        for (IndexKey claim : event.claims()) {
          foreseen.put(claim, 0L);
        }
      }
    }
    if (!foreseen.isEmpty()) {
      foreseen.putAll(many.findAll(log, List.copyOf(foreseen.keySet())));
    }
  }

  /** Places the events of an append, or says why not. All or none. */
  Placed place(PreparedAppend append, long nowMillis) {
    Looked looked = look(append, nowMillis);
    if (looked.present != 0) {
      return new Placed.Not(new AppendResult.AlreadyPresent(looked.present));
    }
    long revision = revisionOf(append.stream);
    if (append.append.expected() instanceof ExpectedRevision.Exactly(long expected)
        && expected != revision) {
      String stream = append.events[0].draft().stream();
      return new Placed.Not(new AppendResult.Conflict(stream, expected, revision));
    }
    if (looked.refusal != null) {
      return new Placed.Not(looked.refusal);
    }
    if (mark != null) {
      mark.revisions.putIfAbsent(append.stream, revision);
    }
    long first = size + 1;
    for (PreparedAppend.Event event : append.events) {
      recordedAtMillis = Math.max(recordedAtMillis, timeOf(event, nowMillis));
      size++;
      revision++;
      EventRecord.place(event.record(), size, link, recordedAtMillis, revision);
      link = EventRecord.link(event.record());
      tree.append(link);
      rows.add(new Row(size, link, event.record(), event.body(), event.keys()));
      for (IndexKey claim : event.claims()) {
        claimed.put(claim, size);
      }
    }
    revisions.put(append.stream, revision);
    return new Placed.At(first);
  }

  /** What {@link #place} did. */
  sealed interface Placed {
    record At(long first) implements Placed {}

    record Not(AppendResult why) implements Placed {}
  }

  /**
   * What the claims of an append have met.
   *
   * @param present where its first event is, when for every event the first of its claims that is
   *     held calls it a repetition; 0 otherwise
   * @param refusal what the append gets when it is not present as a whole, or null
   */
  private record Looked(long present, AppendResult.@Nullable Refused refusal) {}

  private Looked look(PreparedAppend append, long nowMillis) {
    @Nullable Set<IndexKey> own = append.events.length > 1 ? new HashSet<>() : null;
    AppendResult.@Nullable Refused refusal = null;
    long present = 0;
    boolean allPresent = true;
    for (PreparedAppend.Event event : append.events) {
      boolean answered = false;
      boolean repeated = false;
      for (int c = 0; c < event.claims().length; c++) {
        Claim claim = event.draft().claims().get(c);
        long holder = holder(event.claims()[c], timeOf(event, nowMillis));
        boolean twice = own != null && !own.add(event.claims()[c]);
        if (refusal == null && (holder != 0 || twice)) {
          refusal = new AppendResult.Refused(claim, holder);
        }
        // The first claim that is held answers for its event; those after it have no say.
        if (holder != 0 && !answered) {
          answered = true;
          repeated = claim.onDuplicate() == OnDuplicate.RETURN_EXISTING;
          present = repeated && present == 0 ? holder : present;
        }
      }
      allPresent &= repeated;
      if (!allPresent && refusal != null) {
        return new Looked(0, refusal);
      }
    }
    return new Looked(allPresent ? present : 0, refusal);
  }

  /** The position that holds a claim at the time the new event would be recorded, or 0. */
  private long holder(IndexKey claim, long nowMillis) {
    Long placed = claimed.get(claim);
    long position = placed != null ? placed : find(claim);
    if (position == 0) {
      return 0;
    }
    Row row = placed != null ? placedRow(position) : engine.read(log, position - 1, 1).getFirst();
    if (row.position() != position) {
      // Of a trimmed event only those claims are left that never expire.
      return position;
    }
    for (int number = 0; number * Row.KEY_BYTES < row.keys().length; number++) {
      if (IndexKey.of(row.keys(), number * Row.KEY_BYTES).equals(claim)) {
        long expiresAt = EventRecord.claimExpiresAtMillis(row.record(), number);
        boolean free =
            expiresAt == Claim.UNTIL_RELEASED
                ? EventRecord.recordedAtMillis(row.record()) < releasedBefore()
                : expiresAt <= nextRecordedAt(nowMillis);
        return free ? 0 : position;
      }
    }
    return position;
  }

  private long find(IndexKey claim) {
    Long known = foreseen.get(claim);
    return known != null ? known : engine.find(log, claim);
  }

  private Row placedRow(long position) {
    return rows.get((int) (position - rows.getFirst().position()));
  }

  private static long timeOf(PreparedAppend.Event event, long nowMillis) {
    return event.stampMillis() == PreparedAppend.UNSTAMPED ? nowMillis : event.stampMillis();
  }

  private long revisionOf(IndexKey stream) {
    Long known = revisions.get(stream);
    return known != null ? known : engine.lastRevision(log, stream);
  }
}
