package dev.stele.sqlite;

/**
 * How a new database is laid out.
 *
 * @param pageBytes the page size of a database that is made: a power of two from 512 to 65,536
 */
public record SqliteOptions(int pageBytes) {
  /** Pages of 4 KiB, as the file system's. */
  public static final SqliteOptions DEFAULT = new SqliteOptions(4_096);

  /** Checks the bound. */
  public SqliteOptions {
    if (Integer.bitCount(pageBytes) != 1 || pageBytes < 512 || pageBytes > 65_536) {
      throw new IllegalArgumentException(
          "a page has 512 to 65,536 bytes, a power of two, not " + pageBytes);
    }
  }
}
