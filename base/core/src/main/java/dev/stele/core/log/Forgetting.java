package dev.stele.core.log;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.Tile;
import dev.stele.core.event.Body;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventRecord;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.TiledNodes;
import dev.stele.core.proof.TrimmedEntries;
import dev.stele.core.proof.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what is to be forgotten and writes the receipts for it.
 *
 * <pre>
 *   select rows ──► receipt (ranges, hash of the keys that stay) ──► one commit: receipt appended,
 *                                                                    bodies dropped, checkpoint
 * </pre>
 *
 * <p>One erase or trim at a time, so that no event is named by two receipts. Appends go on
 * meanwhile. A receipt is committed only if no other one has been since its events were selected:
 * where several processes write, another one may have been faster, and then the selection is made
 * anew.
 */
final class Forgetting {
  /** The most events one receipt is for: a transaction needs a bound. */
  static final long MAX_ERASED = 65_536;

  /** The most events one trim drops at once. */
  static final long MAX_TRIMMED = 1L << 18;

  /** The most claims that one trim drops from the index: they are sorted in memory. */
  private static final int MAX_LAPSING = 1 << 19;

  private static final int PAGE = 1_024;

  /** How often a selection is made anew: each time another process has got a receipt done. */
  private static final int MAX_SELECTIONS = 1_000;

  /** Commits a receipt together with what it is for. */
  interface Committer {
    /**
     * Returns the receipt's position; empty, with nothing done, when there are more receipts by now
     * than {@code receiptsBefore}.
     */
    OptionalLong commit(Receipt receipt, Forgotten forgotten, long receiptsBefore);
  }

  /** What a commit drops. */
  sealed interface Forgotten {
    record Bodies(List<PositionRange> ranges) implements Forgotten {}

    record Prefix(long upTo) implements Forgotten {}
  }

  private final LogEngine engine;
  private final LogId log;
  private final VerifierKey key;
  private final Set<String> keptStreams;
  private final Committer committer;

  Forgetting(
      LogEngine engine, LogId log, VerifierKey key, Set<String> keptStreams, Committer committer) {
    this.engine = engine;
    this.log = log;
    this.key = key;
    this.keptStreams = keptStreams;
    this.committer = committer;
  }

  private long receiptsSoFar() {
    return engine.lastRevision(log, LogReader.streamKey(Receipt.STREAM));
  }

  private StorageFailed neverAlone() {
    return new StorageFailed(
        "other writers of log %s forget events at the same time, without an end; try again"
            .formatted(log));
  }

  // ---- erase ----

  /** Gathers ranges for receipts, and commits each receipt once it is full. */
  private final class Gathering {
    final List<Receipt.ErasedRange> ranges = new ArrayList<>();
    final List<Long> receipts = new ArrayList<>();
    long receiptsBefore;
    boolean overtaken;
    long first;
    long last;
    byte[] keys = new byte[0];
    long gathered;
    long erased;

    void begin() {
      receiptsBefore = receiptsSoFar();
      overtaken = false;
      ranges.clear();
      first = 0;
      last = 0;
      keys = new byte[0];
      gathered = 0;
    }

    /** False when what follows would be committed in vain. */
    boolean add(Row row) {
      if (row.body() == null) {
        return true;
      }
      boolean neighbour = last != 0 && row.position() == last + 1;
      if (!neighbour) {
        endRange();
        first = row.position();
      }
      last = row.position();
      keys = Receipt.keysHash(keys, last, row.keys());
      gathered++;
      if (gathered == MAX_ERASED || ranges.size() == Receipt.MAX_RANGES - 1) {
        commit();
      }
      return !overtaken;
    }

    private void endRange() {
      if (last != 0) {
        ranges.add(new Receipt.ErasedRange(new PositionRange(first, last), keys));
      }
      first = 0;
      last = 0;
      keys = new byte[0];
    }

    void commit() {
      endRange();
      if (ranges.isEmpty()) {
        return;
      }
      List<PositionRange> positions = ranges.stream().map(Receipt.ErasedRange::range).toList();
      OptionalLong receipt =
          committer.commit(
              new Receipt.Erased(key.name(), ranges),
              new Forgotten.Bodies(positions),
              receiptsBefore);
      if (receipt.isEmpty()) {
        overtaken = true;
        return;
      }
      receipts.add(receipt.getAsLong());
      receiptsBefore++;
      erased += gathered;
      gathered = 0;
      ranges.clear();
    }

    EraseResult result() {
      return receipts.isEmpty()
          ? new EraseResult.NothingToErase()
          : new EraseResult.Erased(erased, List.copyOf(receipts));
    }
  }

  EraseResult erase(Erasure what) {
    // Looked for twice: what must be kept is found before anything is dropped.
    Optional<EraseResult.Kept> kept = firstKept(what);
    if (kept.isPresent()) {
      return kept.get();
    }
    Gathering gathering = new Gathering();
    for (int selections = 0; selections < MAX_SELECTIONS; selections++) {
      gathering.begin();
      select(what, gathering::add);
      if (!gathering.overtaken) {
        gathering.commit();
      }
      if (!gathering.overtaken) {
        return gathering.result();
      }
    }
    throw neverAlone();
  }

  /** Takes rows; false when it has seen enough. */
  private interface Taker {
    boolean take(Row row);
  }

  private Optional<EraseResult.Kept> firstKept(Erasure what) {
    List<EraseResult.Kept> found = new ArrayList<>();
    select(
        what,
        row -> {
          String stream = streamOf(row);
          if (row.body() != null && isKept(stream)) {
            found.add(new EraseResult.Kept(row.position(), stream));
          }
          return found.isEmpty();
        });
    return found.stream().findFirst();
  }

  private boolean isKept(String stream) {
    return stream.equals(Receipt.STREAM) || keptStreams.contains(stream);
  }

  private static String streamOf(Row row) {
    return new String(EventRecord.streamBytes(row.record()), StandardCharsets.UTF_8);
  }

  private void select(Erasure what, Taker taker) {
    switch (what) {
      case Erasure.OfEvent(long position) -> {
        for (Row row : engine.read(log, position - 1, 1)) {
          if (row.position() == position) {
            taker.take(row);
          }
        }
      }
      case Erasure.OfRevisions(String stream, long from, long to) ->
          selectRevisions(stream, from, to, taker);
      case Erasure.OfSubject(String subject) -> selectSubject(subject, taker);
    }
  }

  private void selectRevisions(String stream, long from, long to, Taker taker) {
    IndexKey key = LogReader.streamKey(stream);
    long after = from - 1;
    long last = Math.min(to, engine.lastRevision(log, key));
    while (after < last) {
      List<Row> rows = engine.readStream(log, key, after, (int) Math.min(PAGE, last - after));
      for (Row row : rows) {
        long revision = EventRecord.revision(row.record());
        if (revision <= last && !taker.take(row)) {
          return;
        }
        after = revision;
      }
      if (rows.isEmpty()) {
        return;
      }
    }
  }

  private void selectSubject(String subject, Taker taker) {
    byte[] sought = subject.getBytes(StandardCharsets.UTF_8);
    long end = engine.head(log).size();
    long after = firstPosition() - 1;
    while (after < end) {
      RowPage page = engine.readPage(log, after, PAGE);
      if (page.isEmpty()) {
        return;
      }
      for (RowPage.Cursor row = page.cursor(); row.next(); ) {
        after = row.position();
        if (row.hasBody()
            && Body.isAbout(row.bytes(), row.bodyAt(), row.bodyLength(), sought)
            && !taker.take(row.row())) {
          return;
        }
      }
    }
  }

  private long firstPosition() {
    List<Row> first = engine.read(log, 0, 1);
    return first.isEmpty() ? 1 : first.getFirst().position();
  }

  // ---- trim ----

  TrimResult trim(long before) {
    List<Long> receipts = new ArrayList<>();
    long events = 0;
    long reached = 0;
    for (int selections = 0; selections < MAX_SELECTIONS; selections++) {
      Trimming trimming = new Trimming(before);
      trimming.run(receipts);
      events += trimming.trimmed - trimming.already;
      reached = Math.max(reached, trimming.trimmed);
      if (!trimming.overtaken) {
        return receipts.isEmpty()
            ? new TrimResult.NothingToTrim(trimming.reason)
            : new TrimResult.Trimmed(reached, events, List.copyOf(receipts));
      }
    }
    throw neverAlone();
  }

  /** A trim, until it is done, stopped, or overtaken by another process. */
  private final class Trimming {
    final long receiptsAtFirst = receiptsSoFar();
    final long already = firstPosition() - 1;
    final long before;
    long trimmed = already;
    boolean overtaken;
    String reason = "there is nothing";

    Trimming(long before) {
      this.before = before;
    }

    void run(List<Long> receipts) {
      Head head = engine.head(log);
      long wanted = Math.min(before - 1, head.size() - 1) / Tile.WIDTH * Tile.WIDTH;
      if (wanted <= already) {
        reason = "events go by whole tiles of 256, and there is none left before " + before;
        return;
      }
      long recordedAt =
          EventRecord.recordedAtMillis(engine.read(log, head.size() - 1, 1).getFirst().record());
      long receiptsBefore = receiptsAtFirst;
      @Nullable String stopped = null;
      while (trimmed < wanted && stopped == null && !overtaken) {
        Step step = new Step(trimmed, Math.min(wanted, trimmed + MAX_TRIMMED), recordedAt);
        stopped = step.look();
        if (step.upTo > trimmed) {
          OptionalLong receipt =
              committer.commit(step.receipt(), new Forgotten.Prefix(step.upTo), receiptsBefore);
          overtaken = receipt.isEmpty();
          if (receipt.isPresent()) {
            receipts.add(receipt.getAsLong());
            receiptsBefore++;
            trimmed = step.upTo;
          }
        }
      }
      reason = stopped == null ? reason : stopped;
    }
  }

  /** One receipt's worth of a trim. */
  private final class Step {
    final long from;
    final long recordedAt;
    final long releasedBefore = Releases.last(engine, log, key);
    long upTo;
    byte[] link = new byte[0];
    final Set<IndexEntry> lapsing = new HashSet<>();

    Step(long from, long upTo, long recordedAt) {
      this.from = from;
      this.upTo = upTo;
      this.recordedAt = recordedAt;
    }

    /** Looks how far the trim may go; why not further, or null. */
    @Nullable String look() {
      long after = from;
      while (after < upTo) {
        for (Row row : engine.read(log, after, (int) Math.min(PAGE, upTo - after))) {
          @Nullable String reason = reasonToKeep(row);
          if (reason != null) {
            upTo = (row.position() - 1) / Tile.WIDTH * Tile.WIDTH;
            lapsing.removeIf(entry -> entry.position() > upTo);
            findLink();
            return reason;
          }
          for (IndexKey key : row.expiringKeys()) {
            lapsing.add(new IndexEntry(key, 0, row.position()));
          }
          after = row.position();
          if (after % Tile.WIDTH == 0 && lapsing.size() > MAX_LAPSING) {
            upTo = after;
            break;
          }
        }
      }
      findLink();
      return null;
    }

    private void findLink() {
      if (upTo > from) {
        link = engine.read(log, upTo - 1, 1).getFirst().link();
      }
    }

    private @Nullable String reasonToKeep(Row row) {
      String stream = streamOf(row);
      if (keptStreams.contains(stream)) {
        return "event %d is of the stream %s, which must be kept whole"
            .formatted(row.position(), stream);
      }
      for (int number = 0; number * Row.KEY_BYTES < row.keys().length; number++) {
        long expiresAt = EventRecord.claimExpiresAtMillis(row.record(), number);
        if (expiresAt == Claim.UNTIL_RELEASED) {
          if (EventRecord.recordedAtMillis(row.record()) >= releasedBefore) {
            return "a claim of event %d has not been released yet".formatted(row.position());
          }
        } else if (expiresAt != Claim.NEVER && expiresAt > recordedAt) {
          return "a claim of event %d has not expired yet".formatted(row.position());
        }
      }
      return null;
    }

    Receipt receipt() {
      TrimmedEntries claims = new TrimmedEntries(false);
      engine.scanClaims(
          log,
          entry -> {
            if (entry.position() <= upTo && !lapsing.contains(entry)) {
              claims.add(entry);
            }
          });
      TrimmedEntries streams = new TrimmedEntries(true);
      engine.scanStreams(
          log,
          entry -> {
            if (entry.position() <= upTo) {
              streams.add(entry);
            }
          });
      byte[] root = Merkle.root(upTo, new TiledNodes(engine, log));
      return new Receipt.Trimmed(key.name(), upTo, link, root, claims.digest(), streams.digest());
    }
  }
}
