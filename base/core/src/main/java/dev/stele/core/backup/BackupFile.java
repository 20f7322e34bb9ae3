package dev.stele.core.backup;

import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A backup in its file, of which only the manifest was read so far. Whatever cannot be read is
 * {@link StorageFailed}, as damaged where the bytes are not what was written.
 *
 * <p>Immutable and thread-safe; each pass through the content opens the file anew.
 *
 * @param path where it is
 * @param manifest what it says of itself
 * @param bytes how large the file is
 */
public record BackupFile(Path path, BackupManifest manifest, long bytes) {
  /** How backups are called. */
  public static final String ENDING = ".stele-backup";

  /** How much is hashed at once. */
  private static final int BUFFER = 1 << 20;

  /** Reads the manifest of a backup, and checks that it is the one that was written. */
  public static BackupFile open(Path path) {
    try (FileChannel in = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = in.size();
      if (size < BackupWriter.MAGIC.length + BackupWriter.TRAILER_BYTES) {
        throw damaged(path, "it is too short");
      }
      ByteBuffer trailer =
          read(in, size - BackupWriter.TRAILER_BYTES, BackupWriter.TRAILER_BYTES, path);
      int length = trailer.getInt();
      byte[] hash = new byte[Sha256.SIZE_BYTES];
      trailer.get(hash);
      byte[] end = new byte[BackupWriter.END.length];
      trailer.get(end);
      if (!Arrays.equals(end, BackupWriter.END)
          || length < 0
          || length > BackupManifest.MAX_BYTES
          || length > size - BackupWriter.TRAILER_BYTES) {
        throw damaged(path, "it does not end as a backup does");
      }
      long at = size - BackupWriter.TRAILER_BYTES - length;
      byte[] text = read(in, at, length, path).array();
      if (!Arrays.equals(Sha256.hash(text), hash)) {
        throw damaged(path, "its manifest is not the one that was written");
      }
      return switch (BackupManifest.parse(text)) {
        case Parsed.Malformed<BackupManifest>(String reason) -> throw damaged(path, reason);
        case Parsed.Value<BackupManifest>(BackupManifest manifest) -> {
          if (manifest.content().length() != at) {
            throw damaged(path, "its content has another length than it says");
          }
          yield new BackupFile(path, manifest, size);
        }
      };
    } catch (IOException e) {
      throw new StorageFailed("the backup %s cannot be read".formatted(path), e);
    }
  }

  static StorageFailed damaged(Path path, String what) {
    return StorageFailed.damaged("the backup %s is damaged: %s".formatted(path, what));
  }

  private static ByteBuffer read(FileChannel in, long at, int length, Path path)
      throws IOException {
    ByteBuffer into = ByteBuffer.allocate(length);
    while (into.hasRemaining()) {
      if (in.read(into, at + into.position()) < 0) {
        throw damaged(path, "it ends too early");
      }
    }
    return into.flip();
  }

  /**
   * Re-computes the checksum of the content.
   *
   * @param progress is told how many more bytes were read, and may throw to give up
   * @throws StorageFailed as damaged when it is not what was written
   */
  void check(LongConsumer progress) {
    try (FileChannel in = FileChannel.open(path, StandardOpenOption.READ)) {
      MessageDigest digest = BackupWriter.sha256();
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      long left = manifest.content().length();
      while (left > 0) {
        buffer.clear().limit((int) Math.min(BUFFER, left));
        int read = in.read(buffer);
        if (read < 0) {
          throw damaged(path, "it ends too early");
        }
        digest.update(buffer.flip());
        left -= read;
        progress.accept(read);
      }
      if (!Arrays.equals(digest.digest(), manifest.content().hash())) {
        throw damaged(path, "its checksum is not the one that was written");
      }
    } catch (IOException e) {
      throw new StorageFailed("the backup %s cannot be read".formatted(path), e);
    }
  }

  // ---- frames ----

  /** Goes through the frames of one kind; the others are stepped over without being read. */
  private final class Frames implements AutoCloseable {
    private final Frame wanted;
    private final FileChannel in;
    private long at = BackupWriter.MAGIC.length;

    Frames(Frame wanted) throws IOException {
      this.wanted = wanted;
      this.in = FileChannel.open(path, StandardOpenOption.READ);
    }

    /** The bytes of the next one, or null. */
    @Nullable ByteBuffer next() throws IOException {
      while (at < manifest.content().length()) {
        ByteBuffer header = read(in, at, Frame.HEADER_BYTES, path);
        Optional<Frame> kind = Frame.of(header.get());
        int length = header.getInt();
        long begin = at + Frame.HEADER_BYTES;
        if (kind.isEmpty()
            || length < 0
            || length > Frame.MAX_BYTES
            || begin + length > manifest.content().length()) {
          throw damaged(path, "at byte %d stands no part of a backup".formatted(at));
        }
        at = begin + length;
        if (kind.get() == wanted) {
          return read(in, begin, length, path);
        }
      }
      return null;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  private void eachFrame(Frame kind, Consumer<ByteBuffer> sink) {
    try (Frames frames = new Frames(kind)) {
      for (ByteBuffer frame = frames.next(); frame != null; frame = frames.next()) {
        sink.accept(frame);
      }
    } catch (IOException e) {
      throw new StorageFailed("the backup %s cannot be read".formatted(path), e);
    }
  }

  /** Gives the rows, page by page in order of position. */
  void eachPage(Consumer<RowPage> sink) {
    eachFrame(
        Frame.ROWS,
        frame -> {
          require(frame, 8);
          long first = frame.getLong();
          byte[] bytes = new byte[frame.remaining()];
          frame.get(bytes);
          sink.accept(new RowPage(first, bytes, bytes.length));
        });
  }

  private void require(ByteBuffer frame, int bytes) {
    if (frame.remaining() < bytes) {
      throw damaged(path, "a part of it is too short");
    }
  }

  /** Gives the checkpoints, smallest first. */
  void eachCheckpoint(Consumer<StoredCheckpoint> sink) {
    eachFrame(
        Frame.CHECKPOINTS,
        frame -> {
          while (frame.hasRemaining()) {
            require(frame, 12);
            long size = frame.getLong();
            int length = frame.getInt();
            if (length < 0) {
              throw damaged(path, "a checkpoint has no length");
            }
            require(frame, length);
            byte[] note = new byte[length];
            frame.get(note);
            sink.accept(new StoredCheckpoint(size, note));
          }
        });
  }

  /** Whether what is left of trimmed events is in it. */
  boolean hasPrefix() {
    return tiles().iterator().hasNext();
  }

  /** The tiles of level 0 over the events that were trimmed. */
  Iterable<Tile> tiles() {
    return () ->
        new Entries<>(
            Frame.TILES,
            frame -> {
              require(frame, 8 + Tile.WIDTH * Sha256.SIZE_BYTES);
              long index = frame.getLong();
              byte[] hashes = new byte[Tile.WIDTH * Sha256.SIZE_BYTES];
              frame.get(hashes);
              return new Tile(0, index, hashes);
            });
  }

  /** What stays in the claim index of the events that were trimmed. */
  Iterable<IndexEntry> claims() {
    return () ->
        new Entries<>(
            Frame.CLAIMS,
            frame -> {
              require(frame, 24);
              return new IndexEntry(
                  new IndexKey(frame.getLong(), frame.getLong()), 0, frame.getLong());
            });
  }

  /** What stays in the stream index of the events that were trimmed. */
  Iterable<IndexEntry> streams() {
    return () ->
        new Entries<>(
            Frame.STREAMS,
            frame -> {
              require(frame, 32);
              return new IndexEntry(
                  new IndexKey(frame.getLong(), frame.getLong()), frame.getLong(), frame.getLong());
            });
  }

  /** The text of the log's key file, where it is in it. */
  public Optional<String> secrets() {
    StringBuilder text = new StringBuilder();
    eachFrame(Frame.KEYS, frame -> text.append(StandardCharsets.UTF_8.decode(frame)));
    return text.isEmpty() ? Optional.empty() : Optional.of(text.toString());
  }

  /** The entries of all frames of a kind; holds no more than one frame. One thread at a time. */
  private final class Entries<T> implements Iterator<T> {
    private final Frame kind;
    private final Function<ByteBuffer, T> reader;
    private ByteBuffer frame = ByteBuffer.allocate(0);

    /** Where the frame after {@link #frame} is looked for. */
    private long at = BackupWriter.MAGIC.length;

    Entries(Frame kind, Function<ByteBuffer, T> reader) {
      this.kind = kind;
      this.reader = reader;
    }

    @Override
    public boolean hasNext() {
      // The file is opened for each frame: nobody tells an iterator that it is needed no more.
      while (!frame.hasRemaining()) {
        try (Frames frames = new Frames(kind)) {
          frames.at = at;
          ByteBuffer next = frames.next();
          at = frames.at;
          if (next == null) {
            return false;
          }
          frame = next;
        } catch (IOException e) {
          throw new StorageFailed("the backup %s cannot be read".formatted(path), e);
        }
      }
      return true;
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no more of " + kind);
      }
      return reader.apply(frame);
    }
  }

  /** The file at its path, as long as it is the same backup. */
  @Override
  public boolean equals(Object other) {
    return other instanceof BackupFile that
        && path.equals(that.path)
        && manifest.id().equals(that.manifest.id());
  }

  @Override
  public int hashCode() {
    return manifest.id().hashCode();
  }
}
