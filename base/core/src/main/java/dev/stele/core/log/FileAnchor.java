package dev.stele.core.log;

import dev.stele.core.engine.StorageFailed;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * An anchor in a file of two slots, written in turn, so that a torn write leaves the older one.
 *
 * <pre>
 *   slot (4,096 bytes):  "stele-anchor-v1\n" │ sequence u64 │ length u32 │ note │ zeros │ SHA-256
 * </pre>
 *
 * <p>The file is written in place and never grows, so recording costs one short sync. Thread-safe.
 */
public final class FileAnchor implements Anchor {
  private static final int SLOT_BYTES = 4_096;
  private static final byte[] MAGIC = "stele-anchor-v1\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  private static final int SEQUENCE_AT = MAGIC.length;
  private static final int LENGTH_AT = SEQUENCE_AT + 8;
  private static final int NOTE_AT = LENGTH_AT + 4;
  private static final int HASH_AT = SLOT_BYTES - Sha256.SIZE_BYTES;

  private final Path file;

  /** Guarded by this. */
  private long sequence = -1;

  /** An anchor in {@code file}, which is made with its folders when first recorded to. */
  public FileAnchor(Path file) {
    this.file = file;
  }

  @Override
  public synchronized Optional<byte[]> last() {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      byte[] all = Files.readAllBytes(file);
      Optional<byte[]> newest = Optional.empty();
      sequence = 0;
      for (int slot = 0; slot < 2; slot++) {
        if (all.length < (slot + 1) * SLOT_BYTES) {
          continue;
        }
        byte[] bytes = Arrays.copyOfRange(all, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
        if (!isWhole(bytes)) {
          continue;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (in.getLong(SEQUENCE_AT) > sequence) {
          sequence = in.getLong(SEQUENCE_AT);
          newest =
              Optional.of(Arrays.copyOfRange(bytes, NOTE_AT, NOTE_AT + in.getInt(LENGTH_AT)));
        }
      }
      if (newest.isEmpty()) {
        throw new StorageFailed(
            "the anchor %s holds no whole checkpoint: it was damaged; if you know why, move it away"
                .formatted(file));
      }
      return newest;
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
      if (sequence < 0) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
          Files.createDirectories(folder);
        }
        if (Files.exists(file)) {
          last();
        } else {
          sequence = 0;
        }
      }
      byte[] slot = new byte[SLOT_BYTES];
      ByteBuffer.wrap(slot)
          .put(MAGIC)
          .putLong(sequence + 1)
          .putInt(signedNote.length)
          .put(signedNote);
      System.arraycopy(Sha256.hash(slot, 0, HASH_AT), 0, slot, HASH_AT, Sha256.SIZE_BYTES);
      boolean grows = !Files.exists(file) || Files.size(file) < 2L * SLOT_BYTES;
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        ByteBuffer out = ByteBuffer.wrap(slot);
        long at = ((sequence + 1) % 2) * SLOT_BYTES;
        while (out.hasRemaining()) {
          at += channel.write(out, at);
        }
        if (grows && channel.size() < 2L * SLOT_BYTES) {
          channel.write(ByteBuffer.allocate(1), 2L * SLOT_BYTES - 1);
        }
        channel.force(grows);
      }
      sequence++;
    } catch (IOException e) {
      throw new StorageFailed(
          "the anchor %s cannot be written; no checkpoint is published until it can"
              .formatted(file),
          e);
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
