package dev.stele.client;

import dev.stele.core.log.Disk;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Remembers, for each log, its key and the last checkpoint that was trusted.
 *
 * <p>It is what makes a rewound log noticeable: whoever loses it begins to trust anew. Checkpoints
 * belong to the key, so that a log that shows different trees at different addresses is noticed as
 * well.
 *
 * <p>Thread-safe. A store that cannot be read or written throws {@link
 * dev.stele.core.engine.StorageFailed}, and then nothing new is trusted.
 */
public interface TrustStore {
  /** A store that forgets everything when the process ends. */
  static TrustStore inMemory() {
    return new TrustInMemory();
  }

  /**
   * A store in a folder, which is made when first needed: small files, each replaced at one stroke
   * and durably, readable by their owner alone. Several processes may share it.
   */
  static TrustStore inFolder(Path folder) {
    return inFolder(folder, Disk.system());
  }

  /** The same on a given disk. */
  static TrustStore inFolder(Path folder, Disk disk) {
    return new TrustFolder(folder, disk);
  }

  /** The key that was pinned for an address. */
  Optional<VerifierKey> pinned(URI log);

  /**
   * Pins a key, if none is pinned yet. Durable on return.
   *
   * @return the key that is pinned now: of two who pin at once, the first one's
   */
  VerifierKey pin(URI log, VerifierKey key);

  /** The last checkpoint that was trusted of the log with this key. */
  Optional<SignedCheckpoint> head(VerifierKey key);

  /**
   * Trusts a checkpoint that was verified to continue another. Durable on return.
   *
   * @param from what {@link #head} gave, and {@code to} was held against
   * @return whether it was kept; false, and nothing changed, when another than {@code from} is
   *     trusted by now
   */
  boolean advance(VerifierKey key, Optional<SignedCheckpoint> from, SignedCheckpoint to);
}
