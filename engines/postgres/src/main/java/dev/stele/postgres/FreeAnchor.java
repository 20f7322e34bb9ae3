package dev.stele.postgres;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.Proven;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The first anchor of a folder that no other process holds: several may write one log, and each has
 * a memory of its own of what it has signed.
 *
 * <pre>
 *   FOLDER/…            the first
 *   FOLDER/process-2/…  the one of a second process, and so on
 * </pre>
 *
 * <p>Which one it is turns out when it is taken; before that it is the first. A process that comes
 * back later, to another one, finds an older checkpoint of the same log there, which the log still
 * contains. Thread-safe.
 */
final class FreeAnchor implements Anchor {
  /**
   * 16 processes that write one log at once: more than can be of use, with one head to wait for.
   */
  static final int MAX_PROCESSES = 16;

  private final LogHome home;
  private final Path folder;
  private volatile Anchor chosen;

  FreeAnchor(LogHome home, Path folder) {
    this.home = home;
    this.folder = folder;
    this.chosen = home.anchorIn(folder);
  }

  @Override
  public synchronized void take() {
    StorageFailed held = null;
    for (int process = 1; process <= MAX_PROCESSES; process++) {
      Anchor anchor = home.anchorIn(process == 1 ? folder : folder.resolve("process-" + process));
      try {
        anchor.take();
        chosen = anchor;
        return;
      } catch (StorageFailed e) {
        // A cause means that the disk has failed; without one, somebody else holds it.
        if (e.getCause() != null) {
          throw e;
        }
        held = e;
      }
    }
    throw new StorageFailed(
        "%d processes write this log already, and each holds an anchor in %s"
            .formatted(MAX_PROCESSES, folder),
        held == null ? new IllegalStateException("none was tried") : held);
  }

  @Override
  public Optional<byte[]> last() {
    return chosen.last();
  }

  @Override
  public void record(byte[] signedNote) {
    chosen.record(signedNote);
  }

  @Override
  public Optional<String> damage() {
    return chosen.damage();
  }

  @Override
  public Optional<String> stranger() {
    return chosen.stranger();
  }

  @Override
  public Proven proven() {
    return chosen.proven();
  }

  @Override
  public void recordProven(Proven proven) {
    chosen.recordProven(proven);
  }

  @Override
  public boolean suspected() {
    return chosen.suspected();
  }

  @Override
  public void suspect(boolean broken) {
    chosen.suspect(broken);
  }

  @Override
  public String describe() {
    return chosen.describe();
  }

  @Override
  public void close() {
    chosen.close();
  }
}
