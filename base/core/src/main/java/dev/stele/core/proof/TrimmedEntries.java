package dev.stele.core.proof;

import dev.stele.core.engine.IndexEntry;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * SHA-256 over the entries of an index that stay of events that were trimmed, in the index's order:
 * what the receipt of a trim commits to. One thread at a time.
 */
public final class TrimmedEntries {
  private final boolean ofStreams;
  private final MessageDigest digest;
  private final ByteBuffer entry = ByteBuffer.allocate(32);

  /**
   * Nothing yet.
   *
   * @param ofStreams whether entries have a revision
   */
  public TrimmedEntries(boolean ofStreams) {
    this.ofStreams = ofStreams;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }

  /** Adds the next entry: key 16, for streams revision u64, position u64. */
  public void add(IndexEntry next) {
    entry.clear().putLong(next.key().high()).putLong(next.key().low());
    if (ofStreams) {
      entry.putLong(next.revision());
    }
    entry.putLong(next.position());
    digest.update(entry.array(), 0, entry.position());
  }

  /** The hash of all that was added; nothing may be added afterwards. */
  public byte[] digest() {
    return digest.digest();
  }
}
