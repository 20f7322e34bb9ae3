package dev.stele.core.log;

import dev.stele.core.engine.StorageFailed;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * An anchor in a file of two slots, written in turn, so that a torn write leaves the older one.
 *
 * <pre>
 *   slot (4,096 bytes):  "stele-anchor-v1\n" │ sequence u64 │ length u32 │ note │ zeros │ SHA-256
 * </pre>
 *
 * <p>The file is written in place and never grows, so recording costs one short sync. Beside it, a
 * file for the place of the log's database remembers which log is there. Thread-safe.
 */
public final class FileAnchor implements Anchor {
  private static final int SLOT_BYTES = 4_096;
  private static final byte[] MAGIC = "stele-anchor-v1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int SEQUENCE_AT = MAGIC.length;
  private static final int LENGTH_AT = SEQUENCE_AT + 8;
  private static final int NOTE_AT = LENGTH_AT + 4;
  private static final int HASH_AT = SLOT_BYTES - Sha256.SIZE_BYTES;

  private final Path file;
  private final Optional<Place> place;

  /** Whether the place is known to be remembered; guarded by this. */
  private boolean placed;

  /** The sequence of the newest whole slot, −1 before it is known; guarded by this. */
  private long sequence = -1;

  /** Which log is where: one line with its public key, one with the path of its database. */
  private record Place(Path file, String vkey, Path database) {
    String text() {
      return vkey + "\n" + database.toAbsolutePath().normalize() + "\n";
    }

    static Path fileOf(Path folder, Path database) {
      return folder.resolve(shortHash(database.toAbsolutePath().normalize().toString()) + ".place");
    }
  }

  /** An anchor in {@code file}, which is made with its folders when first recorded to. */
  public FileAnchor(Path file) {
    this(file, Optional.empty());
  }

  private FileAnchor(Path file, Optional<Place> place) {
    this.file = file;
    this.place = place;
  }

  /** The anchor of the log with a public key and a database, in a folder for many logs. */
  static FileAnchor inFolder(Path folder, String vkey, Path database) {
    return new FileAnchor(
        folder.resolve(shortHash(vkey) + ".anchor"),
        Optional.of(new Place(Place.fileOf(folder, database), vkey, database)));
  }

  /** Forgets which log was at a place: a new one is being made there. */
  static void clearPlace(Path folder, Path database) throws IOException {
    Files.deleteIfExists(Place.fileOf(folder, database));
  }

  private static String shortHash(String text) {
    return HexFormat.of().formatHex(Sha256.hash(text.getBytes(StandardCharsets.UTF_8)), 0, 8);
  }

  @Override
  public Optional<String> stranger() {
    if (place.isEmpty() || !Files.exists(place.get().file())) {
      return Optional.empty();
    }
    try {
      byte[] known = Files.readAllBytes(place.get().file());
      return Arrays.equals(known, place.get().text().getBytes(StandardCharsets.UTF_8))
          ? Optional.empty()
          : Optional.of(
              "another log than this one is known to be at %s; if you put this one there, delete %s"
                  .formatted(place.get().database(), place.get().file()));
    } catch (IOException e) {
      throw new StorageFailed(place.get().file() + " beside the anchor cannot be read", e);
    }
  }

  private void rememberPlace() throws IOException {
    if (placed || place.isEmpty()) {
      return;
    }
    Path remembered = place.get().file();
    if (!Files.exists(remembered)) {
      Path partial = remembered.resolveSibling(remembered.getFileName() + ".writing");
      Files.writeString(partial, place.get().text());
      Files.move(
          partial, remembered, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    placed = true;
  }

  @Override
  public synchronized Optional<byte[]> last() {
    sequence = -1;
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    byte[] newest = new byte[0];
    for (byte[] slot : slots()) {
      long written = ByteBuffer.wrap(slot).getLong(SEQUENCE_AT);
      if (isWhole(slot) && written > sequence) {
        sequence = written;
        newest =
            Arrays.copyOfRange(slot, NOTE_AT, NOTE_AT + ByteBuffer.wrap(slot).getInt(LENGTH_AT));
      }
    }
    if (sequence < 0) {
      throw new StorageFailed(
          "the anchor %s holds no whole checkpoint: it was damaged; if you know why, move it away"
              .formatted(file));
    }
    return Optional.of(newest);
  }

  @Override
  public synchronized Optional<String> damage() {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    int number = 0;
    for (byte[] slot : slots()) {
      if (!isWhole(slot) && !Arrays.equals(slot, new byte[SLOT_BYTES])) {
        return Optional.of(
            "slot %d of the anchor %s is torn or was changed".formatted(number, file));
      }
      number++;
    }
    return Optional.empty();
  }

  /** The two slots as they are; what is missing of them is zeros. */
  private List<byte[]> slots() {
    try {
      byte[] all = Files.readAllBytes(file);
      return List.of(
          Arrays.copyOf(all, SLOT_BYTES),
          Arrays.copyOfRange(Arrays.copyOf(all, 2 * SLOT_BYTES), SLOT_BYTES, 2 * SLOT_BYTES));
    } catch (IOException e) {
      throw new StorageFailed("the anchor " + file + " cannot be read", e);
    }
  }

  @Override
  public synchronized void record(byte[] signedNote) {
    if (signedNote.length > HASH_AT - NOTE_AT) {
      throw new IllegalArgumentException("a checkpoint of " + signedNote.length + " bytes");
    }
    boolean begins = !Files.exists(file);
    if (!begins && sequence < 0) {
      last();
    }
    long next = Math.max(0, sequence) + 1;
    byte[] slot = new byte[SLOT_BYTES];
    ByteBuffer.wrap(slot).put(MAGIC).putLong(next).putInt(signedNote.length).put(signedNote);
    System.arraycopy(Sha256.hash(slot, 0, HASH_AT), 0, slot, HASH_AT, Sha256.SIZE_BYTES);
    boolean interrupted = false;
    try {
      while (!write(slot, next, begins)) {
        interrupted |= Thread.interrupted();
      }
      sequence = next;
      rememberPlace();
    } catch (IOException e) {
      throw new StorageFailed(
          "the anchor %s cannot be written; no checkpoint is published until it can"
              .formatted(file),
          e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Writes a slot and syncs it; false when an interrupt closed the file meanwhile. An interrupt of
   * one caller must not fail the commit that it makes for all that wait.
   */
  private boolean write(byte[] slot, long number, boolean begins) throws IOException {
    try {
      if (begins) {
        begin(slot, number);
      } else {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          writeAll(channel, slot, number % 2 * SLOT_BYTES);
          channel.force(false);
        }
      }
      return true;
    } catch (ClosedByInterruptException e) {
      return false;
    }
  }

  /** Makes the file whole under another name first, so that a crash never leaves a part of it. */
  private void begin(byte[] slot, long number) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Path partial = file.resolveSibling(file.getFileName() + ".writing");
    try (FileChannel channel =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeAll(channel, new byte[2 * SLOT_BYTES], 0);
      writeAll(channel, slot, number % 2 * SLOT_BYTES);
      channel.force(true);
    }
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    // Other systems do not let a directory be opened, and make renames durable on their own.
    if (folder != null && folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
        names.force(true);
      }
    }
  }

  private static void writeAll(FileChannel channel, byte[] bytes, long from) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(bytes);
    long at = from;
    while (out.hasRemaining()) {
      at += channel.write(out, at);
    }
  }

  @Override
  public String describe() {
    return file.toString();
  }

  private static boolean isWhole(byte[] slot) {
    int length = ByteBuffer.wrap(slot).getInt(LENGTH_AT);
    return Arrays.equals(slot, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
        && length >= 0
        && length <= HASH_AT - NOTE_AT
        && Arrays.equals(
            Sha256.hash(slot, 0, HASH_AT), Arrays.copyOfRange(slot, HASH_AT, SLOT_BYTES));
  }
}
