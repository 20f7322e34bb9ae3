package dev.stele.core.backup;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.TrimmedPrefix;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts a log into an engine that is empty, from a chain of backups, and verifies all of it there.
 *
 * <pre>
 *   rows of all parts, in order ──► checked, up to the root that the log has signed
 *   receipts among them ──► what is gone
 *   rows of all parts, without what is gone ──► engine
 *   the engine ──► Verifier: links, bodies, claims, indexes, tiles, checkpoints, signatures
 * </pre>
 *
 * <p>What was erased is never written to the engine, not even for a moment. It is for the caller to
 * put the engine in the place of another only when all is well. Memory does not depend on the size
 * of the log, but for the ranges that receipts name. One thread at a time.
 */
public final class Restore {
  /** Rows are gone through three times: checked, written, and verified where they are. */
  private static final int PASSES = 3;

  private final BackupChain chain;
  private final LogEngine engine;
  private final LogId log;
  private final Gone gone;
  private final RowChain rows;
  private long left;

  private Restore(BackupChain chain, LogEngine engine, LogId log) {
    this.chain = chain;
    this.engine = engine;
    this.log = log;
    this.gone = new Gone(chain.tip().manifest().key());
    this.rows = behindTrimmed();
  }

  /**
   * What the verification of the restored log is given.
   *
   * @param anchor the last checkpoint that is known outside of the log and is to be honoured
   * @param indexKey the log's index key, without which claims are not re-computed
   * @param auditors makes what re-checks signatures
   */
  public record Checks(
      Optional<byte[]> anchor, Optional<byte[]> indexKey, Supplier<List<Auditor>> auditors) {
    /** Hashes alone. */
    public static final Checks NONE = new Checks(Optional.empty(), Optional.empty(), List::of);
  }

  /** A fault of the chain, on its way to the caller. */
  private static final class Faulty extends RuntimeException {
    final long at;

    Faulty(long at, String detail) {
      super(detail, null, false, false);
      this.at = at;
    }
  }

  /**
   * Writes the chain's log to an engine and verifies it. The checksums of the files are re-computed
   * first.
   *
   * @param engine has no event of that log yet
   * @param log under which name it is put there
   * @param progress is told how many events were checked, then written, then verified, of three
   *     times their number
   * @throws StorageFailed as damaged when a file is not what was written, else when the engine
   *     fails
   * @throws UnsupportedOperationException when the log was trimmed and the engine cannot begin
   *     behind what is gone
   */
  public static RestoreResult into(
      LogEngine engine, LogId log, BackupChain chain, Checks checks, Progress progress) {
    if (engine.head(log).size() > 0) {
      throw new IllegalArgumentException(
          "a log is put into an engine that is empty, and %s has %d events there"
              .formatted(log, engine.head(log).size()));
    }
    chain.check(Progress.SILENT);
    try {
      return new Restore(chain, engine, log).run(checks, progress);
    } catch (Faulty fault) {
      return new RestoreResult.Unsound(fault.at, String.valueOf(fault.getMessage()));
    }
  }

  private RestoreResult run(Checks checks, Progress progress) {
    BackupManifest tip = chain.tip().manifest();
    long size = tip.size();
    checkRows(progress);
    gatherReceipts();
    writeRows(progress);
    writeCheckpoints();
    Verifier verifier =
        Verifier.of(engine, log, tip.key())
            .withAnchor(checks.anchor())
            .withAuditors(checks.auditors())
            .progress(verified -> progress.at(2 * size + verified, PASSES * size));
    checks.indexKey().ifPresent(verifier::withIndexKey);
    return switch (verifier.verify()) {
      case Verdict.Intact intact -> new RestoreResult.Restored(intact, left);
      case Verdict.Broken broken -> new RestoreResult.Unsound(broken.at(), broken.fault().detail());
    };
  }

  /**
   * Holds every row against the checkpoint that was signed, before one is believed in anything: a
   * file's own checksum proves nothing about who wrote it.
   */
  private void checkRows(Progress progress) {
    BackupManifest tip = chain.tip().manifest();
    RowChain checked = behindTrimmed();
    for (BackupFile part : chain.parts()) {
      part.eachPage(
          page -> {
            for (RowPage.Cursor row = page.cursor(); row.next(); ) {
              if (row.position() > tip.trimmed()) {
                require(checked.take(row.row()), checked);
              }
            }
            var _ = checked.takeTiles();
            progress.at(checked.size(), PASSES * tip.size());
          });
    }
    if (checked.size() != tip.size()
        || !Arrays.equals(checked.root(), tip.checkpoint().checkpoint().root())) {
      throw new Faulty(
          checked.size(), "the events are not those that the backup's checkpoint was signed for");
    }
  }

  private static void require(Optional<String> fault, RowChain rows) {
    if (fault.isPresent()) {
      throw new Faulty(rows.size() + 1, fault.get());
    }
  }

  /** The chain of rows where it begins: at the log's first event, or behind what was trimmed. */
  private RowChain behindTrimmed() {
    BackupManifest tip = chain.tip().manifest();
    RowChain behind = RowChain.ofOrigin(tip.origin());
    if (tip.trimmed() > 0) {
      new PrefixTiles(prefixPart().tiles()).into(behind);
      if (behind.size() != tip.trimmed()) {
        throw new Faulty(
            behind.size() + 1, "the tiles of the events that were trimmed are not all");
      }
    }
    return behind;
  }

  private void gatherReceipts() {
    for (BackupFile part : chain.parts()) {
      part.eachPage(
          page -> {
            for (RowPage.Cursor row = page.cursor(); row.next(); ) {
              if (row.position() > chain.tip().manifest().trimmed()) {
                Row whole = row.row();
                if (Gone.isReceipt(whole.record())) {
                  gone.add(whole);
                }
              }
            }
          });
    }
    if (gone.trimmed() != chain.tip().manifest().trimmed()) {
      throw new Faulty(
          1,
          "receipts name %d events as trimmed, the manifest %d"
              .formatted(gone.trimmed(), chain.tip().manifest().trimmed()));
    }
  }

  private void writeRows(Progress progress) {
    long size = chain.tip().manifest().size();
    boolean[] prefixed = {false};
    for (BackupFile part : chain.parts()) {
      part.eachPage(
          page -> {
            Head before = new Head(rows.size(), rows.link());
            List<Row> batch = new ArrayList<>();
            for (RowPage.Cursor row = page.cursor(); row.next(); ) {
              if (row.position() <= gone.trimmed()) {
                left++;
              } else {
                batch.add(take(row.row()));
              }
            }
            if (batch.isEmpty()) {
              return;
            }
            Batch rowsAndTiles = new Batch(batch, rows.takeTiles(), null);
            if (gone.trimmed() > 0 && !prefixed[0]) {
              prefixed[0] = true;
              require(behindPrefix(rowsAndTiles));
            } else {
              require(engine.commit(log, before, rowsAndTiles, Durability.OS));
            }
            progress.at(size + rows.size(), PASSES * size);
          });
    }
  }

  private Row take(Row row) {
    require(rows.take(row), rows);
    if (row.body() == null || !gone.erased(row.position())) {
      return row;
    }
    left++;
    return new Row(row.position(), row.link(), row.record(), null, row.keys());
  }

  private static void require(CommitResult result) {
    switch (result) {
      case CommitResult.Committed _ -> {}
      case CommitResult.HeadMoved(Head actual) ->
          throw new StorageFailed(
              "somebody else writes to what a backup is put into: it has %d events"
                  .formatted(actual.size()));
      case CommitResult.Fenced(String reason) ->
          throw new StorageFailed("somebody else writes to what a backup is put into: " + reason);
    }
  }

  // ---- what is left of trimmed events ----

  private BackupFile prefixPart() {
    return chain.parts().reversed().stream()
        .filter(part -> part.manifest().trimmed() == chain.tip().manifest().trimmed())
        .filter(BackupFile::hasPrefix)
        .findFirst()
        .orElseThrow(
            () ->
                new Faulty(
                    1,
                    "nothing is left of the %d events that were trimmed"
                        .formatted(chain.tip().manifest().trimmed())));
  }

  private CommitResult behindPrefix(Batch batch) {
    if (!(engine instanceof Restorable restorable)) {
      throw new UnsupportedOperationException(
          "the engine cannot take a log whose first %d events were trimmed"
              .formatted(gone.trimmed()));
    }
    BackupFile part = prefixPart();
    return restorable.commitBehind(
        log,
        new TrimmedPrefix(
            new Head(gone.trimmed(), lastLink(part)),
            new PrefixTiles(part.tiles()),
            part.claims(),
            part.streams()),
        batch,
        Durability.OS);
  }

  private static byte[] lastLink(BackupFile part) {
    byte[] link = new byte[0];
    for (Tile tile : part.tiles()) {
      link = PrefixTiles.leaves(tile).getLast();
    }
    return link;
  }

  // ---- checkpoints ----

  private void writeCheckpoints() {
    Head head = new Head(rows.size(), rows.link());
    @Nullable StoredCheckpoint[] last = {null};
    for (BackupFile part : chain.parts()) {
      part.eachCheckpoint(
          checkpoint -> {
            store(head, last[0], Durability.OS);
            last[0] = checkpoint;
          });
    }
    // The last one makes all that was written before it durable.
    store(head, last[0], Durability.DURABLE);
  }

  private void store(Head head, @Nullable StoredCheckpoint checkpoint, Durability durability) {
    if (checkpoint != null && checkpoint.size() <= head.size()) {
      require(engine.commit(log, head, new Batch(List.of(), List.of(), checkpoint), durability));
    }
  }
}
