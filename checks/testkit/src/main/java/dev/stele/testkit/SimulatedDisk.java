package dev.stele.testkit;

import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that forgets, tears and fails, all from one seed.
 *
 * <pre>
 *   write ──► cache (what everybody reads) ──sync──► medium (what a loss of power leaves)
 *                   └── not synced: since the last sync, each sector may be as it was at any moment,
 *                       or torn at a byte; names made, moved or deleted may be kept or undone
 * </pre>
 *
 * <p>After a sync that failed the medium has some of what was written and the cache still shows all
 * of it, but counts it as clean: a later sync does not write it. That is what Linux does.
 *
 * <p>When the power is out every call fails until {@link #crash}; {@link #killProcess} keeps the
 * cache and takes away open files and locks alone. One thread at a time.
 */
public final class SimulatedDisk implements Disk {
  /** The unit that a disk writes whole or not at all, most of the time. */
  public static final int SECTOR_BYTES = 512;

  /** What goes wrong while the disk runs, each in so many of a thousand calls. */
  public record Faults(int shortWrites, int failedWrites, int failedReads, int failedSyncs) {
    /** Nothing goes wrong. */
    public static final Faults NONE = new Faults(0, 0, 0, 0);
  }

  private final Random random;
  private final Path root;
  private final Set<Path> folders = new HashSet<>();
  private final Map<Path, Inode> names = new LinkedHashMap<>();
  private final Set<Path> durableFolders = new HashSet<>();
  private final Map<Path, Inode> durableNames = new LinkedHashMap<>();
  private final List<NameChange> unsyncedNames = new ArrayList<>();
  private final Set<Path> locked = new HashSet<>();

  private Faults faults = Faults.NONE;
  private long capacityBytes = Long.MAX_VALUE;
  private long callsLeft = Long.MAX_VALUE;
  private boolean powerIsOut;
  private int process;
  private long calls;

  /** A change of what a folder holds: each may outlive a crash that comes before its sync. */
  private sealed interface NameChange {
    Path folder();

    record Folder(Path made) implements NameChange {
      @Override
      public Path folder() {
        return parent(made);
      }
    }

    record Made(Path file, Inode inode) implements NameChange {
      @Override
      public Path folder() {
        return parent(file);
      }
    }

    record Moved(Path from, Path to, Inode inode) implements NameChange {
      @Override
      public Path folder() {
        return parent(to);
      }
    }

    record Deleted(Path file) implements NameChange {
      @Override
      public Path folder() {
        return parent(file);
      }
    }
  }

  /** The contents of a file, as everybody reads them and as they are on the medium. */
  private static final class Inode {
    byte[] cache = new byte[0];
    byte[] medium = new byte[0];

    /** The cache before each change since the last sync, oldest first. */
    final List<Change> unsynced = new ArrayList<>();
  }

  /** One write or cut: where, and what the file was before. */
  private record Change(byte[] before, int from, int to) {}

  /** An empty disk whose folder {@code root} is there. */
  public SimulatedDisk(Path root, long seed) {
    this.random = new Random(seed);
    this.root = root;
    folders.add(root);
    durableFolders.add(root);
  }

  /** From now on so much goes wrong. */
  public void faults(Faults rates) {
    faults = rates;
  }

  /** From now on all files together have at most so many bytes. */
  public void capacity(long bytes) {
    capacityBytes = bytes;
  }

  /** From now on nothing goes wrong any more. */
  public void calm() {
    faults = Faults.NONE;
    capacityBytes = Long.MAX_VALUE;
    callsLeft = Long.MAX_VALUE;
  }

  /** How many bytes all files together have. */
  public long usedBytes() {
    return names.values().stream().mapToLong(inode -> inode.cache.length).sum();
  }

  /** Lets the power go out in the {@code count}th call from now. */
  public void loseThePowerIn(long count) {
    callsLeft = count;
  }

  /** Whether the power went out. */
  public boolean powerIsOut() {
    return powerIsOut;
  }

  /** How many calls there have been that can fail. */
  public long calls() {
    return calls;
  }

  /** The process that used the disk is gone: its files are closed and its locks free. */
  public void killProcess() {
    process++;
    locked.clear();
  }

  /** The power was lost and is back: what the disk holds is what it may hold after that. */
  public void crash() {
    killProcess();
    // A third of the crashes lose all that was not synced, a third nothing: the plain cases.
    int mood = random.nextInt(3);
    for (NameChange change : unsyncedNames) {
      if (mood == 1 || (mood == 2 && random.nextBoolean())) {
        apply(change);
      }
    }
    unsyncedNames.clear();
    folders.clear();
    folders.addAll(durableFolders);
    folders.removeIf(folder -> !isReachable(folder));
    durableFolders.retainAll(folders);
    durableNames.keySet().removeIf(file -> !folders.contains(parent(file)));
    names.clear();
    names.putAll(durableNames);
    for (Inode inode : names.values()) {
      if (mood == 1) {
        inode.medium = afterSync(inode);
      } else if (mood == 2) {
        inode.medium = afterLoss(inode);
      }
      inode.cache = inode.medium;
      inode.unsynced.clear();
    }
    powerIsOut = false;
    callsLeft = Long.MAX_VALUE;
  }

  private boolean isReachable(Path folder) {
    return folder.equals(root) || (durableFolders.contains(folder) && isReachable(parent(folder)));
  }

  /** Flips one bit at rest in a file that has any. */
  public Optional<Path> rot() {
    List<Path> files =
        names.entrySet().stream()
            .filter(entry -> entry.getValue().cache.length > 0)
            .map(Map.Entry::getKey)
            .toList();
    if (files.isEmpty()) {
      return Optional.empty();
    }
    Path file = files.get(random.nextInt(files.size()));
    Inode inode = Objects.requireNonNull(names.get(file));
    byte[] rotten = inode.cache.clone();
    rotten[random.nextInt(rotten.length)] ^= (byte) (1 << random.nextInt(8));
    inode.cache = rotten;
    inode.medium = rotten;
    inode.unsynced.clear();
    return Optional.of(file);
  }

  /** Every file and its bytes, as everybody reads them, for comparing one run with another. */
  public Map<Path, byte[]> contents() {
    Map<Path, byte[]> contents = new LinkedHashMap<>();
    names.forEach((file, inode) -> contents.put(file, inode.cache.clone()));
    return contents;
  }

  // ---- what a loss of power leaves ----

  private void apply(NameChange change) {
    switch (change) {
      case NameChange.Folder(Path made) -> durableFolders.add(made);
      case NameChange.Made(Path file, Inode inode) -> durableNames.put(file, inode);
      case NameChange.Moved(Path from, Path to, Inode inode) -> {
        durableNames.remove(from, inode);
        durableNames.put(to, inode);
      }
      case NameChange.Deleted(Path file) -> durableNames.remove(file);
    }
  }

  /** The medium with each sector as it was at some moment since the last sync. */
  private byte[] afterLoss(Inode inode) {
    if (inode.unsynced.isEmpty()) {
      return inode.medium;
    }
    List<byte[]> moments = new ArrayList<>();
    // The cache before the first change is the medium, unless a sync failed before it.
    moments.add(inode.medium);
    for (Change change : inode.unsynced.subList(1, inode.unsynced.size())) {
      moments.add(change.before);
    }
    moments.add(inode.cache);
    int length = moments.get(random.nextInt(moments.size())).length;
    byte[] left = new byte[length];
    for (int at = 0; at < length; at += SECTOR_BYTES) {
      int end = Math.min(length, at + SECTOR_BYTES);
      List<Integer> choices = momentsOf(inode, at, end);
      copy(moments.get(choices.get(random.nextInt(choices.size()))), left, at, end);
      if (choices.size() > 1 && random.nextInt(4) == 0) {
        int torn = at + random.nextInt(end - at);
        copy(moments.get(choices.get(random.nextInt(choices.size()))), left, torn, end);
      }
    }
    return left;
  }

  /**
   * The medium with everything written that changed since the last sync, whether that one succeeded
   * or not: the rest counts as clean.
   */
  private static byte[] afterSync(Inode inode) {
    byte[] medium = Arrays.copyOf(inode.medium, inode.cache.length);
    for (Change change : inode.unsynced) {
      int end = Math.min(change.to, medium.length);
      if (end > change.from) {
        System.arraycopy(inode.cache, change.from, medium, change.from, end - change.from);
      }
    }
    return medium;
  }

  /** The moments between which a sector changed: before the first change, and after each. */
  private static List<Integer> momentsOf(Inode inode, int at, int end) {
    List<Integer> moments = new ArrayList<>();
    moments.add(0);
    for (int i = 0; i < inode.unsynced.size(); i++) {
      Change change = inode.unsynced.get(i);
      if (change.from < end && change.to > at) {
        moments.add(i + 1);
      }
    }
    return moments;
  }

  /** Copies a range; where there is nothing to copy there are zeros. */
  private static void copy(byte[] from, byte[] to, int at, int end) {
    Arrays.fill(to, at, end, (byte) 0);
    int has = Math.min(end, from.length);
    if (has > at) {
      System.arraycopy(from, at, to, at, has - at);
    }
  }

  // ---- the seam ----

  private void call(int failing, String what) throws IOException {
    calls++;
    if (powerIsOut) {
      throw new IOException("the power is out");
    }
    if (--callsLeft <= 0) {
      powerIsOut = true;
    }
    if (failing > 0 && random.nextInt(1_000) < failing) {
      throw new IOException("Input/output error, as the seed wants: " + what);
    }
  }

  private void afterCall() throws IOException {
    if (powerIsOut) {
      throw new IOException("the power went out");
    }
  }

  @Override
  public boolean exists(Path path) {
    return names.containsKey(path) || folders.contains(path);
  }

  @Override
  public void makeFolders(Path folder) throws IOException {
    if (folder.equals(root)) {
      return;
    }
    makeFolders(parent(folder));
    call(faults.failedWrites, "make " + folder);
    if (folders.add(folder)) {
      unsyncedNames.add(new NameChange.Folder(folder));
    }
    afterCall();
    syncFolder(parent(folder));
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    call(faults.failedReads, "open " + file);
    Inode inode = names.get(file);
    if (inode == null) {
      throw new NoSuchFileException(file.toString());
    }
    afterCall();
    return new OpenFile(inode);
  }

  @Override
  public DiskFile create(Path file, Readers readers) throws IOException {
    call(faults.failedWrites, "create " + file);
    if (exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    requireFolder(file);
    Inode inode = new Inode();
    names.put(file, inode);
    unsyncedNames.add(new NameChange.Made(file, inode));
    afterCall();
    return new OpenFile(inode);
  }

  private void requireFolder(Path file) throws IOException {
    if (!folders.contains(parent(file))) {
      throw new NoSuchFileException(file.toString());
    }
  }

  @Override
  public byte[] read(Path file) throws IOException {
    call(faults.failedReads, "read " + file);
    Inode inode = names.get(file);
    if (inode == null) {
      throw new NoSuchFileException(file.toString());
    }
    afterCall();
    return inode.cache.clone();
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    call(faults.failedWrites, "rename " + from);
    move(from, to);
  }

  @Override
  public void publish(Path from, Path to) throws IOException {
    call(faults.failedWrites, "publish " + from);
    if (exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    move(from, to);
  }

  private void move(Path from, Path to) throws IOException {
    Inode inode = names.get(from);
    if (inode == null) {
      throw new NoSuchFileException(from.toString());
    }
    requireFolder(to);
    names.remove(from);
    names.put(to, inode);
    unsyncedNames.add(new NameChange.Moved(from, to, inode));
    afterCall();
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    call(faults.failedSyncs, "sync " + folder);
    afterCall();
    for (NameChange change : unsyncedNames) {
      if (change.folder().equals(folder)) {
        apply(change);
      }
    }
    unsyncedNames.removeIf(change -> change.folder().equals(folder));
  }

  @Override
  public void delete(Path file) throws IOException {
    call(faults.failedWrites, "delete " + file);
    if (names.remove(file) != null) {
      unsyncedNames.add(new NameChange.Deleted(file));
    }
    afterCall();
  }

  @Override
  public Optional<Lock> lock(Path file) throws IOException {
    call(0, "lock " + file);
    requireFolder(file);
    afterCall();
    if (!locked.add(file)) {
      return Optional.empty();
    }
    int holder = process;
    return Optional.of(
        () -> {
          if (holder == process) {
            locked.remove(file);
          }
        });
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent(), "a simulated path has a folder");
  }

  private final class OpenFile implements DiskFile {
    private final Inode inode;
    private final int opener = process;
    private boolean closed;

    OpenFile(Inode inode) {
      this.inode = inode;
    }

    private void call(int failing, String what) throws IOException {
      if (closed || opener != process) {
        throw new IOException("the file was closed");
      }
      SimulatedDisk.this.call(failing, what);
    }

    @Override
    public int read(ByteBuffer into, long at) throws IOException {
      call(faults.failedReads, "read");
      afterCall();
      if (at >= inode.cache.length) {
        return -1;
      }
      int count = Math.min(into.remaining(), inode.cache.length - (int) at);
      into.put(inode.cache, (int) at, count);
      return count;
    }

    @Override
    public int write(ByteBuffer from, long at) throws IOException {
      call(faults.failedWrites, "write");
      int count = from.remaining();
      if (count > 1 && (powerIsOut || random.nextInt(1_000) < faults.shortWrites)) {
        count = 1 + random.nextInt(count);
      }
      long growth = at + count - inode.cache.length;
      long room = capacityBytes - usedBytes();
      if (growth > room) {
        count = (int) Math.min(count, inode.cache.length + Math.max(0, room) - at);
        if (count <= 0) {
          throw new IOException("No space left on device");
        }
      }
      byte[] bytes = new byte[count];
      from.get(bytes);
      change(Math.max(inode.cache.length, (int) at + count), (int) at, bytes);
      afterCall();
      return count;
    }

    private void change(int length, int at, byte[] bytes) {
      byte[] before = inode.cache;
      byte[] after = Arrays.copyOf(before, length);
      System.arraycopy(bytes, 0, after, at, bytes.length);
      int to = bytes.length == 0 ? Math.max(before.length, length) : at + bytes.length;
      inode.unsynced.add(new Change(before, Math.min(at, before.length), to));
      inode.cache = after;
    }

    @Override
    public long length() throws IOException {
      call(faults.failedReads, "length");
      afterCall();
      return inode.cache.length;
    }

    @Override
    public void truncate(long length) throws IOException {
      call(faults.failedWrites, "truncate");
      if (length < inode.cache.length) {
        change((int) length, (int) length, new byte[0]);
      }
      afterCall();
    }

    @Override
    public void sync() throws IOException {
      try {
        call(faults.failedSyncs, "sync");
      } catch (IOException e) {
        if (!powerIsOut) {
          inode.medium = afterLoss(inode);
          inode.unsynced.clear();
        }
        throw e;
      }
      afterCall();
      inode.medium = afterSync(inode);
      inode.unsynced.clear();
    }

    @Override
    public boolean isAt(Path path) {
      @Nullable Inode there = names.get(path);
      return inode.equals(there);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
