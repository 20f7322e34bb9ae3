package dev.stele.core.backup;

import dev.stele.core.engine.LogId;
import dev.stele.core.proof.VerifierKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Which backups of a log may go. A backup stays for any of these reasons:
 *
 * <ul>
 *   <li>it is among the newest {@code count}, or younger than {@code age}, as far as one is given;
 *   <li>it is pinned;
 *   <li>it is the newest that a log can be put back from;
 *   <li>another one that stays continues it.
 * </ul>
 *
 * <p>Its age is told by its manifest. Backups of other logs, and files that cannot be read, are
 * left alone. With neither a count nor an age, everything stays. Immutable.
 *
 * @param count how many stay at least
 * @param age how old one is at least before it goes
 */
public record Retention(OptionalInt count, Optional<Duration> age) {
  /** Checks the bounds. */
  public Retention {
    if (count.isPresent() && count.getAsInt() < 1) {
      throw new IllegalArgumentException("1 backup or more is kept, not " + count.getAsInt());
    }
    if (age.isPresent() && age.get().isNegative()) {
      throw new IllegalArgumentException("backups are kept for zero days or more");
    }
  }

  /**
   * The backups of a log that may go.
   *
   * @param made what was made just now, and stays
   * @param now the time by which their age is told
   */
  public List<BackupFile> going(
      BackupFolder.Listing listing,
      LogId log,
      VerifierKey key,
      Optional<BackupFile> made,
      Instant now) {
    List<BackupFile> backups = listing.of(log, key);
    if (count.isEmpty() && age.isEmpty()) {
      return List.of();
    }
    Set<BackupFile> staying = new HashSet<>();
    made.ifPresent(file -> stay(file, listing, staying));
    listing.newestChain(log, key).ifPresent(chain -> staying.addAll(chain.parts()));
    for (int i = 0; i < backups.size(); i++) {
      BackupFile file = backups.get(i);
      boolean counted = count.isPresent() && backups.size() - i <= count.getAsInt();
      boolean young = age.isPresent() && file.manifest().madeAt().plus(age.get()).isAfter(now);
      if (counted || young || file.manifest().pinned()) {
        stay(file, listing, staying);
      }
    }
    List<BackupFile> going = new ArrayList<>(backups);
    going.removeAll(staying);
    return List.copyOf(going);
  }

  /** A backup stays with all that it continues, as far as that is here. */
  private static void stay(BackupFile file, BackupFolder.Listing listing, Set<BackupFile> staying) {
    Optional<BackupFile> next = Optional.of(file);
    while (next.isPresent() && staying.add(next.get())) {
      next = next.get().manifest().parent().flatMap(listing::find);
    }
  }
}
