package dev.stele.core.proof;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a log says it is: its name, its size and its root (C2SP tlog-checkpoint).
 *
 * <pre>
 *   origin
 *   size, decimal
 *   base64 of the root
 *   extension lines, if any
 * </pre>
 *
 * <p>Immutable; the root is copied in and out.
 *
 * @param origin a non-empty line that names the log
 * @param size number of leaves, 0 to 2^63 - 1
 * @param root 32 bytes; the empty root if the size is 0
 * @param extensions further non-empty lines; witnesses do not check what they say
 */
// The array is copied in and out, and equals compares its content.
@SuppressWarnings("ArrayRecordComponent")
public record Checkpoint(String origin, long size, byte[] root, List<String> extensions) {
  /**
   * Copies the root and the extensions.
   *
   * @throws IllegalArgumentException if a component breaks the bounds given for it
   */
  public Checkpoint {
    Optional<String> fault = fault(origin, size, root, extensions);
    if (fault.isPresent()) {
      throw new IllegalArgumentException(fault.get());
    }
    root = root.clone();
    extensions = List.copyOf(extensions);
  }

  /** Makes a checkpoint without extensions, under the same bounds. */
  public Checkpoint(String origin, long size, byte[] root) {
    this(origin, size, root, List.of());
  }

  private static Optional<String> fault(
      String origin, long size, byte[] root, List<String> extensions) {
    if (!StrictText.isLine(origin)) {
      return Optional.of("the origin is not a line of text");
    }
    if (size < 0) {
      return Optional.of("the size is negative: " + size);
    }
    if (root.length != Merkle.HASH_BYTES) {
      return Optional.of("the root has not 32 bytes but " + root.length);
    }
    if (size == 0 && !Arrays.equals(root, Merkle.emptyRoot())) {
      return Optional.of("size 0 has another root than that of the empty tree");
    }
    if (!extensions.stream().allMatch(StrictText::isLine)) {
      return Optional.of("an extension is not a line of text");
    }
    return Optional.empty();
  }

  /** Reads the text of a note, with its last line feed. */
  public static Parsed<Checkpoint> parse(String text) {
    if (!text.endsWith("\n")) {
      return new Parsed.Malformed<>("a checkpoint ends in a line feed");
    }
    List<String> lines = List.of(text.substring(0, text.length() - 1).split("\n", -1));
    if (lines.size() < 3) {
      return new Parsed.Malformed<>("a checkpoint has at least three lines");
    }
    OptionalLong size = StrictText.decimal(lines.get(1));
    if (size.isEmpty()) {
      return new Parsed.Malformed<>("the size is not a plain decimal below 2^63");
    }
    Optional<byte[]> root = StrictText.hash(lines.get(2));
    if (root.isEmpty()) {
      return new Parsed.Malformed<>("the root is not base64 of 32 bytes");
    }
    List<String> extensions = lines.subList(3, lines.size());
    Optional<String> fault = fault(lines.getFirst(), size.getAsLong(), root.get(), extensions);
    if (fault.isPresent()) {
      return new Parsed.Malformed<>(fault.get());
    }
    return new Parsed.Value<>(
        new Checkpoint(lines.getFirst(), size.getAsLong(), root.get(), extensions));
  }

  /** Returns the text to be signed, with its last line feed; {@link #parse} reads it back. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(origin).append('\n');
    text.append(size).append('\n');
    text.append(StrictText.base64(root)).append('\n');
    extensions.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  /** Returns a copy of the 32-byte root. */
  @Override
  public byte[] root() {
    return root.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Checkpoint checkpoint && text().equals(checkpoint.text());
  }

  @Override
  public int hashCode() {
    return Objects.hash(origin, size, Arrays.hashCode(root), extensions);
  }
}
