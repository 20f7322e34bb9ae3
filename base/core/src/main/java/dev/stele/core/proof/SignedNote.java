package dev.stele.core.proof;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A text with signatures below it (C2SP signed-note).
 *
 * <pre>
 *   text, each line with a line feed
 *                                          the last blank line divides
 *   — name base64(key id ‖ signature)      1 to 100 of these
 * </pre>
 *
 * <p>A parsed note is not a verified one: only {@link #verify} says who vouches for the text.
 *
 * <p>Immutable.
 */
public final class SignedNote {
  /** Largest note, in bytes: the limit of the Go reference, and ample for a checkpoint. */
  public static final int MAX_BYTES = 1_000_000;

  /** Most signature lines: the limit of the Go reference, so that checking a note stays cheap. */
  public static final int MAX_SIGNATURES = 100;

  /** Who vouches for a note. */
  public sealed interface Verdict {
    /**
     * At least one given key signed, and none of the given keys' signatures is bad.
     *
     * @param signatures the signatures of given keys, in the order of the note
     */
    record Verified(List<NoteSignature> signatures) implements Verdict {
      /** Copies the list. */
      public Verified {
        signatures = List.copyOf(signatures);
      }
    }

    /**
     * Nobody known vouches for the note.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record Refused(String reason) implements Verdict {}
  }

  private final byte[] bytes;
  private final String text;
  private final List<NoteSignature> signatures;

  private SignedNote(byte[] bytes, String text, List<NoteSignature> signatures) {
    this.bytes = bytes;
    this.text = text;
    this.signatures = List.copyOf(signatures);
  }

  /**
   * Reads a note; the bytes are copied. Control characters but line feed are malformed, as is bad
   * UTF-8.
   */
  public static Parsed<SignedNote> parse(byte[] note) {
    if (note.length > MAX_BYTES) {
      return new Parsed.Malformed<>("a note has at most " + MAX_BYTES + " bytes");
    }
    Optional<String> decoded = StrictText.utf8(note);
    if (decoded.isEmpty() || !StrictText.isClean(decoded.get())) {
      return new Parsed.Malformed<>("a note is UTF-8 without control characters");
    }
    String whole = decoded.get();
    int blank = whole.lastIndexOf("\n\n");
    if (blank < 0 || !whole.endsWith("\n") || blank + 2 == whole.length()) {
      return new Parsed.Malformed<>("a note ends in a blank line and signature lines");
    }
    String block = whole.substring(blank + 2, whole.length() - 1);
    String[] lines = block.split("\n", MAX_SIGNATURES + 1);
    if (lines.length > MAX_SIGNATURES) {
      return new Parsed.Malformed<>("a note has at most " + MAX_SIGNATURES + " signatures");
    }
    List<NoteSignature> signatures = new ArrayList<>();
    for (String line : lines) {
      Optional<NoteSignature> signature = NoteSignature.parse(line);
      if (signature.isEmpty()) {
        return new Parsed.Malformed<>("a line below the last blank line is not a signature");
      }
      signatures.add(signature.get());
    }
    return new Parsed.Value<>(
        new SignedNote(note.clone(), whole.substring(0, blank + 1), signatures));
  }

  /**
   * Signs a text.
   *
   * @param text one line or more, each with a line feed
   * @param signers at least one, in the order of their lines
   * @throws IllegalArgumentException if the text lacks its last line feed, holds a control
   *     character, or is too long, or if there are no signers or too many
   */
  public static SignedNote sign(String text, SignerKey... signers) {
    if (!text.endsWith("\n") || !StrictText.isClean(text)) {
      throw new IllegalArgumentException(
          "a note's text ends in a line feed and holds no other control character");
    }
    if (signers.length == 0 || signers.length > MAX_SIGNATURES) {
      throw new IllegalArgumentException("a note has 1 to 100 signatures, not " + signers.length);
    }
    return assemble(text, Arrays.stream(signers).map(key -> key.sign(text)).toList());
  }

  /**
   * Returns this note with further signature lines below its own, those left out that it has
   * already. The lines are not verified.
   *
   * @throws IllegalArgumentException if that makes too many lines or too many bytes
   */
  public SignedNote with(List<NoteSignature> lines) {
    List<NoteSignature> more = new ArrayList<>(signatures);
    for (NoteSignature line : lines) {
      if (!more.contains(line)) {
        more.add(line);
      }
    }
    if (more.size() > MAX_SIGNATURES) {
      throw new IllegalArgumentException("a note has 1 to 100 signatures, not " + more.size());
    }
    return assemble(text, more);
  }

  /**
   * Returns this note with only those of its signature lines that are given, in its order.
   *
   * @throws IllegalArgumentException if none of them is a line of it
   */
  public SignedNote only(List<NoteSignature> lines) {
    List<NoteSignature> kept = signatures.stream().filter(lines::contains).toList();
    if (kept.isEmpty()) {
      throw new IllegalArgumentException("a note has 1 to 100 signatures, not 0");
    }
    return assemble(text, kept);
  }

  private static SignedNote assemble(String text, List<NoteSignature> signatures) {
    StringBuilder whole = new StringBuilder(text).append('\n');
    signatures.forEach(signature -> whole.append(signature.line()));
    byte[] bytes = whole.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("a note has at most 1,000,000 bytes, not " + bytes.length);
    }
    return new SignedNote(bytes, text, signatures);
  }

  /**
   * Tells whether the given keys vouch for the text. Signatures of other keys are ignored; one bad
   * signature under the name and id of a given key refuses the whole note.
   */
  public Verdict verify(List<VerifierKey> keys) {
    List<NoteSignature> verified = new ArrayList<>();
    for (NoteSignature signature : signatures) {
      for (VerifierKey key : keys) {
        if (signature.claimsToBeBy(key)) {
          if (!key.verify(text, signature.signature())) {
            return new Verdict.Refused("the signature of " + key.name() + " is not valid");
          }
          verified.add(signature);
          break;
        }
      }
    }
    return verified.isEmpty()
        ? new Verdict.Refused("no signature by a known key")
        : new Verdict.Verified(verified);
  }

  /** Returns the text with its last line feed, without the blank line. */
  public String text() {
    return text;
  }

  /** Returns the signature lines in their order, verified or not. */
  public List<NoteSignature> signatures() {
    return signatures;
  }

  /** Returns a copy of the whole note, byte for byte as it was parsed or signed. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SignedNote note && Arrays.equals(bytes, note.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
