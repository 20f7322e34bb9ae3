package dev.stele.lmdb;

import java.util.Locale;

/** The databases of a file; {@link Purpose} says which it has. */
enum Database {
  /** The layout's version, the names of logs or views, and whether the file is being replaced. */
  META,
  /** The records of logs, or the tables and indexes of views. */
  ROWS,
  CLAIMS,
  STREAMS,
  TILES,
  CHECKPOINTS;

  /** What LMDB calls it. */
  String title() {
    return name().toLowerCase(Locale.ROOT);
  }
}
