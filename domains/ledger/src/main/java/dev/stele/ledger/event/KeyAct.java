package dev.stele.ledger.event;

import dev.stele.core.event.EventDraft;
import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Ed25519;
import java.util.HexFormat;
import java.util.List;

/**
 * What is done to a key of a ledger, as the text that is signed for it.
 *
 * <pre>
 *   stele/ledger-key/v1
 *   act register | rotate | revoke
 *   origin ORIGIN          the ledger it is for, so that no act can be carried to another
 *   key HEX                the 32-byte public key that is registered, rotated in, or revoked
 *   id HEX                 its id
 *   old HEX | -            the id of the key it replaces, when rotated
 *   time MILLIS
 *   label TEXT             for people
 *   reason TEXT
 * </pre>
 *
 * <p>Immutable.
 *
 * @param act what is done
 * @param origin the ledger's name in its checkpoints
 * @param publicKey 32 bytes; copied
 * @param oldKeyId the id of the key that is replaced, empty unless rotated
 * @param timestamp when it was said, in milliseconds since the epoch
 * @param label a line for people, at most {@value #MAX_LINE_BYTES} bytes
 * @param reason a line for people, at most {@value #MAX_LINE_BYTES} bytes
 */
public record KeyAct(
    Act act,
    String origin,
    byte[] publicKey,
    String oldKeyId,
    long timestamp,
    String label,
    String reason) {
  /** The most bytes of a label or a reason: a line that people read. */
  public static final int MAX_LINE_BYTES = 256;

  private static final String VERSION = "stele/ledger-key/v1";
  private static final List<String> NAMES =
      List.of("act ", "origin ", "key ", "id ", "old ", "time ", "label ", "reason ");

  /** What can be done to a key. */
  public enum Act {
    /** The key may sign from here on. */
    REGISTER("register", "stele.key.registered"),
    /** The key may sign from here on, and another no more. */
    ROTATE("rotate", "stele.key.rotated"),
    /** The key may sign no more. */
    REVOKE("revoke", "stele.key.revoked");

    private final String word;
    private final String eventType;

    Act(String word, String eventType) {
      this.word = word;
      this.eventType = eventType;
    }

    /** The type of the log event that records it. */
    public String eventType() {
      return eventType;
    }
  }

  /** Checks the bounds and copies the key. */
  public KeyAct {
    if (publicKey.length != Ed25519.PUBLIC_KEY_BYTES) {
      throw new IllegalArgumentException("a public key has 32 bytes, not " + publicKey.length);
    }
    if (act == Act.ROTATE == oldKeyId.isEmpty() || !isLine(oldKeyId)) {
      throw new IllegalArgumentException("a rotation, and nothing else, names the old key's id");
    }
    if (!isLine(label) || !isLine(reason) || !isLine(origin)) {
      throw new IllegalArgumentException(
          "an origin, a label and a reason are one line of at most 256 bytes each");
    }
    publicKey = publicKey.clone();
  }

  private static boolean isLine(String text) {
    return EventDraft.fits(text, 0, MAX_LINE_BYTES)
        && text.chars().allMatch(c -> c >= ' ' && c != 0x7f);
  }

  /** The id of the key that is acted on. */
  public String keyId() {
    return SignedEvent.keyId(publicKey);
  }

  /** The text to sign. */
  public String text() {
    return VERSION
        + "\nact "
        + act.word
        + "\norigin "
        + origin
        + "\nkey "
        + HexFormat.of().formatHex(publicKey)
        + "\nid "
        + keyId()
        + "\nold "
        + (oldKeyId.isEmpty() ? "-" : oldKeyId)
        + "\ntime "
        + timestamp
        + "\nlabel "
        + label
        + "\nreason "
        + reason
        + "\n";
  }

  /** Reads the text; only what {@link #text} would write is one. */
  public static Parsed<KeyAct> parse(String text) {
    String[] lines = text.split("\n", -1);
    if (lines.length != NAMES.size() + 2 || !lines[0].equals(VERSION)) {
      return new Parsed.Malformed<>("a key act has nine lines and begins with " + VERSION);
    }
    String[] values = new String[NAMES.size()];
    for (int i = 0; i < values.length; i++) {
      if (!lines[i + 1].startsWith(NAMES.get(i))) {
        return new Parsed.Malformed<>(
            "line %d of a key act is its %s".formatted(i + 2, NAMES.get(i).strip()));
      }
      values[i] = lines[i + 1].substring(NAMES.get(i).length());
    }
    for (Act act : Act.values()) {
      if (act.word.equals(values[0])) {
        return parse(act, values, text);
      }
    }
    return new Parsed.Malformed<>("nobody knows the act '%s'".formatted(values[0]));
  }

  private static Parsed<KeyAct> parse(Act act, String[] values, String text) {
    try {
      KeyAct parsed =
          new KeyAct(
              act,
              values[1],
              HexFormat.of().parseHex(values[2]),
              values[4].equals("-") ? "" : values[4],
              Long.parseLong(values[5]),
              values[6],
              values[7]);
      return parsed.text().equals(text)
          ? new Parsed.Value<>(parsed)
          : new Parsed.Malformed<>("a key act has one spelling, and an id that is its key's");
    } catch (IllegalArgumentException e) {
      return new Parsed.Malformed<>("a key act has a value that cannot be: " + e.getMessage());
    }
  }

  /** Returns a copy of the public key. */
  @Override
  public byte[] publicKey() {
    return publicKey.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyAct that && text().equals(that.text());
  }

  @Override
  public int hashCode() {
    return text().hashCode();
  }
}
