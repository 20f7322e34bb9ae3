package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A call into LMDB that did not succeed, with LMDB's code or the system's. */
final class LmdbFailure extends Exception {
  private static final long serialVersionUID = 1;

  /** The codes that callers act upon; all others end in {@link #toStorageFailed}. */
  static final int KEY_EXISTS = -30799;

  static final int NOT_FOUND = -30798;
  static final int MAP_FULL = -30792;
  static final int MAP_RESIZED = -30785;
  static final int READERS_FULL = -30790;

  private static final int PAGE_NOT_FOUND = -30797;
  private static final int CORRUPTED = -30796;
  private static final int PANIC = -30795;
  private static final int VERSION_MISMATCH = -30794;
  private static final int INVALID = -30793;

  /** Numbers of errno that are the same on Linux, macOS and in the Windows runtime. */
  private static final int EIO = 5;

  private static final int ENOMEM = 12;
  private static final int EACCES = 13;
  private static final int ENOSPC = 28;
  private static final int EROFS = 30;

  /** With less room than this a commit may come short. */
  private static final long LEAST_ROOM_BYTES = 1L << 20;

  private static final String FULL = "; the disk is full: make room, then append again";

  private final int code;

  LmdbFailure(int code, String text) {
    super(text);
    this.code = code;
  }

  int code() {
    return code;
  }

  /** What a caller of the engine is told: the file, what was tried, and what to do. */
  StorageFailed toStorageFailed(String what, Path file) {
    String advice =
        switch (code) {
          case PAGE_NOT_FOUND, CORRUPTED, VERSION_MISMATCH, INVALID -> {
            yield "";
          }
          case PANIC -> "; a write of its root failed before: close the log and open it again";
          case MAP_FULL -> "; it has reached the largest size its options allow: raise maxMapBytes";
          case READERS_FULL ->
              "; every place for a reader is taken: close readers in other processes";
          case ENOSPC -> FULL;
          // LMDB says so of a write that came short, too.
          case EIO ->
              isFull(file)
                  ? FULL
                  : "; the disk fails: look at the system's log, and verify the log elsewhere";
          case ENOMEM -> "; the system gives no more address space (ulimit -v)";
          case EACCES, EROFS -> "; its folder must be writable for this user, also to read";
          default -> "";
        };
    String message = "could not %s %s: %s%s".formatted(what, file, getMessage(), advice);
    return switch (code) {
      case PAGE_NOT_FOUND, CORRUPTED, VERSION_MISMATCH, INVALID ->
          StorageFailed.damaged("%s is damaged: %s; verify it".formatted(file, getMessage()), this);
      default -> new StorageFailed(message, this);
    };
  }

  private static boolean isFull(Path file) {
    try {
      return Files.getFileStore(file).getUsableSpace() < LEAST_ROOM_BYTES;
    } catch (IOException e) {
      return false;
    }
  }
}
