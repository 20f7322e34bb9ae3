package dev.stele.core.witness;

import dev.stele.core.proof.Cosignature;
import dev.stele.core.proof.NoteSignature;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a witness sends back over HTTP: how a {@link Witness.Answer} is written, and how a log reads
 * it (C2SP tlog-witness).
 *
 * <table>
 *   <caption>Replies</caption>
 *   <tr><td>200</td><td>cosignature lines</td></tr>
 *   <tr><td>400</td><td>the request makes no sense</td></tr>
 *   <tr><td>403</td><td>no trusted key has signed</td></tr>
 *   <tr><td>404</td><td>the log is not known</td></tr>
 *   <tr><td>409</td><td>the witness stands elsewhere, or the log has forked; the size kept</td></tr>
 *   <tr><td>422</td><td>the proof does not verify</td></tr>
 * </table>
 *
 * <p>Immutable.
 *
 * @param status HTTP status
 * @param contentType media type of the body
 * @param body text of the reply, with its last line feed
 */
public record WitnessReply(int status, String contentType, String body) {
  /** Media type of a size, which marks a 409 as one that says where the witness stands. */
  public static final String SIZE_TYPE = "text/x.tlog.size";

  /**
   * Longest body that {@link #read} looks at, in characters: a note's worth of lines of 200
   * characters, which is twice what a cosignature takes.
   */
  public static final int MAX_BODY_CHARS = SignedNote.MAX_SIGNATURES * 200;

  private static final String TEXT_TYPE = "text/plain; charset=utf-8";

  /** What a log learns from a reply. */
  public sealed interface Reading {
    /**
     * A trusted witness has cosigned.
     *
     * @param checkpoint the one that was sent, with the verified cosignatures added
     * @param cosignatures those that were added
     */
    record Cosigned(SignedCheckpoint checkpoint, List<Cosignature> cosignatures)
        implements Reading {
      /** Copies the list. */
      public Cosigned {
        cosignatures = List.copyOf(cosignatures);
      }
    }

    /**
     * The witness stands at another size: send a proof from there. If it is the size that was sent,
     * the witness knows another root for it.
     *
     * @param keptSize what it says to have cosigned last
     */
    record StandsElsewhere(long keptSize) implements Reading {}

    /**
     * The witness refuses; asking again in the same words does not help.
     *
     * @param status HTTP status, one of 400, 403, 404, 422
     * @param reason what the witness says, or nothing
     */
    record Refused(int status, String reason) implements Reading {}

    /**
     * The reply is none of the protocol's, or not by a trusted witness. It may be a passing failure
     * of a server on the way.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record Unusable(String reason) implements Reading {}
  }

  /** Writes an answer. */
  public static WitnessReply of(Witness.Answer answer) {
    return switch (answer) {
      case Witness.Answer.Cosigned(NoteSignature line) -> text(200, line.line());
      case Witness.Answer.Malformed(String reason) -> text(400, reason + "\n");
      case Witness.Answer.NotSigned(String reason) -> text(403, reason + "\n");
      case Witness.Answer.UnknownLog(String origin) -> text(404, "unknown log: " + origin + "\n");
      case Witness.Answer.StandsElsewhere(long keptSize) -> size(keptSize);
      case Witness.Answer.Forked(long keptSize, Optional<FraudProof> fraud) -> size(keptSize);
      case Witness.Answer.NotConsistent() -> text(422, "the proof does not verify\n");
    };
  }

  private static WitnessReply text(int status, String body) {
    return new WitnessReply(status, TEXT_TYPE, body);
  }

  private static WitnessReply size(long keptSize) {
    return new WitnessReply(409, SIZE_TYPE, keptSize + "\n");
  }

  /**
   * Reads a reply to {@code sent}; no reply makes it throw. Lines of keys that are not given are
   * ignored.
   *
   * @param sent the checkpoint that was sent
   * @param witnesses the keys that this witness may cosign with
   * @throws IllegalArgumentException if one of the keys is no witness's
   */
  public Reading read(SignedCheckpoint sent, List<VerifierKey> witnesses) {
    if (body.length() > MAX_BODY_CHARS) {
      return new Reading.Unusable("the reply is longer than " + MAX_BODY_CHARS + " characters");
    }
    return switch (status) {
      case 200 -> readLines(sent, witnesses);
      case 409 -> readSize();
      case 400, 403, 404, 422 -> new Reading.Refused(status, body.strip());
      default -> new Reading.Unusable("a witness does not answer with status " + status);
    };
  }

  private Reading readSize() {
    OptionalLong keptSize =
        body.endsWith("\n")
            ? StrictText.decimal(body.substring(0, body.length() - 1))
            : OptionalLong.empty();
    // A conflict that says no size comes from elsewhere, or from a witness that saw a fork.
    return keptSize.isPresent() && contentType.equals(SIZE_TYPE)
        ? new Reading.StandsElsewhere(keptSize.getAsLong())
        : new Reading.Unusable("a conflict that does not say where the witness stands");
  }

  private Reading readLines(SignedCheckpoint sent, List<VerifierKey> witnesses) {
    if (!body.endsWith("\n")) {
      return new Reading.Unusable("the reply does not end in a line feed");
    }
    List<NoteSignature> lines = new ArrayList<>();
    for (String line : body.substring(0, body.length() - 1).split("\n", -1)) {
      Optional<NoteSignature> signature = NoteSignature.parse(line);
      if (signature.isEmpty()) {
        return new Reading.Unusable("a line of the reply is not a signature");
      }
      lines.add(signature.get());
    }
    return verified(sent, lines, witnesses);
  }

  /**
   * Verifies the reply's lines alone: what stands below the sent checkpoint is not its business.
   */
  private static Reading verified(
      SignedCheckpoint sent, List<NoteSignature> lines, List<VerifierKey> witnesses) {
    StringBuilder note = new StringBuilder(sent.note().text()).append('\n');
    lines.forEach(line -> note.append(line.line()));
    byte[] bytes = note.toString().getBytes(StandardCharsets.UTF_8);
    return switch (SignedNote.parse(bytes)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Reading.Unusable(reason);
      case Parsed.Value<SignedNote>(SignedNote read) ->
          switch (Cosignature.read(read, witnesses)) {
            case Cosignature.Reading.Refused(String reason) -> new Reading.Unusable(reason);
            case Cosignature.Reading.Cosigned(List<Cosignature> found) -> joined(sent, found);
          };
    };
  }

  private static Reading joined(SignedCheckpoint sent, List<Cosignature> found) {
    if (found.isEmpty()) {
      return new Reading.Unusable("no line of the reply is by a known witness");
    }
    List<NoteSignature> lines = found.stream().map(Cosignature::line).toList();
    if (sent.note().signatures().size() + lines.size() > SignedNote.MAX_SIGNATURES) {
      return new Reading.Unusable("the checkpoint has no room for further signatures");
    }
    return new Reading.Cosigned(sent.with(lines), found);
  }
}
