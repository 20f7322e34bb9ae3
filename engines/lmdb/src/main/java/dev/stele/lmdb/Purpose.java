package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** What a file is for: which databases it has, and the name and number of its layout. */
enum Purpose {
  /** Logs; the truth. */
  LOG("log", "Stel"),
  /** Tables of views; can be dropped and built again. */
  VIEWS("file of views", "StVw");

  /** Of both. */
  private static final int LAYOUT = 1;

  private final String noun;
  private final String tag;

  Purpose(String noun, String tag) {
    this.noun = noun;
    this.tag = tag;
  }

  /** The databases of such a file. */
  Set<Database> databases() {
    return switch (this) {
      case LOG -> EnumSet.allOf(Database.class);
      case VIEWS -> EnumSet.of(Database.META, Database.ROWS);
    };
  }

  /** What stands under {@link Layout#VERSION_KEY}: tells the file from any other environment. */
  byte[] version() {
    return ByteBuffer.allocate(tag.length() + Integer.BYTES)
        .put(tag.getBytes(StandardCharsets.US_ASCII))
        .putInt(LAYOUT)
        .array();
  }

  StorageFailed missing(Path file) {
    return new StorageFailed("there is no %s at %s; make one first".formatted(noun, file));
  }

  StorageFailed notThis(Path file) {
    return StorageFailed.damaged("%s is an LMDB environment, but no %s".formatted(file, noun));
  }

  /** Refuses an environment of something else, or of a later version. */
  void requireVersion(Snapshot in, Path file) {
    TreeCursor entry = in.cursor(Database.META);
    if (!entry.find(Layout.VERSION_KEY)) {
      throw notThis(file);
    }
    byte[] version = version();
    byte[] found = entry.value();
    if (found.length != version.length || !Arrays.equals(found, 0, 4, version, 0, 4)) {
      throw notThis(file);
    }
    int layout = ByteBuffer.wrap(found).getInt(4);
    if (layout != LAYOUT) {
      throw new StorageFailed(
          "%s has layout %d; this version reads layout %d".formatted(file, layout, LAYOUT));
    }
  }
}
