package dev.stele.core.backup;

/** What came of making a backup. */
public sealed interface BackupResult {
  /**
   * The backup is in its file, whole and synced.
   *
   * @param file where it is, and what it says of itself
   * @param forgottenBefore how many events in the backups that it continues were erased or trimmed
   *     since: a restore leaves them out, but their bytes stay in those files until the files go
   */
  record Made(BackupFile file, long forgottenBefore) implements BackupResult {}

  /**
   * Nothing was written: the log has signed for nothing since the backup that was to be continued.
   *
   * @param parent that backup
   */
  record NothingNew(BackupFile parent) implements BackupResult {}

  /** Nothing was written: the log has not signed a checkpoint yet. */
  record NothingSigned() implements BackupResult {}

  /**
   * Nothing was written: the log does not continue the backup that was to be continued.
   *
   * @param reason why, in one sentence
   */
  record NotContinued(String reason) implements BackupResult {}

  /**
   * Nothing was written: what the log holds is not what it has signed for.
   *
   * @param at the position of the first fault that was met
   * @param detail what is wrong, as a phrase
   */
  record Unsound(long at, String detail) implements BackupResult {}
}
