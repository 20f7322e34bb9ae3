package dev.stele.lmdb;

/**
 * How much address space a log's file may take, and in which steps the file grows.
 *
 * @param mapBytes how much is mapped at first; it is doubled whenever the log needs more
 * @param maxMapBytes where doubling ends: the largest file that can be written
 * @param stepBytes the least that is added to the file at once
 */
public record LmdbOptions(long mapBytes, long maxMapBytes, long stepBytes) {
  /** 1 GiB at first, which costs nothing but addresses; up to 1 TiB; steps of 1 MiB. */
  public static final LmdbOptions DEFAULT = new LmdbOptions(1L << 30, 1L << 40, 1L << 20);

  /** LMDB itself needs some pages before there is anything to keep: 64 KiB hold them. */
  private static final long LEAST_MAP_BYTES = 1L << 16;

  /** Checks the bounds. */
  public LmdbOptions {
    if (mapBytes < LEAST_MAP_BYTES || maxMapBytes < mapBytes) {
      throw new IllegalArgumentException(
          "a map begins with at least %d bytes and does not shrink, not %d up to %d"
              .formatted(LEAST_MAP_BYTES, mapBytes, maxMapBytes));
    }
    if (stepBytes < 1) {
      throw new IllegalArgumentException("a file grows by at least a byte, not " + stepBytes);
    }
  }
}
