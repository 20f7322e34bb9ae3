package dev.stele.core.backup;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Disk;
import dev.stele.core.proof.VerifierKey;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder in which backups are: of one log, or of many. A file is a backup by its ending and by
 * what it says of itself, never by its times.
 *
 * <p>Thread-safe. Whoever writes or deletes here holds the file {@code .lock}, which one process
 * does at a time.
 */
public final class BackupFolder {
  private static final String LOCK = ".lock";

  /** Eight of an id's digits: two backups of one millisecond share a name once in billions. */
  private static final int NAMED_ID_BYTES = 4;

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'.'SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Path folder;
  private final Disk disk;

  /** A folder, which is made when the first backup is. */
  public BackupFolder(Path folder) {
    this(folder, Disk.system());
  }

  /** The same on a given disk. */
  public BackupFolder(Path folder, Disk disk) {
    this.folder = folder;
    this.disk = disk;
  }

  /** Where it is. */
  public Path path() {
    return folder;
  }

  /**
   * What is in a folder.
   *
   * @param backups every backup, the oldest first, by the time that its manifest names
   * @param unreadable what is called a backup and is none, each with the reason
   */
  public record Listing(List<BackupFile> backups, Map<Path, String> unreadable) {
    /** The backup with an id, if it is here. */
    Optional<BackupFile> find(BackupManifest.Link link) {
      return backups.stream().filter(each -> each.manifest().link().equals(link)).findFirst();
    }

    /** The backups of one log. */
    public List<BackupFile> of(LogId log, VerifierKey key) {
      return backups.stream()
          .filter(each -> each.manifest().log().equals(log) && each.manifest().key().equals(key))
          .toList();
    }

    /**
     * All that a backup continues, and itself; empty when a part of it is not here.
     *
     * @param tip of which the chain is wanted
     */
    public Optional<BackupChain> chainOf(BackupFile tip) {
      List<BackupFile> parts = new ArrayList<>(List.of(tip));
      while (parts.getFirst().manifest().parent().isPresent()) {
        Optional<BackupFile> parent = find(parts.getFirst().manifest().parent().get());
        if (parent.isEmpty() || parts.contains(parent.get())) {
          return Optional.empty();
        }
        parts.addFirst(parent.get());
      }
      return Optional.of(new BackupChain(parts));
    }

    /** The chain of the newest backup of a log that is whole. */
    public Optional<BackupChain> newestChain(LogId log, VerifierKey key) {
      return of(log, key).reversed().stream().flatMap(tip -> chainOf(tip).stream()).findFirst();
    }
  }

  /** Reads the manifests of all backups; their contents are not looked at. */
  public Listing list() {
    List<BackupFile> backups = new ArrayList<>();
    Map<Path, String> unreadable = new HashMap<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file :
            files.filter(each -> each.toString().endsWith(BackupFile.ENDING)).sorted().toList()) {
          try {
            backups.add(BackupFile.open(file));
          } catch (StorageFailed e) {
            unreadable.put(file, String.valueOf(e.getMessage()));
          }
        }
      } catch (IOException e) {
        throw new StorageFailed("the folder %s cannot be read".formatted(folder), e);
      }
    }
    backups.sort(
        Comparator.comparing((BackupFile each) -> each.manifest().madeAt())
            .thenComparingLong(each -> each.manifest().size())
            .thenComparing(each -> each.manifest().id()));
    return new Listing(List.copyOf(backups), Map.copyOf(unreadable));
  }

  /** The path of a backup that is about to be made. */
  Path fileFor(Optional<String> name, String origin, Instant now, byte[] id) {
    String stem =
        name.orElseGet(
            () ->
                origin.replaceAll("[^A-Za-z0-9.-]", "_")
                    + "-"
                    + STAMP.format(now)
                    + "-"
                    + HexFormat.of().formatHex(id, 0, NAMED_ID_BYTES));
    return folder.resolve(stem + BackupFile.ENDING);
  }

  /** What is done while nobody else changes the folder. */
  interface Writing<T> {
    T on(Disk disk) throws IOException;
  }

  /** Makes the folder, takes its lock, and deletes what a crash has left unfinished. */
  <T> T writing(Writing<T> work) {
    try {
      disk.makeFolders(folder);
      Optional<Disk.Lock> lock = disk.lock(folder.resolve(LOCK));
      if (lock.isEmpty()) {
        throw new StorageFailed(
            "a backup is being made in %s already; wait until it is done".formatted(folder));
      }
      try (Disk.Lock _ = lock.get()) {
        sweep();
        return work.on(disk);
      }
    } catch (FileAlreadyExistsException e) {
      throw new StorageFailed(
          "%s is there already; give the backup another name".formatted(e.getFile()), e);
    } catch (IOException e) {
      throw new StorageFailed("the folder %s cannot be written".formatted(folder), e);
    }
  }

  private void sweep() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files
              .filter(each -> each.toString().endsWith(BackupFile.ENDING + BackupWriter.UNFINISHED))
              .toList()) {
        disk.delete(file);
      }
    }
  }

  /**
   * Deletes backups; what continues one of them goes first, so that a crash breaks no chain.
   *
   * @param going those that are to go
   */
  public void delete(List<BackupFile> going) {
    writing(
        on -> {
          for (BackupFile file :
              going.stream()
                  .sorted(
                      Comparator.comparingLong((BackupFile each) -> each.manifest().after())
                          .reversed())
                  .toList()) {
            on.delete(file.path());
          }
          on.syncFolder(folder);
          return going.size();
        });
  }
}
