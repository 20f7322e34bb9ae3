package dev.stele.core.proof;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A verified statement of a witness: at this time, this was the largest tree of the log that it had
 * seen (C2SP tlog-cosignature, {@code cosignature/v1}).
 *
 * <p>Immutable. Only {@link #read} should make one: a record made by hand proves nothing.
 *
 * @param witness whose key it verified with
 * @param timeSeconds when the witness says to have signed, as POSIX time, 0 to 2^63 - 1; a time in
 *     the future is the reader's to judge
 * @param line the signature line it stands on
 */
public record Cosignature(VerifierKey witness, long timeSeconds, NoteSignature line) {
  /** What a note says of some witnesses. */
  public sealed interface Reading {
    /**
     * All that these witnesses are said to have signed, they did sign.
     *
     * @param cosignatures in the order of the note; empty if none of them signed; a witness that
     *     signed several times stands here as often
     */
    record Cosigned(List<Cosignature> cosignatures) implements Reading {
      /** Copies the list. */
      public Cosigned {
        cosignatures = List.copyOf(cosignatures);
      }
    }

    /**
     * A line in the name of one of them is not by it; as with any note, that spoils all.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record Refused(String reason) implements Reading {}
  }

  /**
   * Reads the cosignatures of the given witnesses; lines of others, the log's own among them, are
   * ignored. Costs one verification for each line of a given witness, at most {@link
   * SignedNote#MAX_SIGNATURES}. No note makes it throw.
   *
   * @throws IllegalArgumentException if one of the keys is no witness's
   */
  public static Reading read(SignedNote note, List<VerifierKey> witnesses) {
    for (VerifierKey key : witnesses) {
      if (key.algorithm() != VerifierKey.Algorithm.COSIGNATURE) {
        throw new IllegalArgumentException(
            "the key " + key.name() + " is a log's, not a witness's");
      }
    }
    List<NoteSignature> claimed =
        note.signatures().stream()
            .filter(line -> witnesses.stream().anyMatch(line::claimsToBeBy))
            .toList();
    if (claimed.isEmpty()) {
      return new Reading.Cosigned(List.of());
    }
    return switch (note.verify(witnesses)) {
      case SignedNote.Verdict.Refused(String reason) -> new Reading.Refused(reason);
      case SignedNote.Verdict.Verified(List<NoteSignature> lines) ->
          new Reading.Cosigned(lines.stream().map(line -> verified(line, witnesses)).toList());
    };
  }

  private static Cosignature verified(NoteSignature line, List<VerifierKey> witnesses) {
    VerifierKey witness = witnesses.stream().filter(line::claimsToBeBy).findFirst().orElseThrow();
    return new Cosignature(witness, ByteBuffer.wrap(line.signature()).getLong(), line);
  }
}
