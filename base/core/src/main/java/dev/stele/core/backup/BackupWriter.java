package dev.stele.core.backup;

import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Writes the file of a backup under a name that counts for nothing; {@link #publish} syncs it and
 * gives it its own. What is closed before that is deleted. One thread at a time.
 */
final class BackupWriter implements AutoCloseable {
  static final byte[] MAGIC = "stele-backup-v1\n".getBytes(StandardCharsets.US_ASCII);
  static final byte[] END = "stele-backup-end".getBytes(StandardCharsets.US_ASCII);

  /** Length of what stands behind the manifest: its length u32, its SHA-256, and {@link #END}. */
  static final int TRAILER_BYTES = 4 + Sha256.SIZE_BYTES + END.length;

  /** What a file is called until it is whole. */
  static final String UNFINISHED = ".writing";

  private final Disk disk;
  private final Path file;
  private final Path partial;
  private final DiskFile out;
  private final MessageDigest digest = sha256();
  private long length;
  private boolean published;

  private BackupWriter(Disk disk, Path file, Path partial, DiskFile out) {
    this.disk = disk;
    this.file = file;
    this.partial = partial;
    this.out = out;
  }

  /**
   * Begins a file.
   *
   * @throws java.nio.file.FileAlreadyExistsException when another one is being written there
   */
  static BackupWriter begin(Disk disk, Path file, Disk.Readers readers) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + UNFINISHED);
    BackupWriter writer = new BackupWriter(disk, file, partial, disk.create(partial, readers));
    writer.write(MAGIC);
    return writer;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }

  void frame(Frame frame, byte[] bytes) throws IOException {
    if (bytes.length > Frame.MAX_BYTES) {
      throw new IllegalArgumentException("a frame of " + bytes.length + " bytes");
    }
    write(ByteBuffer.allocate(Frame.HEADER_BYTES).put(frame.kind).putInt(bytes.length).array());
    write(bytes);
  }

  private void write(byte[] bytes) throws IOException {
    digest.update(bytes);
    append(bytes);
  }

  private void append(byte[] bytes) throws IOException {
    out.writeFully(bytes, length);
    length += bytes.length;
  }

  /** What was written so far; no frame may follow. */
  BackupManifest.Content content() {
    return new BackupManifest.Content(length, digest.digest());
  }

  /**
   * Ends the file with its manifest, and gives it its name; durable on return.
   *
   * @throws java.nio.file.FileAlreadyExistsException when the name is taken
   */
  void publish(BackupManifest manifest) throws IOException {
    byte[] text = manifest.text().getBytes(StandardCharsets.UTF_8);
    append(text);
    append(
        ByteBuffer.allocate(TRAILER_BYTES)
            .putInt(text.length)
            .put(Sha256.hash(text))
            .put(END)
            .array());
    out.sync();
    out.close();
    disk.publish(partial, file);
    published = true;
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      disk.syncFolder(folder);
    }
  }

  @Override
  public void close() throws IOException {
    if (!published) {
      try (DiskFile _ = out) {
        disk.delete(partial);
      }
    }
  }
}
