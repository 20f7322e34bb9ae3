package dev.stele.lmdb;

import java.util.Locale;

/** The databases of the file. */
enum Database {
  /** The layout's version, the logs' names, and whether the file is being replaced. */
  META,
  ROWS,
  CLAIMS,
  STREAMS,
  TILES,
  CHECKPOINTS;

  static final int COUNT = values().length;

  /** What LMDB calls it. */
  String title() {
    return name().toLowerCase(Locale.ROOT);
  }
}
