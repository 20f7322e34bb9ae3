package dev.stele.envelope.event;

import dev.stele.core.log.SecretFile;
import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A named private key that signs envelopes. Immutable; {@link #toString} never shows the seed.
 *
 * <p>In a file it is one line, {@code stele-envelope-key KEY_ID BASE64} of the 32-byte seed, and a
 * line feed; {@link #write} makes such files readable by their owner alone.
 */
public final class EnvelopeKey {
  private static final String PREFIX = "stele-envelope-key ";

  private final String keyId;
  private final Ed25519Key key;

  private EnvelopeKey(String keyId, Ed25519Key key) {
    this.keyId = keyId;
    this.key = key;
  }

  /**
   * Names a private key.
   *
   * @throws IllegalArgumentException if {@code keyId} is none, see {@link EnvelopeRules#keyId}
   */
  public static EnvelopeKey of(String keyId, Ed25519Key key) {
    Optional<String> flaw = EnvelopeRules.keyId(keyId);
    if (flaw.isPresent()) {
      throw new IllegalArgumentException(flaw.get() + ": " + keyId);
    }
    return new EnvelopeKey(keyId, key);
  }

  /** The key of a 32-byte seed, which is copied. */
  public static EnvelopeKey fromSeed(String keyId, byte[] seed) {
    return of(keyId, Ed25519Key.fromSeed(seed));
  }

  /** A new key from {@code random}, which must be cryptographically strong outside tests. */
  public static EnvelopeKey generate(String keyId, RandomGenerator random) {
    return of(keyId, Ed25519Key.generate(random));
  }

  /** Reads the text of a key file. No reason it gives ever shows the text. */
  public static Parsed<EnvelopeKey> parse(String text) {
    String line = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    int space = line.lastIndexOf(' ');
    if (!line.startsWith(PREFIX) || space < PREFIX.length()) {
      return new Parsed.Malformed<>("a key file reads " + PREFIX + "KEY_ID BASE64");
    }
    String keyId = line.substring(PREFIX.length(), space);
    Optional<String> flaw = EnvelopeRules.keyId(keyId);
    if (flaw.isPresent()) {
      return new Parsed.Malformed<>(flaw.get());
    }
    try {
      byte[] seed = Base64.getDecoder().decode(line.substring(space + 1));
      return seed.length == Ed25519Key.SEED_BYTES
          ? new Parsed.Value<>(fromSeed(keyId, seed))
          : new Parsed.Malformed<>("a seed has 32 bytes, not " + seed.length);
    } catch (IllegalArgumentException e) {
      return new Parsed.Malformed<>("the seed is not base64");
    }
  }

  /** The text of a key file, which holds the secret seed. */
  public String secretText() {
    return PREFIX + keyId + " " + Base64.getEncoder().encodeToString(key.seed()) + "\n";
  }

  /**
   * Makes a key file with mode 0600.
   *
   * @throws java.nio.file.FileAlreadyExistsException when it is there: keys are never overwritten
   * @throws IOException when it cannot be written
   */
  public void write(Path file) throws IOException {
    SecretFile.create(file, secretText());
  }

  /** The key's name in headers. */
  public String keyId() {
    return keyId;
  }

  /** A copy of the 32-byte public key. */
  public byte[] publicKey() {
    return key.publicKey();
  }

  /** The private key without its name. */
  public Ed25519Key key() {
    return key;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EnvelopeKey that
        && keyId.equals(that.keyId)
        && Arrays.equals(key.publicKey(), that.key.publicKey());
  }

  @Override
  public int hashCode() {
    return 31 * keyId.hashCode() + Arrays.hashCode(key.publicKey());
  }

  @Override
  public String toString() {
    return "EnvelopeKey[keyId=" + keyId + ", " + key + "]";
  }
}
