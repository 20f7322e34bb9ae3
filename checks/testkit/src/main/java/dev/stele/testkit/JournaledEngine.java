package dev.stele.testkit;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import dev.stele.crypto.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A memory engine with a journal: the smallest engine that keeps its promises on a {@link Disk}, so
 * that everything above it can be tried on a simulated one.
 *
 * <pre>
 *   commit:  append an entry ──► sync, if DURABLE ──► memory      a failed write is written over
 *   open:    read ──► replay what is whole ──► write that as a new file, sync, move into place
 *   entry:   length u32 │ SHA-256(hash of the entry before ‖ bytes) │ bytes
 * </pre>
 *
 * <p>After a sync that failed it commits nothing more until it is opened again, and then writes all
 * it finds anew: what was found may not be on the medium. Commits of all logs take turns; reads are
 * those of the memory engine.
 */
public final class JournaledEngine extends ForwardingEngine {
  private static final int HASH_BYTES = Sha256.SIZE_BYTES;
  private static final int HEADER_BYTES = Integer.BYTES + HASH_BYTES;

  /** An entry larger than this is not one: what is read as its length is garbage. */
  private static final int MAX_ENTRY_BYTES = 1 << 28;

  private final Path file;
  private final Habits habits;
  private final Disk.Lock lock;
  private final DiskFile journal;

  /** Where the last whole entry ends, and its hash; guarded by this. */
  private long end;

  private byte[] lastHash = new byte[HASH_BYTES];

  /** Whether a sync failed; guarded by this. */
  private boolean failed;

  /** Guarded by this. */
  private boolean closed;

  /** What one commit did, as it stands in the journal. */
  record Entry(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, long trimmedUpTo) {}

  /** How the engine goes about its work; a planted mistake does one of these otherwise. */
  static class Habits {
    /** Whether an entry is what was written. */
    boolean isWhole(byte[] stored, byte[] computed) {
      return Arrays.equals(stored, computed);
    }

    /** The entries to replay, of those that are whole. */
    List<Entry> toReplay(List<Entry> whole) {
      return whole;
    }

    /** What of a commit goes into the journal. */
    Entry toWrite(Entry entry) {
      return entry;
    }

    /** Makes what was written as durable as asked for. */
    Durability settle(DiskFile journal, Durability asked) throws IOException {
      if (asked != Durability.DURABLE) {
        return Durability.OS;
      }
      journal.sync();
      return Durability.DURABLE;
    }

    /** Whether a log does not end where its writer believes. */
    boolean moved(Head expected, Head actual) {
      return actual.size() != expected.size() || (actual.size() > 0 && !actual.equals(expected));
    }
  }

  /** An engine whose journal is {@code file}, which is made when it is not there. */
  public JournaledEngine(Disk disk, Path file) {
    this(disk, file, new Habits());
  }

  JournaledEngine(Disk disk, Path file, Habits habits) {
    super(new MemoryLogEngine());
    this.file = file;
    this.habits = habits;
    try {
      this.lock = lock(disk, file);
    } catch (IOException e) {
      throw new StorageFailed("the journal %s cannot be locked".formatted(file), e);
    }
    try {
      byte[] found = disk.exists(file) ? disk.read(file) : new byte[0];
      List<Entry> entries = habits.toReplay(wholeEntries(found));
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      for (Entry entry : entries) {
        byte[] bytes = encode(entry);
        whole.writeBytes(framed(bytes));
        lastHash = hashAfter(lastHash, bytes);
        apply(entry);
      }
      this.journal = makeWhole(disk, file, whole.toByteArray());
      this.end = whole.size();
    } catch (IOException e) {
      letGo();
      throw new StorageFailed("the journal %s cannot be opened".formatted(file), e);
    } catch (RuntimeException e) {
      letGo();
      throw e;
    }
  }

  private void letGo() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new StorageFailed("the journal %s could not be closed cleanly".formatted(file), e);
    }
  }

  private static Disk.Lock lock(Disk disk, Path file) throws IOException {
    return disk.lock(file.resolveSibling(file.getFileName() + ".lock"))
        .orElseThrow(
            () -> new StorageFailed("the journal %s is being written already".formatted(file)));
  }

  private static DiskFile makeWhole(Disk disk, Path file, byte[] bytes) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".writing");
    disk.delete(partial);
    DiskFile out = disk.create(partial, Disk.Readers.ANYBODY);
    out.writeFully(bytes, 0);
    out.sync();
    disk.replace(partial, file);
    disk.syncFolder(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    return out;
  }

  // ---- the engine ----

  @Override
  public Durability strongest() {
    return Durability.DURABLE;
  }

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    return commit(new Entry(log, expected, batch, List.of(), 0), durability);
  }

  @Override
  public CommitResult commitErasing(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
    return commit(new Entry(log, expected, batch, erased, 0), durability);
  }

  @Override
  public CommitResult commitTrimming(
      LogId log, Head expected, Batch batch, long upTo, Durability durability) {
    if (upTo >= expected.size()) {
      throw new IllegalArgumentException(
          "trimming up to %d leaves nothing of %d events".formatted(upTo, expected.size()));
    }
    return commit(new Entry(log, expected, batch, List.of(), upTo), durability);
  }

  private synchronized CommitResult commit(Entry entry, Durability durability) {
    if (closed) {
      throw new LogClosed("the journal %s was closed".formatted(file));
    }
    Head actual = engine.head(entry.log());
    if (habits.moved(entry.expected(), actual)) {
      return new CommitResult.HeadMoved(actual);
    }
    entry.batch().requireContinues(entry.expected());
    if (failed) {
      throw new StorageFailed(
          "a sync of the journal %s failed before: open it again".formatted(file));
    }
    Durability reached = write(habits.toWrite(entry), durability);
    apply(entry);
    return new CommitResult.Committed(reached);
  }

  private Durability write(Entry entry, Durability durability) {
    byte[] bytes = encode(entry);
    byte[] framed = framed(bytes);
    try {
      journal.writeFully(framed, end);
    } catch (IOException e) {
      throw new StorageFailed(
          "the journal %s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
    Durability reached;
    try {
      reached = habits.settle(journal, durability);
    } catch (IOException e) {
      failed = true;
      throw new StorageFailed(
          "the journal %s cannot be synced: %s".formatted(file, e.getMessage()), e);
    }
    end += framed.length;
    lastHash = hashAfter(lastHash, bytes);
    return reached;
  }

  private void apply(Entry entry) {
    CommitResult applied =
        entry.trimmedUpTo() > 0
            ? super.commitTrimming(
                entry.log(),
                entry.expected(),
                entry.batch(),
                entry.trimmedUpTo(),
                Durability.MEMORY)
            : super.commitErasing(
                entry.log(), entry.expected(), entry.batch(), entry.erased(), Durability.MEMORY);
    if (!(applied instanceof CommitResult.Committed)) {
      throw new StorageFailed(
          "the journal %s does not fit what came before: %s".formatted(file, applied));
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    super.close();
    letGo();
    try {
      journal.close();
    } catch (IOException e) {
      throw new StorageFailed("the journal %s could not be closed cleanly".formatted(file), e);
    }
  }

  // ---- the format ----

  private static byte[] hashAfter(byte[] previous, byte[] bytes) {
    byte[] both = Arrays.copyOf(previous, previous.length + bytes.length);
    System.arraycopy(bytes, 0, both, previous.length, bytes.length);
    return Sha256.hash(both);
  }

  private byte[] framed(byte[] bytes) {
    return ByteBuffer.allocate(HEADER_BYTES + bytes.length)
        .putInt(bytes.length)
        .put(hashAfter(lastHash, bytes))
        .put(bytes)
        .array();
  }

  /** The entries from the beginning on that are whole; what follows was being written. */
  private List<Entry> wholeEntries(byte[] found) {
    List<Entry> entries = new ArrayList<>();
    byte[] previous = new byte[HASH_BYTES];
    ByteBuffer in = ByteBuffer.wrap(found);
    while (in.remaining() >= HEADER_BYTES) {
      int length = in.getInt();
      byte[] stored = new byte[HASH_BYTES];
      in.get(stored);
      if (length < 0 || length > MAX_ENTRY_BYTES || length > in.remaining()) {
        break;
      }
      byte[] bytes = new byte[length];
      in.get(bytes);
      byte[] computed = hashAfter(previous, bytes);
      if (!habits.isWhole(stored, computed)) {
        break;
      }
      entries.add(decode(bytes));
      previous = computed;
    }
    return entries;
  }

  private static byte[] encode(Entry entry) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(entry.log().name());
      out.writeLong(entry.expected().size());
      write(out, entry.expected().link());
      out.writeLong(entry.trimmedUpTo());
      out.writeInt(entry.erased().size());
      for (PositionRange range : entry.erased()) {
        out.writeLong(range.first());
        out.writeLong(range.last());
      }
      out.writeInt(entry.batch().rows().size());
      for (Row row : entry.batch().rows()) {
        out.writeLong(row.position());
        write(out, row.link());
        write(out, row.record());
        write(out, row.body());
        write(out, row.keys());
      }
      out.writeInt(entry.batch().tiles().size());
      for (Tile tile : entry.batch().tiles()) {
        out.writeInt(tile.level());
        out.writeLong(tile.index());
        write(out, tile.hashes());
      }
      StoredCheckpoint checkpoint = entry.batch().checkpoint();
      out.writeLong(checkpoint == null ? -1 : checkpoint.size());
      write(out, checkpoint == null ? null : checkpoint.note());
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, byte @Nullable [] bytes) throws IOException {
    out.writeInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      out.write(bytes);
    }
  }

  private static byte @Nullable [] readNullable(DataInputStream in) throws IOException {
    int length = in.readInt();
    return length < 0 ? null : in.readNBytes(length);
  }

  private static byte[] read(DataInputStream in) throws IOException {
    byte[] bytes = readNullable(in);
    return bytes == null ? new byte[0] : bytes;
  }

  private static Entry decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      LogId log = new LogId(in.readUTF());
      Head expected = new Head(in.readLong(), read(in));
      long trimmedUpTo = in.readLong();
      List<PositionRange> erased = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        erased.add(new PositionRange(in.readLong(), in.readLong()));
      }
      List<Row> rows = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        rows.add(new Row(in.readLong(), read(in), read(in), readNullable(in), read(in)));
      }
      List<Tile> tiles = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        tiles.add(new Tile(in.readInt(), in.readLong(), read(in)));
      }
      long size = in.readLong();
      byte[] note = readNullable(in);
      StoredCheckpoint checkpoint = note == null ? null : new StoredCheckpoint(size, note);
      return new Entry(log, expected, new Batch(rows, tiles, checkpoint), erased, trimmedUpTo);
    } catch (IOException e) {
      throw new StorageFailed("an entry of a journal ends too soon", e);
    }
  }
}
