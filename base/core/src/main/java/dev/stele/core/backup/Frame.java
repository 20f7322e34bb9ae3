package dev.stele.core.backup;

import java.util.Optional;

/** The parts of a backup's content: each begins with its kind, one byte, and its length, u32. */
enum Frame {
  /** The position of the first row, u64, and rows without a gap as a page has them. */
  ROWS('R'),
  /** Checkpoints: size u64, length u32, note. */
  CHECKPOINTS('C'),
  /** Full tiles of level 0 over events that were trimmed: number u64, 8,192 bytes. */
  TILES('T'),
  /** What stays in the claim index of events that were trimmed: key 16, position u64. */
  CLAIMS('L'),
  /** The same of the stream index: key 16, revision u64, position u64. */
  STREAMS('S'),
  /** The text of the log's key file. */
  KEYS('K');

  /** Length of what stands before a frame's bytes. */
  static final int HEADER_BYTES = 5;

  /**
   * The most bytes of one: a page of 4 MiB that ends with the largest row, whose payload has 8 MiB.
   */
  static final int MAX_BYTES = 16 * 1024 * 1024;

  final byte kind;

  Frame(char kind) {
    this.kind = (byte) kind;
  }

  static Optional<Frame> of(byte kind) {
    for (Frame frame : values()) {
      if (frame.kind == kind) {
        return Optional.of(frame);
      }
    }
    return Optional.empty();
  }
}
