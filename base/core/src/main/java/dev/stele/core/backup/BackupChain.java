package dev.stele.core.backup;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.proof.VerifierKey;
import java.util.List;

/**
 * A full backup and those that continue it, without a gap: what a log can be put back from.
 *
 * @param parts the full one first; each continues the one before
 */
public record BackupChain(List<BackupFile> parts) {
  /** Checks that it begins with a full one, and that each part names the one before. */
  public BackupChain {
    parts = List.copyOf(parts);
    if (parts.isEmpty() || !parts.getFirst().manifest().isFull()) {
      throw new IllegalArgumentException("a chain begins with a full backup");
    }
    for (int i = 1; i < parts.size(); i++) {
      BackupManifest before = parts.get(i - 1).manifest();
      BackupManifest part = parts.get(i).manifest();
      if (!part.parent().equals(java.util.Optional.of(before.link()))
          || part.after() != before.size()
          || part.size() < before.size()
          || !part.key().equals(before.key())
          || !part.log().equals(before.log())) {
        throw new IllegalArgumentException(
            "the backup %s does not continue %s".formatted(part.id(), before.id()));
      }
    }
  }

  /** The last part, which says how far the chain goes. */
  public BackupFile tip() {
    return parts.getLast();
  }

  /** How many bytes the files have. */
  public long bytes() {
    return parts.stream().mapToLong(BackupFile::bytes).sum();
  }

  /**
   * How many events stand in the files with what a log has erased or trimmed since: a restore
   * leaves it out as far as the chain has the receipts, but the bytes stay until the files go.
   * Rather one too many than one too few.
   */
  public long forgottenSince(LogEngine engine, LogId log, VerifierKey key) {
    return holdsOf(Gone.in(engine, log, key, Long.MAX_VALUE));
  }

  long holdsOf(Gone gone) {
    long held = 0;
    for (BackupFile part : parts) {
      held += holdsOf(part.manifest(), gone);
    }
    return held;
  }

  private static long holdsOf(BackupManifest part, Gone gone) {
    long from = Math.max(part.after(), gone.trimmed());
    long trimmed =
        Math.max(0, Math.min(gone.trimmed(), part.size()) - Math.max(part.after(), part.trimmed()));
    if (from >= part.size()) {
      return trimmed;
    }
    long erased = gone.erasedIn(new PositionRange(from + 1, part.size()));
    // Which rows were bare already is known only where none of them were trimmed since.
    long bare = trimmed == 0 ? part.erased() : 0;
    return trimmed + Math.max(part.held(), erased - bare);
  }

  /**
   * Re-computes the checksums of all files.
   *
   * @param progress is told how many bytes were read
   * @throws dev.stele.core.engine.StorageFailed as damaged when one is not what was written
   */
  public void check(Progress progress) {
    long total = bytes();
    long[] done = {0};
    for (BackupFile part : parts) {
      part.check(
          read -> {
            done[0] += read;
            progress.at(done[0], total);
          });
    }
  }
}
