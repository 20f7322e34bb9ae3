package dev.stele.server.witness;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.witness.WitnessMemory;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a witness must never forget, in a folder of its own.
 *
 * <pre>
 *   origins        one line for each log that was ever cosigned, written after its first file
 *   HEX            the last checkpoint cosigned of the log whose origin hashes to HEX (SHA-256)
 *   lock           held while a process uses the folder
 * </pre>
 *
 * <p>Each file is written whole under another name, synced, and then given its own. A log that
 * stands in {@code origins} and whose file is not there was lost, and that is a failure: a witness
 * that began again could cosign a fork. Thread-safe.
 */
final class WitnessFolder implements WitnessMemory, AutoCloseable {
  private static final String ORIGINS = "origins";

  private final Disk disk;
  private final Path folder;
  private final Disk.Lock lock;
  private final ReentrantLock turn = new ReentrantLock();

  /** Guarded by the turn. */
  private final Set<String> origins;

  private WitnessFolder(Disk disk, Path folder, Disk.Lock lock, Set<String> origins) {
    this.disk = disk;
    this.folder = folder;
    this.lock = lock;
    this.origins = origins;
  }

  /**
   * Takes a folder for this process.
   *
   * @throws StorageFailed when another process has it, or it cannot be read
   */
  static WitnessFolder open(Disk disk, Path folder) {
    try {
      disk.makeFolders(folder);
      Disk.Lock lock =
          disk.lock(folder.resolve("lock"))
              .orElseThrow(() -> new StorageFailed("another process is the witness in " + folder));
      Set<String> origins = new LinkedHashSet<>();
      Path named = folder.resolve(ORIGINS);
      if (disk.exists(named)) {
        new String(disk.read(named), StandardCharsets.UTF_8).lines().forEach(origins::add);
      }
      return new WitnessFolder(disk, folder, lock, origins);
    } catch (IOException e) {
      throw new StorageFailed("the witness's folder %s cannot be used".formatted(folder), e);
    }
  }

  private Path file(String origin) {
    return folder.resolve(hash(origin));
  }

  /** What stands for an origin in names and paths. */
  static String hash(String origin) {
    return HexFormat.of().formatHex(Sha256.hash(origin.getBytes(StandardCharsets.UTF_8)));
  }

  /** The last checkpoint of the log whose origin hashes to this. */
  Optional<SignedCheckpoint> lastOfHash(String hash) {
    turn.lock();
    try {
      return origins.stream()
          .filter(each -> hash(each).equals(hash))
          .findFirst()
          .flatMap(this::last);
    } finally {
      turn.unlock();
    }
  }

  @Override
  public Optional<SignedCheckpoint> last(String origin) {
    turn.lock();
    try {
      if (!origins.contains(origin)) {
        return Optional.empty();
      }
      Path file = file(origin);
      if (!disk.exists(file)) {
        throw new StorageFailed(
            "what was cosigned of %s is gone from %s; put it back from a backup"
                .formatted(origin, file));
      }
      return Optional.of(read(file, origin));
    } catch (IOException e) {
      throw new StorageFailed("what was cosigned of %s cannot be read".formatted(origin), e);
    } finally {
      turn.unlock();
    }
  }

  private SignedCheckpoint read(Path file, String origin) throws IOException {
    if (SignedNote.parse(disk.read(file)) instanceof Parsed.Value<SignedNote>(SignedNote note)
        && Checkpoint.parse(note.text()) instanceof Parsed.Value<Checkpoint>(Checkpoint checkpoint)
        && checkpoint.origin().equals(origin)) {
      return new SignedCheckpoint(checkpoint, note);
    }
    throw new StorageFailed("%s is no checkpoint of %s".formatted(file, origin));
  }

  @Override
  public boolean advance(Optional<SignedCheckpoint> from, SignedCheckpoint to) {
    String origin = to.checkpoint().origin();
    turn.lock();
    try {
      Optional<SignedCheckpoint> kept = last(origin);
      if (kept.isPresent() != from.isPresent()
          || (kept.isPresent() && !isSameTree(kept.get(), from.orElseThrow()))) {
        return false;
      }
      // The checkpoint before the name: a name without its checkpoint would be a loss.
      write(file(origin), to.bytes());
      if (kept.isEmpty()) {
        Set<String> more = new LinkedHashSet<>(origins);
        more.add(origin);
        write(
            folder.resolve(ORIGINS),
            (String.join("\n", more) + "\n").getBytes(StandardCharsets.UTF_8));
        origins.add(origin);
      }
      return true;
    } catch (IOException e) {
      throw new StorageFailed("what is cosigned of %s cannot be kept".formatted(origin), e);
    } finally {
      turn.unlock();
    }
  }

  private static boolean isSameTree(SignedCheckpoint one, SignedCheckpoint other) {
    return one.checkpoint().size() == other.checkpoint().size()
        && Arrays.equals(one.checkpoint().root(), other.checkpoint().root());
  }

  private void write(Path file, byte[] bytes) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".writing");
    disk.delete(partial);
    try (DiskFile out = disk.create(partial, Disk.Readers.ANYBODY)) {
      out.writeFully(bytes, 0);
      out.sync();
    }
    disk.replace(partial, file);
    disk.syncFolder(folder);
  }

  /** Gives the folder back. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new StorageFailed("the witness's folder %s cannot be given back".formatted(folder), e);
    }
  }
}
