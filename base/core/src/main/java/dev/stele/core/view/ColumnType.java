package dev.stele.core.view;

/** What a column holds. The order of each type is the same on every store; null comes first. */
public enum ColumnType {
  /** 64-bit integers, as {@link Long}, in the order of numbers. */
  INTEGER,
  /** Text, as {@link String}, in the order of its UTF-8 bytes. */
  TEXT,
  /** Bytes, as {@code byte[]}, in the order of unsigned bytes. */
  BYTES
}
