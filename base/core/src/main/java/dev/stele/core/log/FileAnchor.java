package dev.stele.core.log;

import dev.stele.core.engine.StorageFailed;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An anchor in a file of two slots, written in turn, so that a torn write leaves the older one.
 *
 * <pre>
 *   slot (4,096 bytes):  "stele-anchor-v1\n" │ sequence u64 │ length u32 │ note │ zeros │ SHA-256
 * </pre>
 *
 * <p>The file is written in place and never grows, so recording costs one short sync. Beside it, a
 * file for the place of the log's database remembers which log is there, {@code NAME.proven} how
 * far the log was re-computed, and an empty file {@code NAME.lock} is held by who records.
 *
 * <p>What keeps the last recorded note through any crash:
 *
 * <ul>
 *   <li>only the slot that does not hold the newest durable note is ever written. A record that
 *       failed does not count: the next one writes over the same slot;
 *   <li>a note that is merely found in the file may not be on the medium, for the sync after it may
 *       have failed in the process before. So the first record of an instance writes the newest
 *       slot again, as it is, and syncs it and its name;
 *   <li>a file gets its name when all of it is synced. Until that name is durable too, a record
 *       makes the file anew.
 * </ul>
 *
 * <p>An instance knows what it last read or wrote, and does not record over anything else: another
 * writer, or a copy put back, has been there. Thread-safe.
 */
public final class FileAnchor implements Anchor {
  private static final int SLOT_BYTES = 4_096;
  private static final int FILE_BYTES = 2 * SLOT_BYTES;
  private static final byte[] MAGIC = "stele-anchor-v1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int SEQUENCE_AT = MAGIC.length;
  private static final int LENGTH_AT = SEQUENCE_AT + 8;
  private static final int NOTE_AT = LENGTH_AT + 4;
  private static final int HASH_AT = SLOT_BYTES - Sha256.SIZE_BYTES;

  private final Path file;
  private final Disk disk;
  private final Optional<Place> place;

  /** Whether the place is known to be remembered; guarded by this. */
  private boolean placed;

  /** What this instance last read, or recorded with success; null before it did. Under this. */
  private @Nullable Image known;

  /** The file when it was last looked at, and what a failed record meant to make of it. */
  private @Nullable Image looked;

  private @Nullable Image attempted;

  /** Whether what is {@link #known} is known to be durable; guarded by this. */
  private boolean settled;

  /** Held between {@link #take} and {@link #close}; guarded by this. */
  private Disk.@Nullable Lock lock;

  /** The file, while the lock is held; guarded by this. */
  private @Nullable DiskFile open;

  /** Which log is where: one line with its public key, one with the path of its database. */
  private record Place(Path file, String vkey, Path database) {
    String text() {
      return vkey + "\n" + database.toAbsolutePath().normalize() + "\n";
    }

    static Path fileOf(Path folder, Path database) {
      return folder.resolve(shortHash(database.toAbsolutePath().normalize().toString()) + ".place");
    }
  }

  /** The two slots at one moment. The bytes are never written to. */
  private record Image(byte[] bytes) {
    static final Image ABSENT = new Image(new byte[0]);

    /** What of a file there is, zeros for what is missing of it. */
    static Image of(byte[] read) {
      return new Image(Arrays.copyOf(read, FILE_BYTES));
    }

    boolean absent() {
      return bytes.length == 0;
    }

    byte[] slot(int number) {
      return Arrays.copyOfRange(bytes, number * SLOT_BYTES, (number + 1) * SLOT_BYTES);
    }

    boolean isWhole(int number) {
      byte[] slot = slot(number);
      int length = ByteBuffer.wrap(slot).getInt(LENGTH_AT);
      return Arrays.equals(slot, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
          && length >= 0
          && length <= HASH_AT - NOTE_AT
          && Arrays.equals(
              Sha256.hash(slot, 0, HASH_AT), Arrays.copyOfRange(slot, HASH_AT, SLOT_BYTES));
    }

    boolean isUnused(int number) {
      return Arrays.equals(slot(number), new byte[SLOT_BYTES]);
    }

    long sequence(int number) {
      return ByteBuffer.wrap(bytes).getLong(number * SLOT_BYTES + SEQUENCE_AT);
    }

    /** The whole slot with the largest sequence, −1 when none is whole. */
    int newest() {
      int newest = -1;
      for (int number = 0; number < 2 && !absent(); number++) {
        if (isWhole(number) && (newest < 0 || sequence(number) > sequence(newest))) {
          newest = number;
        }
      }
      return newest;
    }

    byte[] note(int number) {
      byte[] slot = slot(number);
      return Arrays.copyOfRange(slot, NOTE_AT, NOTE_AT + ByteBuffer.wrap(slot).getInt(LENGTH_AT));
    }

    /** The image after {@code note} was written over the slot of {@code sequence}. */
    Image with(long sequence, byte[] note) {
      byte[] slot = new byte[SLOT_BYTES];
      ByteBuffer.wrap(slot).put(MAGIC).putLong(sequence).putInt(note.length).put(note);
      System.arraycopy(Sha256.hash(slot, 0, HASH_AT), 0, slot, HASH_AT, Sha256.SIZE_BYTES);
      byte[] after = Arrays.copyOf(bytes, FILE_BYTES);
      System.arraycopy(slot, 0, after, slotOf(sequence) * SLOT_BYTES, SLOT_BYTES);
      return new Image(after);
    }

    static int slotOf(long sequence) {
      return (int) (sequence % 2);
    }

    boolean same(Image other) {
      return Arrays.equals(bytes, other.bytes);
    }

    /** Whether this can be what was left between two images of which one slot differs. */
    boolean isBetween(Image before, Image after) {
      if (before.absent() || absent()) {
        return same(before) || same(after);
      }
      for (int number = 0; number < 2; number++) {
        byte[] slot = slot(number);
        boolean either =
            Arrays.equals(slot, before.slot(number)) || Arrays.equals(slot, after.slot(number));
        boolean torn = !isWhole(number) && !Arrays.equals(before.slot(number), after.slot(number));
        if (!either && !torn) {
          return false;
        }
      }
      return true;
    }
  }

  /** An anchor in {@code file}, which is made with its folders when first recorded to. */
  public FileAnchor(Path file) {
    this(file, Disk.system());
  }

  /** The same on a given disk. */
  public FileAnchor(Path file, Disk disk) {
    this(file, disk, Optional.empty());
  }

  private FileAnchor(Path file, Disk disk, Optional<Place> place) {
    this.file = file;
    this.disk = disk;
    this.place = place;
  }

  /** The anchor of the log with a public key and a database, in a folder for many logs. */
  static FileAnchor inFolder(Path folder, String vkey, Path database) {
    return new FileAnchor(
        folder.resolve(shortHash(vkey) + ".anchor"),
        Disk.system(),
        Optional.of(new Place(Place.fileOf(folder, database), vkey, database)));
  }

  /** Forgets which log was at a place: a new one is being made there. */
  static void clearPlace(Path folder, Path database) throws IOException {
    Disk.system().delete(Place.fileOf(folder, database));
  }

  private static String shortHash(String text) {
    return HexFormat.of().formatHex(Sha256.hash(text.getBytes(StandardCharsets.UTF_8)), 0, 8);
  }

  @Override
  public Optional<String> stranger() {
    if (place.isEmpty() || !disk.exists(place.get().file())) {
      return Optional.empty();
    }
    try {
      return Arrays.equals(
              disk.read(place.get().file()), place.get().text().getBytes(StandardCharsets.UTF_8))
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
    if (!disk.exists(remembered)) {
      makeWhole(remembered, place.get().text().getBytes(StandardCharsets.UTF_8));
    }
    placed = true;
  }

  @Override
  public synchronized void take() {
    if (lock != null) {
      return;
    }
    try {
      lock = lock();
      if (disk.exists(file)) {
        open = disk.open(file);
      }
    } catch (IOException e) {
      close();
      throw new StorageFailed("the anchor %s cannot be opened to be written".formatted(file), e);
    }
  }

  private Disk.Lock lock() throws IOException {
    if (!disk.exists(folder())) {
      disk.makeFolders(folder());
    }
    return disk.lock(sibling(".lock"))
        .orElseThrow(
            () ->
                new StorageFailed(
                    ("the anchor %s is held by another writer; a log and a copy of it cannot both"
                            + " be written: close the other one, or give the copy its own anchor")
                        .formatted(file)));
  }

  @Override
  public synchronized void close() {
    try (Disk.Lock _ = lock;
        DiskFile _ = open) {
      open = null;
      lock = null;
    } catch (IOException e) {
      throw new StorageFailed("the anchor %s could not be closed cleanly".formatted(file), e);
    }
  }

  @Override
  public synchronized Optional<byte[]> last() {
    Image image = image();
    int newest = newestOf(image);
    if (known == null || !known.same(image)) {
      settled = false;
    }
    known = image;
    looked = image;
    attempted = null;
    return newest < 0 ? Optional.empty() : Optional.of(image.note(newest));
  }

  /** The newest slot, −1 in a file that is not there yet. */
  private int newestOf(Image image) {
    int newest = image.newest();
    if (newest < 0 && !image.absent()) {
      throw new StorageFailed(
          "the anchor %s holds no whole checkpoint: it was damaged; if you know why, move it away"
              .formatted(file));
    }
    return newest;
  }

  @Override
  public synchronized Optional<String> damage() {
    Image image = image();
    for (int number = 0; number < 2 && !image.absent(); number++) {
      if (!image.isWhole(number) && !image.isUnused(number)) {
        return Optional.of(
            "slot %d of the anchor %s is torn or was changed".formatted(number, file));
      }
    }
    return Optional.empty();
  }

  private Image image() {
    if (!disk.exists(file)) {
      return Image.ABSENT;
    }
    try {
      return Image.of(disk.read(file));
    } catch (IOException e) {
      throw new StorageFailed("the anchor " + file + " cannot be read", e);
    }
  }

  @Override
  public synchronized void record(byte[] signedNote) {
    if (signedNote.length > HASH_AT - NOTE_AT) {
      throw new IllegalArgumentException("a checkpoint of " + signedNote.length + " bytes");
    }
    try {
      if (lock != null) {
        write(signedNote);
      } else {
        try (Disk.Lock _ = lock()) {
          write(signedNote);
        } finally {
          close();
        }
      }
    } catch (IOException e) {
      throw new StorageFailed(
          "the anchor %s cannot be written; no checkpoint is published until it can"
              .formatted(file),
          e);
    }
  }

  private void write(byte[] note) throws IOException {
    Image before = requireKnown();
    int newest = newestOf(before);
    if (newest >= 0 && !settled) {
      settle(before, newest);
    }
    long next = newest < 0 ? 1 : before.sequence(newest) + 1;
    Image after = before.with(next, note);
    attempted = after;
    if (newest < 0) {
      makeWhole(file, after.bytes());
      close(open);
      open = null;
    } else {
      DiskFile out = opened();
      int slot = Image.slotOf(next);
      out.writeFully(after.slot(slot), (long) slot * SLOT_BYTES);
      out.sync();
    }
    known = after;
    looked = after;
    attempted = null;
    settled = true;
    rememberPlace();
  }

  /** Compares the file with what this instance last saw of it, and gives that. */
  private Image requireKnown() throws IOException {
    Image now = disk.exists(file) ? Image.of(contents()) : Image.ABSENT;
    if (known == null || looked == null) {
      known = now;
    } else if (!now.same(looked) && (attempted == null || !now.isBetween(looked, attempted))) {
      throw new StorageFailed(
          ("the anchor %s is not as this log left it: another writer recorded there, or a copy was"
                  + " put back; close this log, verify it, and open it again")
              .formatted(file));
    }
    looked = now;
    return known;
  }

  private byte[] contents() throws IOException {
    if (open != null && !open.isAt(file)) {
      close(open);
      open = null;
    }
    DiskFile in = opened();
    return in.readFully((int) Math.min(FILE_BYTES, in.length()), 0);
  }

  private DiskFile opened() throws IOException {
    DiskFile current = open;
    if (current == null) {
      current = disk.open(file);
      open = current;
    }
    return current;
  }

  private static void close(@Nullable DiskFile file) throws IOException {
    if (file != null) {
      file.close();
    }
  }

  /** Makes durable what was found: writes the newest slot as it is, and syncs file and name. */
  private void settle(Image found, int newest) throws IOException {
    DiskFile out = opened();
    out.writeFully(found.slot(newest), (long) newest * SLOT_BYTES);
    out.sync();
    disk.syncFolder(folder());
    settled = true;
  }

  /** Makes a file whole under another name first, so that a crash never leaves a part of it. */
  private void makeWhole(Path named, byte[] bytes) throws IOException {
    disk.makeFolders(folder());
    Path partial = named.resolveSibling(named.getFileName() + ".writing");
    disk.delete(partial);
    try (DiskFile out = disk.create(partial, Disk.Readers.ANYBODY)) {
      out.writeFully(bytes, 0);
      out.sync();
    }
    disk.replace(partial, named);
    disk.syncFolder(folder());
  }

  private Path folder() {
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? file.toAbsolutePath() : folder;
  }

  private Path sibling(String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  @Override
  public synchronized Proven proven() {
    Path remembered = sibling(".proven");
    if (!disk.exists(remembered)) {
      return Proven.NOTHING;
    }
    try {
      return Proven.parse(new String(disk.read(remembered), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new StorageFailed(remembered + " beside the anchor cannot be read", e);
    }
  }

  @Override
  public synchronized void recordProven(Proven proven) {
    try {
      makeWhole(sibling(".proven"), proven.text().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new StorageFailed(sibling(".proven") + " beside the anchor cannot be written", e);
    }
  }

  @Override
  public boolean suspected() {
    return disk.exists(sibling(".suspect"));
  }

  @Override
  public synchronized void suspect(boolean broken) {
    Path mark = sibling(".suspect");
    try {
      if (!broken) {
        disk.delete(mark);
      } else if (!disk.exists(mark)) {
        makeWhole(mark, "a fault was found\n".getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      throw new StorageFailed(mark + " beside the anchor cannot be changed", e);
    }
  }

  @Override
  public String describe() {
    return file.toString();
  }
}
