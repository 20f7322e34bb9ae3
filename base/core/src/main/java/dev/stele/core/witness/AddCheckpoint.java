package dev.stele.core.witness;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.StrictText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a log sends to a witness: its new checkpoint, and the proof that the last one the witness
 * knows grew into it (C2SP tlog-witness, {@code add-checkpoint}).
 *
 * <pre>
 *   old 20852014              size the proof begins at; 0 if the witness knows nothing yet
 *   base64 of a hash          0 to 63 of these
 *                             blank line
 *   signed checkpoint         the rest, byte for byte
 * </pre>
 *
 * <p>A parsed request is an allegation: neither the proof nor any signature is checked. The old
 * size may even exceed the new one.
 *
 * <p>Immutable.
 *
 * @param proof from the old size to that of the checkpoint
 * @param checkpoint the new checkpoint with its signatures
 */
public record AddCheckpoint(ConsistencyProof proof, SignedCheckpoint checkpoint) {
  private static final String OLD = "old ";

  // "old ", 19 digits and a line feed; a line of base64 of 32 bytes for each hash; the blank line.
  private static final int MAX_HEAD_BYTES = 24 + 45 * Merkle.MAX_PATH + 1;

  /** Largest request, in bytes: the longest head, and the longest note. */
  public static final int MAX_BYTES = MAX_HEAD_BYTES + SignedNote.MAX_BYTES;

  /**
   * Pairs the two.
   *
   * @throws IllegalArgumentException if the proof does not end at the checkpoint's size, or has
   *     more hashes than a request may carry
   */
  public AddCheckpoint {
    if (proof.newSize() != checkpoint.checkpoint().size()) {
      throw new IllegalArgumentException(
          "the proof ends at " + proof.newSize() + ", not at " + checkpoint.checkpoint().size());
    }
    if (proof.path().size() > Merkle.MAX_PATH) {
      throw new IllegalArgumentException("a proof of " + proof.path().size() + " hashes");
    }
  }

  /** Reads the body of a request; no bytes make it throw. */
  public static Parsed<AddCheckpoint> parse(byte[] body) {
    if (body.length > MAX_BYTES) {
      return new Parsed.Malformed<>("a request has at most " + MAX_BYTES + " bytes");
    }
    int blank = blankLine(body);
    if (blank < 0) {
      return new Parsed.Malformed<>("a request has a blank line after at most 63 hashes");
    }
    // One byte becomes one character; what is not ASCII is refused line by line.
    String head = new String(body, 0, blank, StandardCharsets.ISO_8859_1);
    List<String> lines = List.of(head.split("\n", -1));
    if (!lines.getFirst().startsWith(OLD)) {
      return new Parsed.Malformed<>("a request begins with the old size");
    }
    OptionalLong oldSize = StrictText.decimal(lines.getFirst().substring(OLD.length()));
    if (oldSize.isEmpty()) {
      return new Parsed.Malformed<>("the old size is not a plain decimal below 2^63");
    }
    List<byte[]> path = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      Optional<byte[]> hash = StrictText.hash(line);
      if (hash.isEmpty()) {
        return new Parsed.Malformed<>("a line of the proof is not base64 of 32 bytes");
      }
      path.add(hash.get());
    }
    byte[] rest = Arrays.copyOfRange(body, blank + 2, body.length);
    return parseNote(oldSize.getAsLong(), path, rest);
  }

  // Looks no further than a head can reach, which also bounds the number of hashes.
  private static int blankLine(byte[] body) {
    for (int i = 0; i + 1 < Math.min(body.length, MAX_HEAD_BYTES); i++) {
      if (body[i] == '\n' && body[i + 1] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private static Parsed<AddCheckpoint> parseNote(long oldSize, List<byte[]> path, byte[] note) {
    if (path.size() > Merkle.MAX_PATH) {
      return new Parsed.Malformed<>("a proof has at most 63 hashes, not " + path.size());
    }
    return switch (SignedNote.parse(note)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<SignedNote>(SignedNote read) ->
          switch (Checkpoint.parse(read.text())) {
            case Parsed.Malformed<Checkpoint>(String reason) -> new Parsed.Malformed<>(reason);
            case Parsed.Value<Checkpoint>(Checkpoint checkpoint) ->
                new Parsed.Value<>(
                    new AddCheckpoint(
                        new ConsistencyProof(oldSize, checkpoint.size(), path),
                        new SignedCheckpoint(checkpoint, read)));
          };
    };
  }

  /** Returns the body of the request; {@link #parse} reads it back. */
  public byte[] bytes() {
    StringBuilder head = new StringBuilder(OLD).append(proof.oldSize()).append('\n');
    for (byte[] hash : proof.path()) {
      head.append(StrictText.base64(hash)).append('\n');
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(head.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
    body.writeBytes(checkpoint.bytes());
    return body.toByteArray();
  }
}
