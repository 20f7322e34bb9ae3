package dev.stele.core.proof;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One file that proves one entry to be in a log, without the log (C2SP tlog-proof).
 *
 * <pre>
 *   c2sp.org/tlog-proof@v1
 *   extra base64              optional; what an application wants to travel along, itself unproven
 *   index 5
 *   base64 of a hash          0 to 63 of these, the one beside the leaf first
 *                             blank line
 *   signed checkpoint         the rest, byte for byte, with all its signatures
 * </pre>
 *
 * <p>Immutable.
 */
public final class TlogProof {
  /** Largest extra data, in bytes: room for a record with its payload. */
  public static final int MAX_EXTRA_BYTES = 16 << 20;

  private static final String HEADER = "c2sp.org/tlog-proof@v1";
  private static final String EXTRA = "extra ";
  private static final String INDEX = "index ";

  // Base64 takes four characters for three bytes; a hash line has 45.
  private static final int MAX_HEAD_BYTES =
      4 * (MAX_EXTRA_BYTES / 3 + 1) + 45 * Merkle.MAX_PATH + 100;

  /** What came of checking a proof. */
  public sealed interface Outcome {
    /**
     * The entry stands in the log.
     *
     * @param index its leaf index, from 0
     * @param checkpoint the signed checkpoint whose tree holds it
     */
    record Proven(long index, SignedCheckpoint checkpoint) implements Outcome {}

    /**
     * The file proves nothing about the entry.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record Refused(String reason) implements Outcome {}
  }

  private final byte @Nullable [] extra;
  private final InclusionProof inclusion;
  private final SignedCheckpoint checkpoint;

  private TlogProof(
      byte @Nullable [] extra, InclusionProof inclusion, SignedCheckpoint checkpoint) {
    this.extra = extra;
    this.inclusion = inclusion;
    this.checkpoint = checkpoint;
  }

  /**
   * Builds the proof of the entry at {@code index} from the nodes of the log.
   *
   * @param extra data to travel along, copied, at most {@link #MAX_EXTRA_BYTES}; {@link #check}
   *     does not look at it
   * @throws IllegalArgumentException if the index is not below the checkpoint's size, or the extra
   *     data is too long
   */
  public static TlogProof build(
      long index, SignedCheckpoint checkpoint, NodeSource nodes, Optional<byte[]> extra) {
    if (extra.isPresent() && extra.get().length > MAX_EXTRA_BYTES) {
      throw new IllegalArgumentException("extra data of " + extra.get().length + " bytes");
    }
    InclusionProof inclusion = InclusionProof.build(index, checkpoint.checkpoint().size(), nodes);
    return new TlogProof(extra.map(byte[]::clone).orElse(null), inclusion, checkpoint);
  }

  /** Reads a proof file. A parsed proof proves nothing yet: see {@link #check}. */
  public static Parsed<TlogProof> parse(byte[] file) {
    if (file.length > MAX_HEAD_BYTES + SignedNote.MAX_BYTES) {
      return new Parsed.Malformed<>("a proof of " + file.length + " bytes is too large");
    }
    // One byte becomes one character, so that positions in the text are positions in the file.
    String text = new String(file, StandardCharsets.ISO_8859_1);
    int blank = text.indexOf("\n\n");
    if (blank < 0) {
      return new Parsed.Malformed<>("a proof has a blank line before its checkpoint");
    }
    byte[] rest = Arrays.copyOfRange(file, blank + 2, file.length);
    return switch (SignedNote.parse(rest)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<SignedNote>(SignedNote note) ->
          switch (Checkpoint.parse(note.text())) {
            case Parsed.Malformed<Checkpoint>(String reason) -> new Parsed.Malformed<>(reason);
            case Parsed.Value<Checkpoint>(Checkpoint checkpoint) ->
                parseHead(text.substring(0, blank), new SignedCheckpoint(checkpoint, note));
          };
    };
  }

  private static Parsed<TlogProof> parseHead(String head, SignedCheckpoint checkpoint) {
    List<String> lines = List.of(head.split("\n", -1));
    if (!lines.getFirst().equals(HEADER)) {
      return new Parsed.Malformed<>("a proof begins with " + HEADER);
    }
    int next = 1;
    byte[] extra = null;
    if (next < lines.size() && lines.get(next).startsWith(EXTRA)) {
      extra = StrictText.base64(lines.get(next).substring(EXTRA.length())).orElse(null);
      if (extra == null || extra.length > MAX_EXTRA_BYTES) {
        return new Parsed.Malformed<>("the extra line is not base64 of at most 16 MiB");
      }
      next++;
    }
    if (next == lines.size() || !lines.get(next).startsWith(INDEX)) {
      return new Parsed.Malformed<>("a proof says its index");
    }
    OptionalLong index = StrictText.decimal(lines.get(next).substring(INDEX.length()));
    long size = checkpoint.checkpoint().size();
    if (index.isEmpty() || index.getAsLong() >= size) {
      return new Parsed.Malformed<>("the index is not a plain decimal below the size " + size);
    }
    List<String> hashes = lines.subList(next + 1, lines.size());
    if (hashes.size() > Merkle.MAX_PATH) {
      return new Parsed.Malformed<>("a proof has at most 63 hashes, not " + hashes.size());
    }
    List<byte[]> path = new ArrayList<>();
    for (String line : hashes) {
      Optional<byte[]> hash = StrictText.hash(line);
      if (hash.isEmpty()) {
        return new Parsed.Malformed<>("a line of the path is not base64 of 32 bytes");
      }
      path.add(hash.get());
    }
    InclusionProof inclusion = new InclusionProof(index.getAsLong(), size, path);
    return new Parsed.Value<>(new TlogProof(extra, inclusion, checkpoint));
  }

  /**
   * Tells whether this proves {@code entry} to be in the log of {@code key}. Signatures of
   * witnesses are left aside; verify {@link #checkpoint} with their keys to count them.
   *
   * @param entry the entry itself, not its hash
   */
  public Outcome check(byte[] entry, VerifierKey key) {
    return switch (SignedCheckpoint.open(checkpoint.note(), key)) {
      case SignedCheckpoint.Opening.Refused(String reason) -> new Outcome.Refused(reason);
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint opened) ->
          inclusion.verify(Merkle.leafHash(entry), opened.checkpoint().root())
              ? new Outcome.Proven(inclusion.index(), opened)
              : new Outcome.Refused("the path does not lead from the entry to the signed root");
    };
  }

  /** Returns the file. */
  public byte[] bytes() {
    StringBuilder head = new StringBuilder(HEADER).append('\n');
    if (extra != null) {
      head.append(EXTRA).append(StrictText.base64(extra)).append('\n');
    }
    head.append(INDEX).append(inclusion.index()).append('\n');
    for (byte[] hash : inclusion.path()) {
      head.append(StrictText.base64(hash)).append('\n');
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(head.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(checkpoint.bytes());
    return file.toByteArray();
  }

  /** Returns a copy of the data that travels along; nothing vouches for it. */
  public Optional<byte[]> extra() {
    return Optional.ofNullable(extra).map(byte[]::clone);
  }

  /** Returns the path, with the index and the checkpoint's size. */
  public InclusionProof inclusion() {
    return inclusion;
  }

  /** Returns the checkpoint with all its signatures, none of them verified. */
  public SignedCheckpoint checkpoint() {
    return checkpoint;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TlogProof proof && Arrays.equals(bytes(), proof.bytes());
  }

  @Override
  public int hashCode() {
    return inclusion.hashCode();
  }
}
