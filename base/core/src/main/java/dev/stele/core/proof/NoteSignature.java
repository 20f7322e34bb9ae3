package dev.stele.core.proof;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * One signature line of a note: {@code — name base64(key id ‖ signature)}.
 *
 * <p>Immutable; the signature is copied in and out.
 *
 * @param name name of the key
 * @param keyId first four bytes of the key's hash, big-endian
 * @param signature 1 byte or more; 64 for Ed25519, 72 for a cosignature
 */
// The array is copied in and out, and equals compares its content.
@SuppressWarnings("ArrayRecordComponent")
public record NoteSignature(String name, int keyId, byte[] signature) {
  // U+2014 EM DASH and a space.
  private static final String PREFIX = "\u2014 ";

  /**
   * Copies the signature.
   *
   * @throws IllegalArgumentException if the name cannot name a key or the signature is empty
   */
  public NoteSignature {
    if (!StrictText.isKeyName(name)) {
      throw new IllegalArgumentException("not a key name: \"" + name + "\"");
    }
    if (signature.length == 0) {
      throw new IllegalArgumentException("a signature has at least one byte");
    }
    signature = signature.clone();
  }

  /** Reads a signature line without its line feed; empty if it is not well formed. */
  public static Optional<NoteSignature> parse(String line) {
    int space = line.indexOf(' ', PREFIX.length());
    if (!line.startsWith(PREFIX) || space < 0) {
      return Optional.empty();
    }
    String name = line.substring(PREFIX.length(), space);
    Optional<byte[]> bytes = StrictText.base64(line.substring(space + 1));
    if (!StrictText.isKeyName(name) || bytes.isEmpty() || bytes.get().length <= Integer.BYTES) {
      return Optional.empty();
    }
    return Optional.of(
        new NoteSignature(
            name,
            ByteBuffer.wrap(bytes.get()).getInt(),
            Arrays.copyOfRange(bytes.get(), Integer.BYTES, bytes.get().length)));
  }

  /** Returns the line with its line feed; {@link #parse} reads it back without. */
  public String line() {
    byte[] bytes =
        ByteBuffer.allocate(Integer.BYTES + signature.length).putInt(keyId).put(signature).array();
    return PREFIX + name + " " + StrictText.base64(bytes) + "\n";
  }

  boolean claimsToBeBy(VerifierKey key) {
    return keyId == key.keyId() && name.equals(key.name());
  }

  /** Returns a copy of what follows the key id. */
  @Override
  public byte[] signature() {
    return signature.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NoteSignature(String otherName, int otherId, byte[] otherSignature)
        && name.equals(otherName)
        && keyId == otherId
        && Arrays.equals(signature, otherSignature);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, keyId, Arrays.hashCode(signature));
  }
}
