package dev.stele.core.proof;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * One walk over a directory of tiles that rebuilds all of it from the entries.
 *
 * <p>Entries are hashed in order. A subtree that completes on a level of tiles goes into the tile
 * being built there; a tile that is full, or the last of its level, is compared with its file. A
 * fault in an upper tile shows only when that tile is full, so faults are reported in the order of
 * the walk.
 *
 * <p>Confined to one call.
 */
final class TileAudit {
  // Ends the walk from within the sink; it never leaves this class.
  private static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient TileVerdict.Broken verdict;

    Fault(TileVerdict.Broken verdict) {
      super(verdict.reason(), null, false, false);
      this.verdict = verdict;
    }
  }

  private final Path directory;
  private final long size;
  private final byte[][] tiles =
      new byte[TileCoordinates.MAX_LEVEL + 1][TileCoordinates.FULL_WIDTH * Merkle.HASH_BYTES];
  private final Frontier frontier = new Frontier();

  private TileAudit(Path directory, long size) {
    this.directory = directory;
    this.size = size;
  }

  static TileVerdict of(Path directory, VerifierKey key) {
    try {
      byte[] note = read(directory, TileExport.CHECKPOINT, 0, SignedNote.MAX_BYTES);
      return switch (SignedCheckpoint.open(note, key)) {
        case SignedCheckpoint.Opening.Refused(String reason) ->
            new TileVerdict.Broken(0, TileExport.CHECKPOINT, reason);
        case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) ->
            new TileAudit(directory, checkpoint.checkpoint().size()).against(checkpoint);
      };
    } catch (Fault fault) {
      return fault.verdict;
    }
  }

  private TileVerdict against(SignedCheckpoint checkpoint) {
    for (long first = 0; first < size; first += TileCoordinates.FULL_WIDTH) {
      TileCoordinates tile = TileCoordinates.inTree(0, first / TileCoordinates.FULL_WIDTH, size);
      byte[] bundle = read(directory, tile.entriesPath(), first, EntryBundle.MAX_BYTES);
      List<byte[]> entries = decode(tile, bundle);
      compareLeaves(tile, entries);
      compareEarlierBundles(tile, entries);
      for (byte[] entry : entries) {
        frontier.append(Merkle.leafHash(entry), this::put);
      }
    }
    for (int level = 0; level <= TileCoordinates.MAX_LEVEL; level++) {
      long hashes = size >>> (TileCoordinates.NODE_LEVELS * level);
      if (hashes % TileCoordinates.FULL_WIDTH != 0) {
        compare(TileCoordinates.inTree(level, hashes / TileCoordinates.FULL_WIDTH, size));
      }
    }
    if (!Arrays.equals(frontier.root(), checkpoint.checkpoint().root())) {
      // Entries and tiles agree with one another, so no leaf is more suspect than the others.
      return new TileVerdict.Broken(
          0, TileExport.CHECKPOINT, "the entries do not have the root that was signed");
    }
    return new TileVerdict.Intact(checkpoint);
  }

  private List<byte[]> decode(TileCoordinates tile, byte[] bundle) {
    return switch (EntryBundle.decode(bundle)) {
      case Parsed.Malformed<List<byte[]>>(String reason) ->
          throw fault(tile.firstLeaf(), tile.entriesPath(), reason);
      case Parsed.Value<List<byte[]>>(List<byte[]> entries) -> {
        if (entries.size() != tile.width()) {
          throw fault(
              tile.firstLeaf(),
              tile.entriesPath(),
              "there are " + entries.size() + " entries, not " + tile.width());
        }
        yield entries;
      }
    };
  }

  /**
   * Compares a bundle with its tile before the tree takes it in, so that the very entry is named.
   */
  private void compareLeaves(TileCoordinates tile, List<byte[]> entries) {
    byte[] stored = readTile(tile);
    for (int i = 0; i < entries.size(); i++) {
      byte[] hash = Merkle.leafHash(entries.get(i));
      int at = i * Merkle.HASH_BYTES;
      if (!Arrays.equals(hash, 0, hash.length, stored, at, at + hash.length)) {
        throw fault(
            tile.firstLeaf() + i,
            tile.entriesPath(),
            "entry " + (tile.firstLeaf() + i) + " does not hash to its leaf in " + tile.path());
      }
    }
  }

  private void put(int level, long index, byte[] hash) {
    if (level % TileCoordinates.NODE_LEVELS != 0) {
      return;
    }
    int tileLevel = level / TileCoordinates.NODE_LEVELS;
    int at = (int) (index % TileCoordinates.FULL_WIDTH);
    System.arraycopy(hash, 0, tiles[tileLevel], at * Merkle.HASH_BYTES, Merkle.HASH_BYTES);
    if (at == TileCoordinates.FULL_WIDTH - 1) {
      compare(
          new TileCoordinates(
              tileLevel, index / TileCoordinates.FULL_WIDTH, TileCoordinates.FULL_WIDTH));
    }
  }

  private void compare(TileCoordinates tile) {
    byte[] rebuilt = tiles[tile.level()];
    int length = tile.width() * Merkle.HASH_BYTES;
    int differs = Arrays.mismatch(rebuilt, 0, length, readTile(tile), 0, length);
    if (differs >= 0) {
      throw wrongHash(tile, tile.path(), differs);
    }
    for (int width : earlierWidths(tile, tile.path())) {
      TileCoordinates earlier = new TileCoordinates(tile.level(), tile.index(), width);
      byte[] stored = readTile(earlier);
      differs = Arrays.mismatch(rebuilt, 0, stored.length, stored, 0, stored.length);
      if (differs >= 0) {
        throw wrongHash(tile, earlier.path(), differs);
      }
    }
  }

  private static Fault wrongHash(TileCoordinates tile, String path, int differs) {
    int hash = differs / Merkle.HASH_BYTES;
    long leaf = tile.firstLeaf() + ((long) hash << (TileCoordinates.NODE_LEVELS * tile.level()));
    return fault(leaf, path, "hash " + hash + " is not what the entries below it hash to");
  }

  private void compareEarlierBundles(TileCoordinates tile, List<byte[]> entries) {
    for (int width : earlierWidths(tile, tile.entriesPath())) {
      String path = new TileCoordinates(0, tile.index(), width).entriesPath();
      byte[] expected = EntryBundle.encode(entries.subList(0, width));
      if (!Arrays.equals(expected, read(directory, path, tile.firstLeaf(), expected.length))) {
        throw fault(tile.firstLeaf(), path, "the entries are not those of the later bundle");
      }
    }
  }

  /** Returns the widths of partial files that were written for smaller sizes. */
  private int[] earlierWidths(TileCoordinates tile, String path) {
    String full = tile.isFull() ? path : path.substring(0, path.lastIndexOf(".p/"));
    Path partials = directory.resolve(full + ".p");
    if (!Files.isDirectory(partials)) {
      return new int[0];
    }
    int[] widths = new int[TileCoordinates.FULL_WIDTH];
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(partials)) {
      for (Path file : files) {
        OptionalLong width = StrictText.decimal(file.getFileName().toString());
        if (width.isPresent() && width.getAsLong() > 0 && width.getAsLong() < tile.width()) {
          widths[count++] = (int) width.getAsLong();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int[] sorted = Arrays.copyOf(widths, count);
    Arrays.sort(sorted);
    return sorted;
  }

  private byte[] readTile(TileCoordinates tile) {
    int length = tile.width() * Merkle.HASH_BYTES;
    byte[] stored = read(directory, tile.path(), tile.firstLeaf(), length);
    if (stored.length != length) {
      throw fault(
          tile.firstLeaf(), tile.path(), "there are " + stored.length + " bytes, not " + length);
    }
    return stored;
  }

  private static byte[] read(Path directory, String path, long leaf, int maxBytes) {
    Path file = directory.resolve(path);
    if (!Files.isRegularFile(file)) {
      throw fault(leaf, path, "the file is missing");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw fault(leaf, path, "there are more than " + maxBytes + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Fault fault(long index, String path, String reason) {
    return new Fault(new TileVerdict.Broken(index, path, reason));
  }
}
