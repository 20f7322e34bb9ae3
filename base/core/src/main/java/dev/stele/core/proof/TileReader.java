package dev.stele.core.proof;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a directory of tiles as nodes and entries, and checks one as a whole (C2SP tlog-tiles).
 *
 * <p>Each call reads its file anew and trusts what it says: build a proof from it and verify the
 * proof, or {@link #verify} the directory first.
 *
 * <p>Thread-safe.
 */
public final class TileReader implements NodeSource, EntrySource {
  private final Path directory;
  private final long size;

  /**
   * Reads the log of {@code size} leaves in {@code directory}.
   *
   * @throws IllegalArgumentException if the size is negative
   */
  public TileReader(Path directory, long size) {
    if (size < 0) {
      throw new IllegalArgumentException("a tree cannot have " + size + " leaves");
    }
    this.directory = directory;
    this.size = size;
  }

  /**
   * Checks a whole directory against nothing but a key: the signature on the checkpoint, every tile
   * and its earlier partial forms against what the entries hash to, and the root. It holds one
   * bundle and one tile of each level in memory.
   *
   * @return where the first fault is; never an exception for what the files say
   * @throws UncheckedIOException if a file is there and the system cannot read it
   */
  public static TileVerdict verify(Path directory, VerifierKey key) {
    return TileAudit.of(directory, key);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the subtree is not within the size
   * @throws UncheckedIOException if the tile is missing, has another length or cannot be read
   */
  @Override
  public byte[] node(int level, long index) {
    if (level < 0 || level > 62 || index < 0 || index >= size >>> level) {
      throw new IllegalArgumentException(
          "no node " + level + "/" + index + " in a tree of " + size + " leaves");
    }
    int tileLevel = level / TileCoordinates.NODE_LEVELS;
    int above = level % TileCoordinates.NODE_LEVELS;
    long first = index << above;
    TileCoordinates tile =
        TileCoordinates.inTree(tileLevel, first / TileCoordinates.FULL_WIDTH, size);
    byte[] bytes = read(tile, tile.path(), tile.width() * Merkle.HASH_BYTES);
    if (bytes.length != tile.width() * Merkle.HASH_BYTES) {
      throw malformed(tile.path(), "has " + bytes.length + " bytes");
    }
    int from = (int) (first % TileCoordinates.FULL_WIDTH);
    Frontier subtree = new Frontier();
    for (int i = from; i < from + (1 << above); i++) {
      subtree.append(Arrays.copyOfRange(bytes, i * Merkle.HASH_BYTES, (i + 1) * Merkle.HASH_BYTES));
    }
    return subtree.root();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the index is not within the size
   * @throws UncheckedIOException if the bundle is missing, malformed or cannot be read
   */
  @Override
  public byte[] entry(long index) {
    if (index < 0 || index >= size) {
      throw new IllegalArgumentException("no entry " + index + " in a log of " + size);
    }
    TileCoordinates tile = TileCoordinates.inTree(0, index / TileCoordinates.FULL_WIDTH, size);
    byte[] bytes = read(tile, tile.entriesPath(), EntryBundle.MAX_BYTES);
    return switch (EntryBundle.decode(bytes)) {
      case Parsed.Malformed<List<byte[]>>(String reason) ->
          throw malformed(tile.entriesPath(), reason);
      case Parsed.Value<List<byte[]>>(List<byte[]> entries) -> {
        int at = (int) (index % TileCoordinates.FULL_WIDTH);
        if (entries.size() != tile.width()) {
          throw malformed(tile.entriesPath(), "has " + entries.size() + " entries");
        }
        yield entries.get(at);
      }
    };
  }

  private byte[] read(TileCoordinates tile, String path, int maxBytes) {
    Path file = directory.resolve(path);
    if (!Files.isRegularFile(file)) {
      throw new UncheckedIOException(
          new FileNotFoundException(file + " is missing: level " + tile.level()));
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(maxBytes + 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private UncheckedIOException malformed(String path, String what) {
    return new UncheckedIOException(new IOException(directory.resolve(path) + ": " + what));
  }
}
