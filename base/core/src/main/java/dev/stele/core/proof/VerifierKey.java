package dev.stele.core.proof;

import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A named public key that checks signatures on notes: the {@code vkey} of C2SP signed-note.
 *
 * <pre>
 *   name + "+" + key id, 8 hex digits + "+" + base64(type byte ‖ 32-byte public key)
 *   key id = first 4 bytes of SHA-256(name ‖ 0x0A ‖ type byte ‖ public key)
 * </pre>
 *
 * <p>Immutable.
 */
public final class VerifierKey {
  /** How a signature relates to the text of its note. */
  public enum Algorithm {
    /** Type 0x01: the 64 bytes of an Ed25519 signature over the text. */
    ED25519((byte) 1),
    /**
     * Type 0x04: 8 bytes of time and an Ed25519 signature over both, by a witness
     * (tlog-cosignature).
     */
    COSIGNATURE((byte) 4);

    private final byte type;

    Algorithm(byte type) {
      this.type = type;
    }

    /** Returns the type byte that stands before the key. */
    public byte type() {
      return type;
    }

    static Optional<Algorithm> of(byte type) {
      return Arrays.stream(values()).filter(algorithm -> algorithm.type == type).findFirst();
    }
  }

  private static final int KEY_ID_DIGITS = 8;
  private static final int TIME_BYTES = Long.BYTES;

  private final String name;
  private final Algorithm algorithm;
  private final byte[] publicKey;
  private final int keyId;

  private VerifierKey(String name, Algorithm algorithm, byte[] publicKey) {
    this.name = name;
    this.algorithm = algorithm;
    this.publicKey = publicKey;
    byte[] digest =
        Sha256.concat(
            name.getBytes(StandardCharsets.UTF_8), new byte[] {'\n', algorithm.type}, publicKey);
    this.keyId = ByteBuffer.wrap(digest).getInt();
  }

  /**
   * Makes the key of a name and a 32-byte public key, which is copied.
   *
   * @throws IllegalArgumentException if the name is empty or holds a Unicode space, a control
   *     character or a plus sign, or if the key has another length
   */
  public static VerifierKey of(String name, Algorithm algorithm, byte[] publicKey) {
    if (!StrictText.isKeyName(name)) {
      throw new IllegalArgumentException("not a key name: \"" + name + "\"");
    }
    if (publicKey.length != Ed25519.PUBLIC_KEY_BYTES) {
      throw new IllegalArgumentException("a public key has 32 bytes, not " + publicKey.length);
    }
    return new VerifierKey(name, algorithm, publicKey.clone());
  }

  /**
   * Reads a {@code vkey} line without its line feed; key ids that do not fit the key are malformed.
   */
  public static Parsed<VerifierKey> parse(String vkey) {
    // The base64 may hold plus signs of its own, so only the first two divide.
    String[] parts = vkey.split("\\+", 3);
    if (parts.length != 3 || !StrictText.isKeyName(parts[0])) {
      return new Parsed.Malformed<>("a verifier key reads name+keyid+base64");
    }
    Optional<byte[]> typed = StrictText.base64(parts[2]);
    if (typed.isEmpty() || typed.get().length == 0) {
      return new Parsed.Malformed<>("the key is not base64");
    }
    Optional<Algorithm> algorithm = Algorithm.of(typed.get()[0]);
    if (algorithm.isEmpty()) {
      return new Parsed.Malformed<>("unknown key type " + (typed.get()[0] & 0xff));
    }
    if (typed.get().length != 1 + Ed25519.PUBLIC_KEY_BYTES) {
      return new Parsed.Malformed<>("the key has not 32 bytes");
    }
    byte[] publicKey = Arrays.copyOfRange(typed.get(), 1, typed.get().length);
    VerifierKey key = new VerifierKey(parts[0], algorithm.get(), publicKey);
    if (!parts[1].equals(hex(key.keyId))) {
      return new Parsed.Malformed<>("the key id does not fit the name and the key");
    }
    return new Parsed.Value<>(key);
  }

  static String hex(int keyId) {
    return HexFormat.of().toHexDigits(keyId, KEY_ID_DIGITS);
  }

  /** Returns the name, which for the key of a log is the log's origin. */
  public String name() {
    return name;
  }

  /** Returns how this key signs. */
  public Algorithm algorithm() {
    return algorithm;
  }

  /**
   * Returns the first four bytes of the key's hash, big-endian; with the name it selects
   * signatures.
   */
  public int keyId() {
    return keyId;
  }

  /** Returns a copy of the 32-byte public key. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** Returns the {@code vkey} line without a line feed; {@link #parse} reads it back. */
  public String text() {
    byte[] typed = new byte[1 + publicKey.length];
    typed[0] = algorithm.type;
    System.arraycopy(publicKey, 0, typed, 1, publicKey.length);
    return name + "+" + hex(keyId) + "+" + StrictText.base64(typed);
  }

  /**
   * Tells whether {@code signature} is this key's over the text of a note. Malformed bytes of any
   * length are simply not valid.
   *
   * @param text the text with its last line feed
   * @param signature what follows the key id: 64 bytes, or 72 for a cosignature
   */
  public boolean verify(String text, byte[] signature) {
    return switch (algorithm) {
      case ED25519 -> Ed25519.verify(publicKey, text.getBytes(StandardCharsets.UTF_8), signature);
      case COSIGNATURE -> verifyCosignature(text, signature);
    };
  }

  private boolean verifyCosignature(String text, byte[] timed) {
    if (timed.length != TIME_BYTES + Ed25519.SIGNATURE_BYTES) {
      return false;
    }
    long seconds = ByteBuffer.wrap(timed).getLong();
    // A time of 2^63 or more reads as negative; tlog-cosignature forbids it.
    return seconds >= 0
        && Ed25519.verify(
            publicKey,
            CosignerKey.message(text, seconds),
            Arrays.copyOfRange(timed, TIME_BYTES, timed.length));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VerifierKey key && text().equals(key.text());
  }

  @Override
  public int hashCode() {
    return keyId;
  }

  @Override
  public String toString() {
    return text();
  }
}
