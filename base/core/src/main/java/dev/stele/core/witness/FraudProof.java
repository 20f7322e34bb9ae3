package dev.stele.core.witness;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.VerifierKey;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Two checkpoints, signed by one log's key, that cannot both be true: one size, two roots.
 *
 * <p>It convicts offline: whoever has the file and the log's key needs nothing else and nobody
 * else's word. That two checkpoints of different sizes are not consistent cannot be shown this way:
 * a proof that fails may simply be a wrong proof.
 *
 * <pre>
 *   stele/fraud-proof/v1
 *   sizes 188 188             bytes of the two notes
 *                             blank line
 *   signed checkpoint         the one, byte for byte
 *   signed checkpoint         the other
 * </pre>
 *
 * <p>A proof that was made or parsed convicts nobody yet: see {@link #check}. Immutable.
 *
 * @param one a signed checkpoint
 * @param other another
 */
public record FraudProof(SignedNote one, SignedNote other) {
  private static final String HEADER = "stele/fraud-proof/v1\n";
  private static final String SIZES = "sizes ";

  // The header, "sizes ", two numbers of at most seven digits, a space, and two line feeds.
  private static final int MAX_HEAD_BYTES = HEADER.length() + SIZES.length() + 7 + 1 + 7 + 2;

  /** Largest file, in bytes: the head and two notes of the largest size. */
  public static final int MAX_BYTES = MAX_HEAD_BYTES + 2 * SignedNote.MAX_BYTES;

  /** What the proof comes to. */
  public sealed interface Finding {
    /**
     * The log's key has signed both: the log has forked, or its key is in other hands.
     *
     * @param one what it said
     * @param other what it also said; the same size, another root
     */
    record Convicted(Checkpoint one, Checkpoint other) implements Finding {}

    /**
     * The file proves nothing against the log.
     *
     * @param reason why not, as a phrase for a human
     */
    record NotConvicting(String reason) implements Finding {}
  }

  /** Reads a file; no bytes make it throw. */
  public static Parsed<FraudProof> parse(byte[] file) {
    if (file.length > MAX_BYTES) {
      return new Parsed.Malformed<>("a fraud proof has at most " + MAX_BYTES + " bytes");
    }
    // One byte becomes one character, so that positions in the text are positions in the file.
    String head =
        new String(file, 0, Math.min(file.length, MAX_HEAD_BYTES), StandardCharsets.ISO_8859_1);
    int blank = head.indexOf("\n\n");
    if (!head.startsWith(HEADER + SIZES) || blank < HEADER.length()) {
      return new Parsed.Malformed<>("a fraud proof begins with its version and two sizes");
    }
    String[] sizes = head.substring(HEADER.length() + SIZES.length(), blank).split(" ", -1);
    OptionalLong first = StrictText.decimal(sizes[0]);
    OptionalLong second = sizes.length == 2 ? StrictText.decimal(sizes[1]) : OptionalLong.empty();
    int begin = blank + 2;
    long room = file.length - (long) begin;
    if (first.isEmpty()
        || second.isEmpty()
        || first.getAsLong() > room
        || second.getAsLong() != room - first.getAsLong()) {
      return new Parsed.Malformed<>("the sizes are not those of two notes that fill the file");
    }
    int middle = begin + Math.toIntExact(first.getAsLong());
    return parse(
        Arrays.copyOfRange(file, begin, middle), Arrays.copyOfRange(file, middle, file.length));
  }

  private static Parsed<FraudProof> parse(byte[] one, byte[] other) {
    return switch (SignedNote.parse(one)) {
      case Parsed.Malformed<SignedNote>(String reason) ->
          new Parsed.Malformed<>("the first note: " + reason);
      case Parsed.Value<SignedNote>(SignedNote first) ->
          switch (SignedNote.parse(other)) {
            case Parsed.Malformed<SignedNote>(String reason) ->
                new Parsed.Malformed<>("the second note: " + reason);
            case Parsed.Value<SignedNote>(SignedNote second) ->
                new Parsed.Value<>(new FraudProof(first, second));
          };
    };
  }

  /**
   * Judges a file with nothing but the log's key; no bytes make it throw.
   *
   * @param key the log's key, of type Ed25519
   */
  public static Finding check(byte[] file, VerifierKey key) {
    return switch (parse(file)) {
      case Parsed.Malformed<FraudProof>(String reason) -> new Finding.NotConvicting(reason);
      case Parsed.Value<FraudProof>(FraudProof proof) -> proof.check(key);
    };
  }

  /**
   * Tells whether the two notes convict the log of {@code key}. Signatures of witnesses are left
   * aside: whether anybody believed the log does not matter.
   *
   * @param key the log's key, of type Ed25519
   */
  public Finding check(VerifierKey key) {
    return switch (SignedCheckpoint.open(one, key)) {
      case SignedCheckpoint.Opening.Refused(String reason) ->
          new Finding.NotConvicting("the first note: " + reason);
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint first) ->
          switch (SignedCheckpoint.open(other, key)) {
            case SignedCheckpoint.Opening.Refused(String reason) ->
                new Finding.NotConvicting("the second note: " + reason);
            case SignedCheckpoint.Opening.Opened(SignedCheckpoint second) ->
                compare(first.checkpoint(), second.checkpoint());
          };
    };
  }

  // Opening has made sure that both origins are the name of the key.
  private static Finding compare(Checkpoint one, Checkpoint other) {
    if (one.size() != other.size()) {
      return new Finding.NotConvicting("the sizes differ: both may be true");
    }
    if (Arrays.equals(one.root(), other.root())) {
      return new Finding.NotConvicting("the roots are the same");
    }
    return new Finding.Convicted(one, other);
  }

  /** Returns the file; {@link #parse} reads it back. */
  public byte[] bytes() {
    byte[] first = one.bytes();
    byte[] second = other.bytes();
    String head = HEADER + SIZES + first.length + " " + second.length + "\n\n";
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(first);
    file.writeBytes(second);
    return file.toByteArray();
  }
}
