package dev.stele.core.proof;

import java.util.List;

/**
 * A checkpoint together with the note that carries its signatures.
 *
 * <p>The name of the key that signs for a log is the log's origin.
 *
 * <p>Immutable.
 *
 * @param checkpoint what the note says
 * @param note the note, byte for byte
 */
public record SignedCheckpoint(Checkpoint checkpoint, SignedNote note) {
  /** What came of opening a signed checkpoint. */
  public sealed interface Opening {
    /**
     * The log's key vouches for the checkpoint.
     *
     * @param checkpoint what was signed
     */
    record Opened(SignedCheckpoint checkpoint) implements Opening {}

    /**
     * The bytes prove nothing.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record Refused(String reason) implements Opening {}
  }

  /**
   * Pairs the two.
   *
   * @throws IllegalArgumentException if the note says anything else than the checkpoint
   */
  public SignedCheckpoint {
    if (!note.text().equals(checkpoint.text())) {
      throw new IllegalArgumentException("the note is not that of the checkpoint");
    }
  }

  /**
   * Signs a checkpoint. A log must never sign two that do not grow out of one another; that is the
   * caller's to keep.
   *
   * @throws IllegalArgumentException if the key's name is not the checkpoint's origin
   */
  public static SignedCheckpoint sign(Checkpoint checkpoint, SignerKey key) {
    if (!key.name().equals(checkpoint.origin())) {
      throw new IllegalArgumentException(
          "the key " + key.name() + " cannot sign for the log " + checkpoint.origin());
    }
    return new SignedCheckpoint(checkpoint, SignedNote.sign(checkpoint.text(), key));
  }

  /**
   * Reads a signed checkpoint and checks the log's own signature; those of witnesses are left
   * aside.
   *
   * @param bytes a whole note
   * @param key the log's key, of type Ed25519
   */
  public static Opening open(byte[] bytes, VerifierKey key) {
    return switch (SignedNote.parse(bytes)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Opening.Refused(reason);
      case Parsed.Value<SignedNote>(SignedNote note) -> open(note, key);
    };
  }

  /** Checks a note that is read already, like {@link #open(byte[], VerifierKey)}. */
  public static Opening open(SignedNote note, VerifierKey key) {
    if (key.algorithm() != VerifierKey.Algorithm.ED25519) {
      return new Opening.Refused("the key " + key.name() + " is a witness's, not a log's");
    }
    return switch (note.verify(List.of(key))) {
      case SignedNote.Verdict.Refused(String reason) -> new Opening.Refused(reason);
      case SignedNote.Verdict.Verified verified -> openVerified(note, key);
    };
  }

  private static Opening openVerified(SignedNote note, VerifierKey key) {
    return switch (Checkpoint.parse(note.text())) {
      case Parsed.Malformed<Checkpoint>(String reason) -> new Opening.Refused(reason);
      case Parsed.Value<Checkpoint>(Checkpoint checkpoint) ->
          checkpoint.origin().equals(key.name())
              ? new Opening.Opened(new SignedCheckpoint(checkpoint, note))
              : new Opening.Refused("the checkpoint is of another log: " + checkpoint.origin());
    };
  }

  /**
   * Returns this checkpoint with further signature lines, such as those of witnesses. They are not
   * verified.
   *
   * @throws IllegalArgumentException if that makes more lines than a note may have
   */
  public SignedCheckpoint with(List<NoteSignature> lines) {
    return new SignedCheckpoint(checkpoint, note.with(lines));
  }

  /** Returns a copy of the whole note. */
  public byte[] bytes() {
    return note.bytes();
  }
}
