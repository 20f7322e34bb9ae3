package dev.stele.core.proof;

/** What an audit of a directory of tiles found. */
public sealed interface TileVerdict {
  /**
   * Every entry, every tile and the root are what the log's key signed.
   *
   * @param checkpoint the signed checkpoint of the directory
   */
  record Intact(SignedCheckpoint checkpoint) implements TileVerdict {}

  /**
   * The directory is not what the log's key signed.
   *
   * @param index the first leaf, from 0, that the directory does not prove; 0 if the checkpoint is
   *     at fault
   * @param path the file where the fault shows, relative to the directory
   * @param reason what is wrong with it, as a phrase for a human
   */
  record Broken(long index, String path, String reason) implements TileVerdict {}
}
