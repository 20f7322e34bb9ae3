package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * One file, opened: LMDB's handle to it, our mapping of it, and the places of this process's
 * readers.
 *
 * <p>A reader takes a place, which keeps the pages of its commit from being used again, and reads
 * our own mapping. So readers neither wait for the writer nor for LMDB's map to grow; only taking a
 * place and growing exclude each other. Retired when the file is closed or replaced: nobody comes
 * in any more, and whoever leaves last closes it.
 *
 * <p>Thread-safe; {@link #write} is for one thread at a time.
 */
final class Environment {
  /** Of all processes together; 64 bytes of the lock file each. */
  private static final int MAX_PLACES = 1_024;

  /** Of this process: far more threads than can read at once, and room for others' places. */
  private static final int MAX_READERS = 64;

  /** A writer would have to commit between two neighbouring instructions, so often in turn. */
  private static final int MAX_RENEWALS = 10_000;

  /** Below so many unused pages at its end the file is made longer. */
  private static final int LEAST_SPARE_PAGES = 16;

  /** A file grows by at least this share of its length, so that it is mapped anew but seldom. */
  private static final int GROWTH_SHARE = 8;

  /**
   * How many readings the thread is in. One that reads again meanwhile, as the audit of an index
   * does for single rows, must not wait for a place: all of them may be held by such as itself.
   */
  private static final ThreadLocal<Integer> READING = ThreadLocal.withInitial(() -> 0);

  private final MemorySegment handle;
  private final PageFile file;
  private final Purpose purpose;
  private final int pageBytes;
  private final LmdbOptions options;
  private final PageCheck check;

  /** Taken to begin a transaction; taken whole to map anew, which none must overlap. */
  private final ReentrantReadWriteLock mapping = new ReentrantReadWriteLock();

  /** Used by the one that writes. */
  private final Map<Database, Integer> databases = new EnumMap<>(Database.class);

  private final Lmdb.Value key = new Lmdb.Value();
  private final Lmdb.Value value = new Lmdb.Value();
  private long mapBytes;
  private boolean metaIsSynced = true;

  /** In turn, or those who read without a pause would leave none to others. */
  private final Semaphore places = new Semaphore(MAX_READERS, true);

  private final ReentrantLock door = new ReentrantLock();
  private final Condition allLeft = door.newCondition();

  /** Guarded by {@link #door}. */
  private final Deque<Place> idle = new ArrayDeque<>();

  /** Guarded by {@link #door}. */
  private int lent;

  /** Guarded by {@link #door}. */
  private boolean retired;

  /** A reader's place in LMDB's lock file. Confined to its borrower. */
  private static final class Place {
    @Nullable MemorySegment transaction;
    @Nullable Snapshot snapshot;
  }

  interface Reading<T> {
    T run(Snapshot snapshot) throws LmdbFailure;
  }

  /** What is to be written. May be run again from its beginning, when the map had to grow. */
  interface Writing {
    /** Tells whether to commit. */
    boolean run(Changes changes) throws LmdbFailure;
  }

  private Environment(
      MemorySegment handle,
      PageFile file,
      Purpose purpose,
      int pageBytes,
      LmdbOptions options,
      long mapBytes) {
    this.handle = handle;
    this.file = file;
    this.purpose = purpose;
    this.pageBytes = pageBytes;
    this.options = options;
    this.mapBytes = mapBytes;
    this.check = new PageCheck(newest().lastPage());
  }

  /**
   * Opens a file. Its two first pages are checked before LMDB sees them, in constant time.
   *
   * @param toWrite whether it may be made where it is not there; what may be written is opened so
   *     in any case, because a process must not have two handles to one file
   */
  static Environment open(Path path, Purpose purpose, LmdbOptions options, boolean toWrite)
      throws IOException, LmdbFailure {
    boolean there = Files.exists(path) && Files.size(path) > 0;
    if (!there && !toWrite) {
      throw purpose.missing(path);
    }
    long length = 0;
    if (there) {
      try (PageFile file = PageFile.open(path, false)) {
        Meta.requireSound(file);
        length = file.length();
      }
    }
    long mapBytes = options.mapBytes();
    while (mapBytes < length) {
      mapBytes *= 2;
    }
    boolean writable = !there || Files.isWritable(path);
    int flags = Lmdb.NO_SUBDIR | Lmdb.NO_TLS | Lmdb.NO_READ_AHEAD;
    MemorySegment handle = Lmdb.create(mapBytes, purpose.databases().size(), MAX_PLACES);
    Lmdb.open(handle, path, writable ? flags : flags | Lmdb.READ_ONLY);
    try {
      Lmdb.freeDeadReaders(handle);
      PageFile file = PageFile.open(path, writable);
      return new Environment(handle, file, purpose, Meta.pageBytes(file), options, mapBytes);
    } catch (IOException | LmdbFailure | RuntimeException e) {
      Lmdb.close(handle);
      throw e;
    }
  }

  Object fileKey() {
    return file.key();
  }

  /** Tells whether the calling thread is in a reading within a reading. */
  static boolean isNested() {
    return READING.get() > 1;
  }

  /** Gives back what the file has beyond its last page; for whoever has it alone. */
  void dropSparePages() throws IOException {
    file.truncateTo((newest().lastPage() + 1) * pageBytes);
  }

  // ---- reading ----

  /**
   * Runs a reading on the newest commit.
   *
   * @return its answer, or null when this was retired and the reading is to be run elsewhere
   */
  <T> @Nullable T read(Reading<T> reading) throws LmdbFailure {
    int depth = READING.get();
    boolean nested = depth > 0;
    Place place = enter(nested);
    if (place == null) {
      return null;
    }
    READING.set(depth + 1);
    try {
      return reading.run(renew(place));
    } catch (InternalError e) {
      // How the JVM tells that mapped bytes are not there any more.
      throw StorageFailed.damaged("%s was cut while it was read".formatted(file.path()), e);
    } finally {
      if (nested) {
        READING.set(depth);
      } else {
        READING.remove();
      }
      leave(place);
      if (!nested) {
        places.release();
      }
    }
  }

  private @Nullable Place enter(boolean nested) {
    if (!nested) {
      places.acquireUninterruptibly();
    }
    door.lock();
    try {
      if (retired) {
        if (!nested) {
          places.release();
        }
        return null;
      }
      lent++;
      Place place = idle.pollFirst();
      return place == null ? new Place() : place;
    } finally {
      door.unlock();
    }
  }

  private void leave(Place place) {
    MemorySegment transaction = place.transaction;
    if (transaction != null) {
      Lmdb.reset(transaction);
    }
    door.lock();
    try {
      lent--;
      if (transaction != null) {
        idle.addFirst(place);
      }
      if (retired && lent == 0) {
        allLeft.signalAll();
        close();
      }
    } finally {
      door.unlock();
    }
  }

  /** Moves a place to the newest commit and reads where its trees are. */
  private Snapshot renew(Place place) throws LmdbFailure {
    for (int renewals = 0; renewals < MAX_RENEWALS; renewals++) {
      long id = renewTransaction(place);
      Snapshot known = place.snapshot;
      if (known != null && known.transaction() == id) {
        return known;
      }
      int slot = (int) (id & 1);
      MemorySegment meta = Meta.copy(file, pageBytes, slot);
      // LMDB writes a slot again two commits later. That one has not begun as long as the other
      // slot is of the commit before ours, or a new transaction still gets our number.
      boolean steady =
          Meta.transaction(file, pageBytes, slot) == id
              && (Meta.transaction(file, pageBytes, 1 - slot) <= id
                  || renewTransaction(place) == id);
      if (steady) {
        Snapshot snapshot = new Snapshot(file, purpose, Meta.parse(file, meta, pageBytes, slot));
        place.snapshot = snapshot;
        return snapshot;
      }
      Thread.onSpinWait();
    }
    throw new StorageFailed(
        "%s and its lock file do not belong together; close it everywhere and open it again"
            .formatted(file.path()));
  }

  private long renewTransaction(Place place) throws LmdbFailure {
    mapping.readLock().lock();
    try {
      MemorySegment transaction = place.transaction;
      if (transaction == null) {
        transaction = beginReading();
        place.transaction = transaction;
      } else {
        Lmdb.reset(transaction);
        Lmdb.renew(transaction);
      }
      return Lmdb.id(transaction);
    } catch (LmdbFailure e) {
      if (e.code() != LmdbFailure.MAP_RESIZED) {
        throw e;
      }
    } finally {
      mapping.readLock().unlock();
    }
    // Another process made the file larger than LMDB maps it here.
    map(0);
    return renewTransaction(place);
  }

  private MemorySegment beginReading() throws LmdbFailure {
    try {
      return Lmdb.begin(handle, Lmdb.READ_ONLY);
    } catch (LmdbFailure e) {
      if (e.code() != LmdbFailure.READERS_FULL) {
        throw e;
      }
      Lmdb.freeDeadReaders(handle);
      return Lmdb.begin(handle, Lmdb.READ_ONLY);
    }
  }

  // ---- writing ----

  private Meta newest() {
    int slot = Meta.transaction(file, pageBytes, 0) >= Meta.transaction(file, pageBytes, 1) ? 0 : 1;
    return Meta.read(file, pageBytes, slot);
  }

  /** Makes ready to write: makes the databases where they are not there, and names them. */
  void prepareToWrite() throws IOException, LmdbFailure {
    var _ =
        write(
            true,
            changes -> {
              for (Database database : purpose.databases()) {
                databases.put(database, Lmdb.openDatabase(changes.transaction, database.title()));
              }
              if (changes.before().isEmpty()) {
                changes.put(Database.META, Layout.VERSION_KEY, purpose.version());
              } else {
                purpose.requireVersion(changes.before(), file.path());
                if (changes.before().isBeingReplaced()) {
                  // By a compaction that did not come to its end.
                  changes.delete(Database.META, Layout.BEING_REPLACED);
                }
              }
              return true;
            });
  }

  /**
   * Commits what {@code writing} puts and deletes.
   *
   * <p>LMDB's lock belongs to the thread of the system that took it. From the begin to the end of
   * the transaction nothing may wait, so that a virtual thread stays where it is: no monitor that
   * others hold, no file.
   *
   * @param syncMeta whether the commit survives a loss of power; if not, the next one that is
   *     synced takes it along, and until then a loss of power takes back this commit alone
   * @return whether it was committed
   */
  boolean write(boolean syncMeta, Writing writing) throws IOException, LmdbFailure {
    if (syncMeta != metaIsSynced) {
      Lmdb.setFlag(handle, Lmdb.NO_META_SYNC, !syncMeta);
      metaIsSynced = syncMeta;
    }
    while (true) {
      keepSparePages();
      try {
        return writeOnce(writing);
      } catch (LmdbFailure e) {
        boolean small = e.code() == LmdbFailure.MAP_FULL || e.code() == LmdbFailure.MAP_RESIZED;
        if (!small || mapBytes >= options.maxMapBytes()) {
          throw e;
        }
        map(Math.min(options.maxMapBytes(), 2 * mapBytes));
      }
    }
  }

  private boolean writeOnce(Writing writing) throws LmdbFailure {
    MemorySegment transaction = begin();
    boolean ended = false;
    try {
      Snapshot before = new Snapshot(file, purpose, newest());
      if (before.transaction() + 1 != Lmdb.id(transaction)) {
        throw new StorageFailed(
            "%s and its lock file do not belong together; close it everywhere and open it again"
                .formatted(file.path()));
      }
      check.requireSoundRootsOnce(before);
      boolean wanted = writing.run(new Changes(transaction, before));
      if (wanted) {
        ended = true;
        Lmdb.commit(transaction);
      }
      return wanted;
    } finally {
      if (!ended) {
        Lmdb.abort(transaction);
      }
    }
  }

  private MemorySegment begin() throws LmdbFailure {
    mapping.readLock().lock();
    try {
      return Lmdb.begin(handle, 0);
    } finally {
      mapping.readLock().unlock();
    }
  }

  /** Has LMDB map so many bytes, or as many as the file has. */
  private void map(long bytes) throws LmdbFailure {
    mapping.writeLock().lock();
    try {
      long needed = (newest().lastPage() + 1) * pageBytes;
      long wanted = bytes == 0 ? mapBytes : bytes;
      while (wanted < needed) {
        wanted *= 2;
      }
      if (wanted != mapBytes) {
        Lmdb.setMapBytes(handle, wanted);
        mapBytes = wanted;
      }
    } finally {
      mapping.writeLock().unlock();
    }
  }

  /**
   * Makes the file longer in good time, and maps all of it: a commit must not wait for that. A file
   * that grows may do so for a reader whose process died, and whose pages nobody may use.
   */
  private void keepSparePages() throws IOException, LmdbFailure {
    long used = (newest().lastPage() + 1) * pageBytes;
    if (file.length() < used + (long) LEAST_SPARE_PAGES * pageBytes) {
      Lmdb.freeDeadReaders(handle);
      long step = Math.max(options.stepBytes(), used / GROWTH_SHARE);
      file.extendTo((used + step) / pageBytes * pageBytes + (long) LEAST_SPARE_PAGES * pageBytes);
    }
    file.mapAll();
  }

  /** The changes of one transaction. Confined to the thread that writes. */
  final class Changes {
    private final MemorySegment transaction;
    private final Snapshot before;

    private Changes(MemorySegment transaction, Snapshot before) {
      this.transaction = transaction;
      this.before = before;
    }

    /** The last commit, which nothing changes until this one is made. */
    Snapshot before() {
      return before;
    }

    void put(Database database, byte[] keyBytes, byte[] valueBytes) throws LmdbFailure {
      put(database, keyBytes, valueBytes, 0);
    }

    /** Puts an entry whose key comes after all others of its database. */
    void append(Database database, byte[] keyBytes, byte[] valueBytes) throws LmdbFailure {
      put(database, keyBytes, valueBytes, Lmdb.APPEND);
    }

    private void put(Database database, byte[] keyBytes, byte[] valueBytes, int flags)
        throws LmdbFailure {
      check.requireSoundWay(before, before.tree(database), keyBytes);
      Lmdb.put(transaction, handle(database), key, keyBytes, value, valueBytes, flags);
    }

    private int handle(Database database) {
      Integer handle = databases.get(database);
      if (handle == null) {
        throw new IllegalStateException("this environment was not made ready to write");
      }
      return handle;
    }

    /** Deletes an entry, if it is there. */
    void delete(Database database, byte[] keyBytes) throws LmdbFailure {
      check.requireSoundWay(before, before.tree(database), keyBytes);
      try {
        Lmdb.delete(transaction, handle(database), key, keyBytes);
      } catch (LmdbFailure e) {
        if (e.code() != LmdbFailure.NOT_FOUND) {
          throw e;
        }
      }
    }
  }

  // ---- the end ----

  /** Lets nobody in any more. */
  void retire() {
    door.lock();
    try {
      if (!retired) {
        retired = true;
        if (lent == 0) {
          close();
        }
      }
    } finally {
      door.unlock();
    }
  }

  /** Waits until everybody has left, but for a caller that is a reader itself. */
  void awaitReaders() {
    door.lock();
    try {
      while (lent > 0 && READING.get() == 0) {
        allLeft.awaitUninterruptibly();
      }
    } finally {
      door.unlock();
    }
  }

  private void close() {
    for (Place place : idle) {
      if (place.transaction != null) {
        Lmdb.abort(place.transaction);
      }
    }
    idle.clear();
    Lmdb.close(handle);
    try {
      file.close();
    } catch (IOException e) {
      throw new StorageFailed("%s could not be closed".formatted(file.path()), e);
    }
  }
}
