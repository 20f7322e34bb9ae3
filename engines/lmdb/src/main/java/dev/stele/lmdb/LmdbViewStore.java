package dev.stele.lmdb;

import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.FileUri;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Views in an LMDB file of their own: rows under ordered keys, read without a lock.
 *
 * <p>Opened by one process to write and by any number to read. A commit of views is not synced:
 * after a loss of power the last one may be missing, whole, and is applied again from the log. What
 * a change writes is held in the heap until it is committed. Layout: {@code docs/format/views.md}.
 *
 * <p>When a generation that had applied events is dropped or replaced, the file is written anew
 * without it, so that no byte of it is left: that takes as long as copying what stays.
 *
 * <p>Thread-safe as {@link ViewStore} says.
 */
public final class LmdbViewStore implements ViewStore, Compactable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.lmdb");

  private final LmdbFile file;
  private final boolean writes;

  /** Whether each commit is synced, which views do not need. */
  private final boolean syncs;

  private final ViewEntry.Reader entries = new ViewEntry.Reader();

  /** Held through each change; fair, so that no view starves another. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /** Whether the file may hold rows that were dropped, as it says; guarded by {@link #turn}. */
  private boolean compactionOwed;

  /** Whether the file was let go; guarded by {@link #turn}. */
  private boolean released;

  private volatile boolean closed;

  private LmdbViewStore(LmdbFile file, boolean writes, Durability commits) {
    this.file = file;
    this.writes = writes;
    this.syncs = commits == Durability.DURABLE;
  }

  /** Where the views of a log are kept: {@code log.views.lmdb} for {@code log.lmdb}. */
  public static Path beside(Path log) {
    return FileUri.beside(log, "views", LmdbStorageProvider.ENDING);
  }

  /** Opens a file to write, making it where it is not there, with the usual bounds. */
  public static LmdbViewStore openWriter(Path file) {
    return openWriter(file, LmdbOptions.DEFAULT);
  }

  /**
   * Opens a file to write, making it where it is not there.
   *
   * @param file its folder must exist
   * @param options count for the first store of a process that opens the file
   * @throws StorageFailed when another process writes it, or it is something else
   */
  public static LmdbViewStore openWriter(Path file, LmdbOptions options) {
    return openWriter(file, options, Durability.OS);
  }

  /**
   * As {@link #openWriter(Path)}, with commits that survive what is asked for: tables that nothing
   * can build again need {@link Durability#DURABLE}.
   */
  static LmdbViewStore openWriter(Path file, Durability commits) {
    return openWriter(file, LmdbOptions.DEFAULT, commits);
  }

  private static LmdbViewStore openWriter(Path file, LmdbOptions options, Durability commits) {
    LmdbFile opened = LmdbFile.open(file, Purpose.VIEWS, options, true);
    try {
      opened.prepareToWrite();
      LmdbViewStore store = new LmdbViewStore(opened, true, commits);
      store.forgetWhatAnotherDropped();
      return store;
    } catch (RuntimeException e) {
      opened.releaseWriter();
      opened.close();
      throw e;
    }
  }

  /**
   * Opens a file to read, also while another process writes it.
   *
   * @throws StorageFailed when it is not there, or is something else
   */
  public static LmdbViewStore openReader(Path file) {
    LmdbFile opened = LmdbFile.open(file, Purpose.VIEWS, LmdbOptions.DEFAULT, false);
    try {
      return opened.read(
          "open",
          snapshot -> {
            if (snapshot.isEmpty()) {
              throw Purpose.VIEWS.missing(file);
            }
            Purpose.VIEWS.requireVersion(snapshot, file);
            return new LmdbViewStore(opened, false, Durability.OS);
          });
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private void forgetWhatAnotherDropped() {
    turn.lock();
    try {
      compactionOwed =
          file.read("open", snapshot -> snapshot.cursor(Database.META).find(ViewEntry.DROPPED));
      forgetDropped();
    } finally {
      turn.unlock();
    }
  }

  // ---- reading ----

  @Override
  public List<Generation> generations() {
    return reading(snapshot -> entries.all(snapshot).stream().map(ViewEntry::generation).toList());
  }

  @Override
  public Optional<Generation> find(String view, Slot slot) {
    return reading(snapshot -> entries.find(snapshot, view, slot).map(ViewEntry::generation));
  }

  @Override
  public <T> Answer<T> read(String view, Slot slot, Reading<T> reading) {
    return reading(
        snapshot -> {
          ViewEntry entry = require(entries.find(snapshot, view, slot), view, slot);
          LmdbTables tables = tables(snapshot, entry);
          try {
            return new Answer<>(reading.read(tables), entry.generation().position());
          } finally {
            tables.end();
          }
        });
  }

  private static LmdbTables tables(Snapshot snapshot, ViewEntry entry) {
    Generation generation = entry.generation();
    return new LmdbTables(snapshot, generation.view(), generation.tables(), entry.firstTree());
  }

  private static ViewEntry require(Optional<ViewEntry> found, String view, Slot slot) {
    return found.orElseThrow(
        () -> new IllegalArgumentException("no view '%s' is %s here".formatted(view, slot)));
  }

  private <T> T reading(Environment.Reading<T> reading) {
    requireOpen();
    return file.read("read", reading);
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("%s was closed; open it again".formatted(file.path()));
    }
  }

  // ---- writing ----

  @Override
  public void begin(String view, Slot slot, int version, List<Table> tables, long begunAt) {
    writing(
        "begin a view in",
        snapshot -> {
          List<ViewEntry> all = entries.all(snapshot);
          ViewStore.requireNames(
              view, version, tables, all.stream().map(ViewEntry::generation).toList());
          Generation begun =
              new Generation(
                  view,
                  slot,
                  version,
                  List.copyOf(tables),
                  begunAt,
                  new Head(0, new byte[0]),
                  Optional.empty());
          ViewEntry entry = new ViewEntry(begun, ViewEntry.nextTree(snapshot));
          @Nullable ViewEntry before = entries.find(snapshot, view, slot).orElse(null);
          return changes -> {
            drop(changes, before);
            entry.put(changes);
            ViewEntry.putNextTree(changes, entry.firstTree() + entry.trees());
          };
        });
  }

  @Override
  public void change(String view, Slot slot, Change change) {
    writing(
        "write a view in",
        snapshot -> {
          ViewEntry entry = require(entries.find(snapshot, view, slot), view, slot);
          LmdbTables tables = tables(snapshot, entry);
          Head cursor;
          try {
            cursor = change.apply(tables);
            tables.requireWhole();
          } finally {
            tables.end();
          }
          ViewEntry moved = entry.with(entry.generation().at(cursor));
          long nextTree = ViewEntry.nextTree(snapshot);
          return changes -> {
            LongKeys.Writer writer = new LongKeys.Writer(changes, nextTree);
            tables.write(writer);
            if (writer.nextTree() != nextTree) {
              ViewEntry.putNextTree(changes, writer.nextTree());
            }
            moved.putCursor(changes);
          };
        });
  }

  @Override
  public void mark(String view, Slot slot, Optional<Failure> failure) {
    writing(
        "mark a view in",
        snapshot -> {
          ViewEntry entry = require(entries.find(snapshot, view, slot), view, slot);
          return entry.with(entry.generation().marked(failure))::putCursor;
        });
  }

  @Override
  public void swap(String view) {
    writing(
        "swap a view in",
        snapshot -> {
          ViewEntry built =
              require(entries.find(snapshot, view, Slot.BUILDING), view, Slot.BUILDING);
          @Nullable ViewEntry live = entries.find(snapshot, view, Slot.LIVE).orElse(null);
          return changes -> {
            drop(changes, live);
            built.delete(changes);
            built.with(built.generation().in(Slot.LIVE)).put(changes);
          };
        });
  }

  @Override
  public void drop(String view, Slot slot) {
    writing(
        "drop a view in",
        snapshot -> {
          @Nullable ViewEntry entry = entries.find(snapshot, view, slot).orElse(null);
          return changes -> drop(changes, entry);
        });
  }

  /**
   * Lets go of a generation. Its rows can be reached no more, and go when the file is written anew:
   * deleting them one by one would leave their bytes in its pages all the same.
   */
  private void drop(Environment.Changes changes, @Nullable ViewEntry entry) throws LmdbFailure {
    if (entry != null) {
      entry.delete(changes);
      if (entry.generation().position() > 0) {
        changes.put(Database.META, ViewEntry.DROPPED, new byte[0]);
        compactionOwed = true;
      }
    }
  }

  /** What is to be written, made up before LMDB's transaction begins, in which nothing may wait. */
  private interface Plan {
    Writing of(Snapshot newest) throws LmdbFailure;
  }

  /** Writes; may be run again from its beginning. */
  private interface Writing {
    void into(Environment.Changes changes) throws LmdbFailure;
  }

  private void writing(String what, Plan plan) {
    requireWriter();
    if (turn.isHeldByCurrentThread()) {
      throw new IllegalStateException("a change of a view cannot make another one");
    }
    turn.lock();
    try {
      requireOpen();
      // Whoever holds the turn reads what stays the newest commit until it writes.
      var _ =
          file.read(
              what,
              snapshot -> {
                Writing writing = plan.of(snapshot);
                return file.write(
                    what,
                    syncs,
                    changes -> {
                      writing.into(changes);
                      return true;
                    });
              });
      forgetDropped();
    } finally {
      turn.unlock();
    }
  }

  private void requireWriter() {
    if (!writes) {
      throw new IllegalStateException("%s was opened to read only".formatted(file.path()));
    }
  }

  // ---- forgetting ----

  /**
   * Writes the file anew where it may hold rows that were dropped. What was asked for is committed
   * already, so a disk without room for that is no failure of it; it is tried again after the next
   * change, and on the next opening.
   */
  private void forgetDropped() {
    if (compactionOwed) {
      try {
        rewrite();
      } catch (StorageFailed e) {
        LOGGER.log(
            System.Logger.Level.WARNING, "event=dropped-rows-not-forgotten file=" + file.path(), e);
      }
    }
  }

  @Override
  public Compacted compact() {
    requireWriter();
    turn.lock();
    try {
      requireOpen();
      long before = file.read("compact", Snapshot::sizeBytes);
      rewrite();
      return new Compacted(before, file.read("compact", Snapshot::sizeBytes));
    } finally {
      turn.unlock();
    }
  }

  private void rewrite() {
    file.replace(
        this::copyInto,
        changes -> {
          changes.put(Database.META, Layout.BEING_REPLACED, new byte[0]);
          return true;
        });
    compactionOwed = false;
  }

  /** Copies the generations that are there, and nothing else. */
  private void copyInto(Environment target) throws IOException, LmdbFailure {
    target.prepareToWrite();
    var _ =
        file.read(
            "compact",
            snapshot -> {
              Set<Long> wanted = new HashSet<>();
              for (ViewEntry entry : entries.all(snapshot)) {
                for (int i = 0; i < entry.trees(); i++) {
                  wanted.add(entry.firstTree() + i);
                }
              }
              EntryCopy.into(
                  target,
                  snapshot.cursor(Database.META),
                  Database.META,
                  at -> !at.keyBeginsWith(ViewEntry.DROPPED));
              EntryCopy.into(
                  target,
                  snapshot.cursor(Database.ROWS),
                  Database.ROWS,
                  at -> isWanted(snapshot, at, wanted));
              return true;
            });
    target.dropSparePages();
  }

  /** Tells whether an entry is of a wanted tree; one that it leads to comes later, and is, too. */
  private static boolean isWanted(Snapshot snapshot, TreeCursor at, Set<Long> wanted) {
    if (!wanted.contains(at.keyLong(0))) {
      return false;
    }
    if (at.keyLength() == Long.BYTES + LongKeys.PIECE_BYTES) {
      wanted.add(LongKeys.next(snapshot, at));
    }
    return true;
  }

  @Override
  public void close() {
    // A change under way is waited for; the next one is refused.
    closed = true;
    turn.lock();
    try {
      if (released) {
        return;
      }
      released = true;
      if (writes) {
        file.releaseWriter();
      }
      file.close();
    } finally {
      turn.unlock();
    }
  }
}
