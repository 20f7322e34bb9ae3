package dev.stele.client;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Trust in a folder.
 *
 * <pre>
 *   SHA-256(address), 16 hex digits .pin    "stele/pin/v1" │ address │ vkey, a line each
 *   SHA-256(vkey), 16 hex digits .head      the signed checkpoint, byte for byte
 *   lock                                    held by who writes
 * </pre>
 *
 * <p>A file is written whole under another name, synced, moved over the old one, and its folder is
 * synced: a crash leaves the old one or the new one. One that is neither, because somebody else has
 * touched it, is refused: an address that does not fit its name, a key that does not fit its id, a
 * checkpoint that its key has not signed.
 *
 * <p>Thread-safe. A reader takes no lock.
 */
final class TrustFolder implements TrustStore {
  private static final String PIN_HEADER = "stele/pin/v1";
  private static final int NAME_BYTES = 8;

  /** How long is waited for another process: it holds the lock for two syncs. */
  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(10);

  private static final Duration LOCK_PAUSE = Duration.ofMillis(2);

  private final Path folder;
  private final Disk disk;

  /** Held by the one thread of this instance that asks for the lock among processes. */
  private final ReentrantLock writing = new ReentrantLock();

  TrustFolder(Path folder, Disk disk) {
    this.folder = folder.toAbsolutePath().normalize();
    this.disk = disk;
  }

  @Override
  public Optional<VerifierKey> pinned(URI log) {
    Path file = file(log.toString(), ".pin");
    Optional<byte[]> bytes = read(file);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    String text = StrictText.utf8(bytes.get()).orElse("");
    List<String> lines = text.lines().toList();
    if (lines.size() == 3
        && VerifierKey.parse(lines.get(2)) instanceof Parsed.Value<VerifierKey>(VerifierKey key)
        && text.equals(pinText(log, key))) {
      return Optional.of(key);
    }
    throw damaged(file, "is no pinned key of " + log);
  }

  private static String pinText(URI log, VerifierKey key) {
    return PIN_HEADER + "\n" + log + "\n" + key.text() + "\n";
  }

  @Override
  public VerifierKey pin(URI log, VerifierKey key) {
    Optional<VerifierKey> before = pinned(log);
    return before.isPresent() ? before.get() : locked(() -> pinLocked(log, key));
  }

  private VerifierKey pinLocked(URI log, VerifierKey key) throws IOException {
    Optional<VerifierKey> before = pinned(log);
    if (before.isPresent()) {
      return before.get();
    }
    write(file(log.toString(), ".pin"), pinText(log, key).getBytes(StandardCharsets.UTF_8));
    return key;
  }

  @Override
  public Optional<SignedCheckpoint> head(VerifierKey key) {
    Path file = file(key.text(), ".head");
    Optional<byte[]> bytes = read(file);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    return switch (SignedCheckpoint.open(bytes.get(), key)) {
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) -> Optional.of(checkpoint);
      case SignedCheckpoint.Opening.Refused(String reason) ->
          throw damaged(file, "is no checkpoint of " + key.name() + ": " + reason);
    };
  }

  @Override
  public boolean advance(VerifierKey key, Optional<SignedCheckpoint> from, SignedCheckpoint to) {
    return locked(
        () -> {
          if (!head(key).equals(from)) {
            return false;
          }
          write(file(key.text(), ".head"), to.bytes());
          return true;
        });
  }

  private Path file(String named, String suffix) {
    byte[] hash = Sha256.hash(named.getBytes(StandardCharsets.UTF_8));
    return folder.resolve(HexFormat.of().formatHex(hash, 0, NAME_BYTES) + suffix);
  }

  private Optional<byte[]> read(Path file) {
    if (!disk.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(disk.read(file));
    } catch (IOException e) {
      throw new StorageFailed("what is trusted cannot be read from " + file, e);
    }
  }

  private static StorageFailed damaged(Path file, String what) {
    return StorageFailed.damaged(
        "%s %s: it was damaged; if you know why, move it away, and trust begins anew"
            .formatted(file, what));
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private <T> T locked(Work<T> work) {
    writing.lock();
    try {
      disk.makeFolders(folder);
      try (Disk.Lock _ = takeLock()) {
        return work.run();
      }
    } catch (IOException e) {
      throw new StorageFailed(
          "what is trusted cannot be kept in %s; nothing new is trusted until it can"
              .formatted(folder),
          e);
    } finally {
      writing.unlock();
    }
  }

  private Disk.Lock takeLock() throws IOException {
    long begin = System.nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        Optional<Disk.Lock> lock = disk.lock(folder.resolve("lock"));
        if (lock.isPresent()) {
          return lock.get();
        }
        if (System.nanoTime() - begin > LOCK_PATIENCE.toNanos()) {
          throw new IOException("%s is held by another process".formatted(folder.resolve("lock")));
        }
        try {
          Thread.sleep(LOCK_PAUSE);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void write(Path file, byte[] bytes) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".writing");
    disk.delete(partial);
    try (DiskFile out = disk.create(partial, Disk.Readers.OWNER)) {
      out.writeFully(bytes, 0);
      out.sync();
    }
    disk.replace(partial, file);
    disk.syncFolder(folder);
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
