package dev.stele.core.proof;

import dev.stele.crypto.Ed25519Key;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A named private key that signs notes with Ed25519, in the text form of Go's {@code sumdb/note}.
 *
 * <pre>
 *   "PRIVATE+KEY+" + name + "+" + key id, 8 hex digits + "+" + base64(0x01 ‖ 32-byte seed)
 * </pre>
 *
 * <p>Immutable. {@link #toString} never shows the seed.
 */
public final class SignerKey {
  private static final String PREFIX = "PRIVATE+KEY+";

  private final VerifierKey vkey;
  private final Ed25519Key key;

  private SignerKey(VerifierKey vkey, Ed25519Key key) {
    this.vkey = vkey;
    this.key = key;
  }

  /**
   * Names a private key.
   *
   * @throws IllegalArgumentException if the name is empty or holds a Unicode space, a control
   *     character or a plus sign
   */
  public static SignerKey of(String name, Ed25519Key key) {
    return new SignerKey(VerifierKey.of(name, VerifierKey.Algorithm.ED25519, key.publicKey()), key);
  }

  /** Reads the text form, without a line feed. No reason it gives ever shows the text. */
  public static Parsed<SignerKey> parse(String secretText) {
    if (!secretText.startsWith(PREFIX)) {
      return new Parsed.Malformed<>("a signer key begins with " + PREFIX);
    }
    String[] parts = secretText.substring(PREFIX.length()).split("\\+", 3);
    if (parts.length != 3 || !StrictText.isKeyName(parts[0])) {
      return new Parsed.Malformed<>("a signer key reads " + PREFIX + "name+keyid+base64");
    }
    Optional<byte[]> typed = StrictText.base64(parts[2]);
    if (typed.isEmpty()
        || typed.get().length != 1 + Ed25519Key.SEED_BYTES
        || typed.get()[0] != VerifierKey.Algorithm.ED25519.type()) {
      return new Parsed.Malformed<>("the key is not base64 of type 1 and a 32-byte seed");
    }
    byte[] seed = Arrays.copyOfRange(typed.get(), 1, typed.get().length);
    SignerKey signer = of(parts[0], Ed25519Key.fromSeed(seed));
    if (!parts[1].equals(VerifierKey.hex(signer.vkey.keyId()))) {
      return new Parsed.Malformed<>("the key id does not fit the name and the key");
    }
    return new Parsed.Value<>(signer);
  }

  /** Returns the name. */
  public String name() {
    return vkey.name();
  }

  /** Returns the public half. */
  public VerifierKey vkey() {
    return vkey;
  }

  /** Returns the text form, which holds the secret seed. */
  public String secretText() {
    byte[] typed = new byte[1 + Ed25519Key.SEED_BYTES];
    typed[0] = VerifierKey.Algorithm.ED25519.type();
    System.arraycopy(key.seed(), 0, typed, 1, Ed25519Key.SEED_BYTES);
    return PREFIX + name() + "+" + VerifierKey.hex(vkey.keyId()) + "+" + StrictText.base64(typed);
  }

  NoteSignature sign(String text) {
    return new NoteSignature(name(), vkey.keyId(), key.sign(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public String toString() {
    return "SignerKey[" + vkey.text() + "]";
  }
}
