package dev.stele.envelope.gate;

import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.crypto.Ed25519;
import dev.stele.envelope.event.EnvelopeRules;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is done to a key that signs envelopes, as the text that the log's own key signs.
 *
 * <pre>
 *   stele/envelope-key/v1                stele/envelope-key/v1
 *   act register                         act revoke
 *   origin ORIGIN                        origin ORIGIN        the log it is for
 *   id KEY_ID                            id KEY_ID
 *   key HEX                              key HEX              the 32-byte public key
 *   from TIME | -                        at TIME              from when on it admits nothing
 *   until TIME | -                       reason TEXT
 * </pre>
 *
 * <p>Times are ISO 8601 in UTC as {@link Instant} writes them. A register of a key that is there
 * gives it another time, unless it was revoked: a revoked key never comes back. A key may be
 * revoked that was never registered; it never can be then. Immutable.
 */
public sealed interface KeyAct {
  /** The most characters of an origin or a reason: a line that people read. */
  int MAX_LINE_LENGTH = 256;

  /** The first line. */
  String FORMAT = "stele/envelope-key/v1";

  /** The name of the log that it is for, in its checkpoints. */
  String origin();

  /** The id in headers. */
  String keyId();

  /** A copy of the 32-byte public key. */
  byte[] publicKey();

  /** The type of the log event that records it. */
  default String eventType() {
    return switch (this) {
      case Register _ -> "envelope.key.registered";
      case Revoke _ -> "envelope.key.revoked";
    };
  }

  /**
   * The key may sign.
   *
   * @param origin the log
   * @param keyId the id
   * @param publicKey 32 bytes; copied
   * @param validFrom from when on, or null for always
   * @param validUntil until when, or null for ever
   */
  record Register(
      String origin,
      String keyId,
      byte[] publicKey,
      @Nullable Instant validFrom,
      @Nullable Instant validUntil)
      implements KeyAct {
    /** Checks the bounds and copies the key. */
    public Register {
      require(origin, keyId, publicKey);
      publicKey = publicKey.clone();
    }

    @Override
    public byte[] publicKey() {
      return publicKey.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Register that && text().equals(that.text());
    }

    @Override
    public int hashCode() {
      return text().hashCode();
    }
  }

  /**
   * The key may sign no more.
   *
   * @param origin the log
   * @param keyId the id
   * @param publicKey 32 bytes; copied
   * @param at from when on nothing is admitted by it, whatever an envelope claims
   * @param reason a line for people
   */
  record Revoke(String origin, String keyId, byte[] publicKey, Instant at, String reason)
      implements KeyAct {
    /** Checks the bounds and copies the key. */
    public Revoke {
      require(origin, keyId, publicKey);
      requireLine("reason", reason);
      publicKey = publicKey.clone();
    }

    @Override
    public byte[] publicKey() {
      return publicKey.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Revoke that && text().equals(that.text());
    }

    @Override
    public int hashCode() {
      return text().hashCode();
    }
  }

  private static void require(String origin, String keyId, byte[] publicKey) {
    requireLine("origin", origin);
    Optional<String> flaw = EnvelopeRules.keyId(keyId);
    if (flaw.isPresent()) {
      throw new IllegalArgumentException(flaw.get());
    }
    if (publicKey.length != Ed25519.PUBLIC_KEY_BYTES) {
      throw new IllegalArgumentException("a public key has 32 bytes, not " + publicKey.length);
    }
  }

  private static void requireLine(String what, String line) {
    if (line.length() > MAX_LINE_LENGTH
        || !line.codePoints().allMatch(c -> c >= ' ' && !Character.isISOControl(c) && notLone(c))) {
      throw new IllegalArgumentException(
          "%s is a line of at most %d characters".formatted(what, MAX_LINE_LENGTH));
    }
  }

  private static boolean notLone(int codePoint) {
    return codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE;
  }

  /** The text to sign. */
  default String text() {
    String head =
        "%s\nact %s\norigin %s\nid %s\nkey %s\n"
            .formatted(
                FORMAT,
                this instanceof Register ? "register" : "revoke",
                origin(),
                keyId(),
                HexFormat.of().formatHex(publicKey()));
    return switch (this) {
      case Register register ->
          head
              + "from %s\nuntil %s\n"
                  .formatted(time(register.validFrom()), time(register.validUntil()));
      case Revoke revoke -> head + "at %s\nreason %s\n".formatted(revoke.at(), revoke.reason());
    };
  }

  private static String time(@Nullable Instant time) {
    return time == null ? "-" : time.toString();
  }

  /**
   * Signs the act.
   *
   * @throws IllegalArgumentException if the key's name is not the act's origin
   */
  default byte[] sign(SignerKey log) {
    if (!log.name().equals(origin())) {
      throw new IllegalArgumentException(
          "the key %s cannot sign for the log %s".formatted(log.name(), origin()));
    }
    return SignedNote.sign(text(), log).bytes();
  }

  /** Reads the text; only what {@link #text} would write is one. */
  static Parsed<KeyAct> parse(String text) {
    List<String> lines = Arrays.asList(text.split("\n", -1));
    if (lines.size() != 8 || !lines.getFirst().equals(FORMAT)) {
      return new Parsed.Malformed<>("a key act has seven lines and begins with " + FORMAT);
    }
    boolean register = lines.get(1).equals("act register");
    try {
      String origin = after("origin ", lines.get(2));
      String keyId = after("id ", lines.get(3));
      byte[] key = HexFormat.of().parseHex(after("key ", lines.get(4)));
      KeyAct act =
          register
              ? new Register(
                  origin,
                  keyId,
                  key,
                  timeOrNull(after("from ", lines.get(5))),
                  timeOrNull(after("until ", lines.get(6))))
              : new Revoke(
                  origin,
                  keyId,
                  key,
                  Instant.parse(after("at ", lines.get(5))),
                  after("reason ", lines.get(6)));
      return act.text().equals(text)
          ? new Parsed.Value<>(act)
          : new Parsed.Malformed<>("a key act has one spelling");
    } catch (IllegalArgumentException | DateTimeException e) {
      return new Parsed.Malformed<>("a key act has a value that cannot be: " + e.getMessage());
    }
  }

  private static String after(String name, String line) {
    if (!line.startsWith(name)) {
      throw new IllegalArgumentException("a line should begin with '" + name.strip() + "'");
    }
    return line.substring(name.length());
  }

  private static @Nullable Instant timeOrNull(String text) {
    return text.equals("-") ? null : Instant.parse(text);
  }
}
