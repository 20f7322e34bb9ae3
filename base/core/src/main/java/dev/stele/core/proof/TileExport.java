package dev.stele.core.proof;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Writes a log as a directory of files that standard transparency tools read (C2SP tlog-tiles).
 *
 * <pre>
 *   checkpoint                written last
 *   tile/0/000 ...            hashes
 *   tile/entries/000 ...      entries
 * </pre>
 *
 * <p>A directory that holds an earlier export of the same log is brought up to date: what was
 * complete is kept, earlier partial files stay for readers of the earlier checkpoint. Each file is
 * written under another name, synced and moved into place, and the checkpoint comes last; so a
 * reader of the checkpoint finds all that it covers, also after a crash in the middle.
 *
 * <p>Thread-safe, but two exports at a time into one directory are the caller's mistake.
 */
public final class TileExport {
  static final String CHECKPOINT = "checkpoint";

  /** What came of an export. */
  public sealed interface Outcome {
    /**
     * The directory holds the whole log up to the checkpoint.
     *
     * @param files number of files written, the checkpoint included
     */
    record Written(long files) implements Outcome {}

    /**
     * The checkpoint in the directory is as it was before.
     *
     * @param reason what is wrong and with what, as a phrase for a human
     */
    record Refused(String reason) implements Outcome {}
  }

  private final Path directory;
  private Path unsynced;
  private long files;

  private TileExport(Path directory) {
    this.directory = directory;
    this.unsynced = directory;
  }

  /**
   * Writes the log that {@code checkpoint} signs, holding one tile and one bundle in memory at a
   * time.
   *
   * <p>Refused are nodes that do not have the signed root, an entry that does not hash to its leaf,
   * and a directory whose checkpoint is not of a prefix of this log.
   *
   * @param directory made if it is missing
   * @param nodes all complete subtrees below the checkpoint's size
   * @param entries all entries below the checkpoint's size
   * @throws IOException if a file cannot be read or written; the export can be started again
   */
  public static Outcome write(
      Path directory, SignedCheckpoint checkpoint, NodeSource nodes, EntrySource entries)
      throws IOException {
    Checkpoint head = checkpoint.checkpoint();
    if (!Arrays.equals(Merkle.root(head.size(), nodes), head.root())) {
      return new Outcome.Refused("the nodes of this log do not have the root that was signed");
    }
    Files.createDirectories(directory);
    long complete = 0;
    Optional<byte[]> present = readCheckpoint(directory);
    if (present.isPresent()) {
      switch (prefix(present.get(), head, nodes)) {
        case Parsed.Malformed<Checkpoint>(String reason) -> {
          return new Outcome.Refused(directory.resolve(CHECKPOINT) + " " + reason);
        }
        case Parsed.Value<Checkpoint>(Checkpoint earlier) -> complete = earlier.size();
      }
    }
    TileExport export = new TileExport(directory);
    return export.write(checkpoint, complete, nodes, entries);
  }

  private static Optional<byte[]> readCheckpoint(Path directory) throws IOException {
    try (InputStream in = Files.newInputStream(directory.resolve(CHECKPOINT))) {
      return Optional.of(in.readNBytes(SignedNote.MAX_BYTES + 1));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static Parsed<Checkpoint> prefix(byte[] present, Checkpoint head, NodeSource nodes) {
    return switch (SignedNote.parse(present)) {
      case Parsed.Malformed<SignedNote>(String reason) ->
          new Parsed.Malformed<>("is not a checkpoint: " + reason);
      case Parsed.Value<SignedNote>(SignedNote note) ->
          switch (Checkpoint.parse(note.text())) {
            case Parsed.Malformed<Checkpoint>(String reason) ->
                new Parsed.Malformed<>("is not a checkpoint: " + reason);
            case Parsed.Value<Checkpoint>(Checkpoint earlier) -> prefix(earlier, head, nodes);
          };
    };
  }

  private static Parsed<Checkpoint> prefix(Checkpoint earlier, Checkpoint head, NodeSource nodes) {
    if (!earlier.origin().equals(head.origin())) {
      return new Parsed.Malformed<>("is of another log: " + earlier.origin());
    }
    if (earlier.size() > head.size()) {
      return new Parsed.Malformed<>(
          "has size " + earlier.size() + ", beyond the size " + head.size() + " to be written");
    }
    if (!Arrays.equals(Merkle.root(earlier.size(), nodes), earlier.root())) {
      return new Parsed.Malformed<>(
          "has another root at size " + earlier.size() + " than this log: they have forked");
    }
    return new Parsed.Value<>(earlier);
  }

  private Outcome write(
      SignedCheckpoint checkpoint, long complete, NodeSource nodes, EntrySource entries)
      throws IOException {
    long size = checkpoint.checkpoint().size();
    for (int level = 0; level <= TileCoordinates.MAX_LEVEL; level++) {
      for (long index = 0; index < TileCoordinates.count(level, size); index++) {
        TileCoordinates tile = TileCoordinates.inTree(level, index, size);
        if (!isKept(tile.path(), tile, complete)) {
          put(tile.path(), tile.bytes(nodes));
        }
      }
    }
    for (long index = 0; index < TileCoordinates.count(0, size); index++) {
      TileCoordinates tile = TileCoordinates.inTree(0, index, size);
      if (!isKept(tile.entriesPath(), tile, complete)) {
        switch (bundle(tile, nodes, entries)) {
          case Parsed.Malformed<byte[]>(String reason) -> {
            return new Outcome.Refused(reason);
          }
          case Parsed.Value<byte[]>(byte[] bundle) -> put(tile.entriesPath(), bundle);
        }
      }
    }
    put(CHECKPOINT, checkpoint.bytes());
    syncDirectories();
    return new Outcome.Written(files);
  }

  private boolean isKept(String path, TileCoordinates tile, long complete) {
    long leaves = (long) TileCoordinates.FULL_WIDTH << (TileCoordinates.NODE_LEVELS * tile.level());
    return tile.isFull()
        && complete - tile.firstLeaf() >= leaves
        && Files.exists(directory.resolve(path));
  }

  private static Parsed<byte[]> bundle(
      TileCoordinates tile, NodeSource nodes, EntrySource entries) {
    List<byte[]> bundle = new ArrayList<>(tile.width());
    for (long index = tile.firstLeaf(); index < tile.firstLeaf() + tile.width(); index++) {
      byte[] entry = entries.entry(index);
      if (entry.length > EntryBundle.MAX_ENTRY_BYTES) {
        return new Parsed.Malformed<>(
            "entry " + index + " has " + entry.length + " bytes, more than 65,535");
      }
      if (!Arrays.equals(Merkle.leafHash(entry), nodes.node(0, index))) {
        return new Parsed.Malformed<>("entry " + index + " of this log does not hash to its leaf");
      }
      bundle.add(entry);
    }
    return new Parsed.Value<>(EntryBundle.encode(bundle));
  }

  private void put(String path, byte[] bytes) throws IOException {
    Path target = directory.resolve(path);
    Path parent = Objects.requireNonNull(target.getParent(), "a path below the directory");
    if (!parent.equals(unsynced)) {
      syncDirectories();
      Files.createDirectories(parent);
      unsynced = parent;
    }
    Path partial = directory.resolve(path + ".writing");
    try (FileChannel file =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        file.write(rest);
      }
      file.force(true);
    }
    Files.move(
        partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    files++;
  }

  /** Makes the names in the directory written to last durable, and the directories above it. */
  private void syncDirectories() throws IOException {
    // Other systems do not let a directory be opened, and make renames durable on their own.
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    Path path = unsynced;
    while (path != null && path.startsWith(directory)) {
      try (FileChannel names = FileChannel.open(path, StandardOpenOption.READ)) {
        names.force(true);
      }
      path = path.getParent();
    }
  }
}
