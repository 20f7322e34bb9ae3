package dev.stele.core.backup;

import dev.stele.core.engine.LogId;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * What a backup says of itself. Immutable; the arrays are shared and never written to.
 *
 * <p>That its rows are those of the log is proven by the checkpoint, which the log's key has
 * signed. When it was made, and what it was called, nobody has signed.
 *
 * @param id 16 random bytes as 32 hex digits: tells two backups of one moment apart
 * @param madeAt when it was begun; how old a backup is, is told by this and by nothing else
 * @param log which log of its engine was copied
 * @param key the log's public key
 * @param parent the backup that this one continues; empty for a full one
 * @param after the size of the parent's log, 0 for a full one: the rows begin behind it
 * @param trimmed how many of the log's first events were trimmed when it was made
 * @param rows how many rows are in it
 * @param erased how many of them have no body
 * @param held how many bodies are in it whose receipt is in it too: they were erased while it was
 *     made, and a restore leaves them out
 * @param keys whether the log's secrets are in it
 * @param pinned whether it is kept whatever its age
 * @param content what stands before the manifest
 * @param checkpoint signed over exactly the events up to which it goes
 */
public record BackupManifest(
    String id,
    Instant madeAt,
    LogId log,
    VerifierKey key,
    Optional<Link> parent,
    long after,
    long trimmed,
    long rows,
    long erased,
    long held,
    boolean keys,
    boolean pinned,
    Content content,
    SignedCheckpoint checkpoint) {
  /** The first line. */
  static final String FORMAT = "stele/backup/v1";

  /** A signed note has at most 1 MB, and the lines before it some hundred bytes. */
  static final int MAX_BYTES = 1_100_000;

  /**
   * Names the backup that another one continues, by what it says of itself.
   *
   * @param id of the manifest
   * @param hash SHA-256 of the manifest's text
   */
  public record Link(String id, byte[] hash) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Link that && id.equals(that.id) && Arrays.equals(hash, that.hash);
    }

    @Override
    public int hashCode() {
      return id.hashCode();
    }
  }

  /**
   * The bytes before the manifest.
   *
   * @param length how many
   * @param hash their SHA-256
   */
  public record Content(long length, byte[] hash) {}

  /** The name of the log in every checkpoint. */
  public String origin() {
    return key.name();
  }

  /** Up to which event the log is in it and in those it continues. */
  public long size() {
    return checkpoint.checkpoint().size();
  }

  /** Whether it continues no other. */
  public boolean isFull() {
    return parent.isEmpty();
  }

  /** What a backup that continues this one names. */
  Link link() {
    return new Link(id, Sha256.hash(text().getBytes(StandardCharsets.UTF_8)));
  }

  /** The text, line by line, and then the checkpoint's note as it is. */
  String text() {
    return String.join(
            "\n",
            FORMAT,
            "id " + id,
            "made " + madeAt,
            "log " + log,
            "vkey " + key.text(),
            "parent "
                + parent.map(link -> link.id + " " + StrictText.base64(link.hash)).orElse("none"),
            "after " + after,
            "trimmed " + trimmed,
            "rows " + rows,
            "erased " + erased,
            "held " + held,
            "keys " + yes(keys),
            "pinned " + yes(pinned),
            "content " + content.length + " " + StrictText.base64(content.hash),
            "checkpoint")
        + "\n"
        + new String(checkpoint.bytes(), StandardCharsets.UTF_8);
  }

  private static String yes(boolean truth) {
    return truth ? "yes" : "no";
  }

  /** Reads a manifest, and checks that the key it names has signed its checkpoint. */
  static Parsed<BackupManifest> parse(byte[] bytes) {
    Optional<String> text = StrictText.utf8(bytes);
    if (text.isEmpty()) {
      return new Parsed.Malformed<>("the manifest is not UTF-8");
    }
    try {
      BackupManifest manifest = parse(text.get());
      return manifest.text().equals(text.get())
          ? new Parsed.Value<>(manifest)
          : new Parsed.Malformed<>("the manifest is not written as manifests are");
    } catch (NoSuchElementException | IllegalArgumentException | DateTimeException e) {
      return new Parsed.Malformed<>("the manifest cannot be read: " + e.getMessage());
    }
  }

  private static BackupManifest parse(String text) {
    int note = text.indexOf("\ncheckpoint\n");
    if (note < 0) {
      throw new IllegalArgumentException("it has no checkpoint");
    }
    Iterator<String> lines = List.of(text.substring(0, note).split("\n", -1)).iterator();
    if (!lines.next().equals(FORMAT)) {
      throw new IllegalArgumentException("it is of another format");
    }
    String id = value(lines, "id");
    if (!id.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException("an id is 32 hex digits");
    }
    Instant madeAt = Instant.parse(value(lines, "made"));
    LogId log = new LogId(value(lines, "log"));
    VerifierKey key = key(value(lines, "vkey"));
    Optional<Link> parent = parent(value(lines, "parent"));
    long after = number(lines, "after");
    long trimmed = number(lines, "trimmed");
    long rows = number(lines, "rows");
    long erased = number(lines, "erased");
    long held = number(lines, "held");
    boolean keys = truth(lines, "keys");
    boolean pinned = truth(lines, "pinned");
    String[] content = value(lines, "content").split(" ", -1);
    if (content.length != 2) {
      throw new IllegalArgumentException("its content has a length and a hash");
    }
    byte[] bytes =
        text.substring(note + "\ncheckpoint\n".length()).getBytes(StandardCharsets.UTF_8);
    return new BackupManifest(
        id,
        madeAt,
        log,
        key,
        parent,
        after,
        trimmed,
        rows,
        erased,
        held,
        keys,
        pinned,
        new Content(
            StrictText.decimal(content[0]).orElseThrow(),
            StrictText.hash(content[1]).orElseThrow()),
        checkpoint(bytes, key));
  }

  private static VerifierKey key(String text) {
    return switch (VerifierKey.parse(text)) {
      case Parsed.Value<VerifierKey>(VerifierKey key) -> key;
      case Parsed.Malformed<VerifierKey>(String reason) ->
          throw new IllegalArgumentException(reason);
    };
  }

  private static SignedCheckpoint checkpoint(byte[] note, VerifierKey key) {
    return switch (SignedCheckpoint.open(note, key)) {
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) -> checkpoint;
      case SignedCheckpoint.Opening.Refused(String reason) ->
          throw new IllegalArgumentException(reason);
    };
  }

  private static Optional<Link> parent(String text) {
    if (text.equals("none")) {
      return Optional.empty();
    }
    int space = text.indexOf(' ');
    return Optional.of(
        new Link(
            text.substring(0, Math.max(0, space)),
            StrictText.hash(text.substring(space + 1)).orElseThrow()));
  }

  private static String value(Iterator<String> lines, String name) {
    String line = lines.next();
    if (!line.startsWith(name + " ")) {
      throw new IllegalArgumentException("'%s' stands where %s should".formatted(line, name));
    }
    return line.substring(name.length() + 1);
  }

  private static long number(Iterator<String> lines, String name) {
    return StrictText.decimal(value(lines, name)).orElseThrow();
  }

  private static boolean truth(Iterator<String> lines, String name) {
    return switch (value(lines, name)) {
      case "yes" -> true;
      case "no" -> false;
      default -> throw new IllegalArgumentException(name + " is yes or no");
    };
  }
}
