package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Copies entries in order of their keys. LMDB's own copy takes pages as they are, with what is left
 * of dropped entries between their nodes; here only what is still an entry goes over.
 */
final class EntryCopy {
  /** What one transaction copies: far less than LMDB holds in memory. */
  private static final long COPY_BYTES = 64L * 1024 * 1024;

  private EntryCopy() {}

  /**
   * Copies what is behind a cursor that has not begun into a file that was made ready to write, but
   * for the layout's version, which is there.
   *
   * @param wanted whether to copy the entry the cursor is at; asked in order, perhaps twice
   */
  static void into(
      Environment target, TreeCursor from, Database database, Predicate<TreeCursor> wanted)
      throws LmdbFailure {
    try {
      copy(target, from, database, wanted);
    } catch (IOException e) {
      throw new StorageFailed("entries could not be copied", e);
    }
  }

  private static void copy(
      Environment target, TreeCursor from, Database database, Predicate<TreeCursor> wanted)
      throws IOException, LmdbFailure {
    var progress =
        new Object() {
          boolean more = from.next();
        };
    while (progress.more) {
      byte[] begin = from.key();
      var _ =
          target.write(
              true,
              changes -> {
                // Sought, since the transaction is run again when the map had to grow.
                progress.more = from.seek(begin);
                long bytes = 0;
                while (progress.more && bytes < COPY_BYTES) {
                  byte[] key = from.key();
                  if (!Arrays.equals(key, Layout.VERSION_KEY) && wanted.test(from)) {
                    byte[] value = from.value();
                    if (database == Database.META) {
                      // The layout's version is there, and may come after this one.
                      changes.put(database, key, value);
                    } else {
                      changes.append(database, key, value);
                    }
                    bytes += key.length + value.length;
                  }
                  progress.more = from.next();
                }
                return true;
              });
    }
  }
}
