package dev.stele.core.proof;

import dev.stele.crypto.Ed25519Key;
import java.nio.charset.StandardCharsets;

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
  private final NamedKey named;

  private SignerKey(NamedKey named) {
    this.named = named;
  }

  /**
   * Names a private key.
   *
   * @throws IllegalArgumentException if the name is empty or holds a Unicode space, a control
   *     character or a plus sign
   */
  public static SignerKey of(String name, Ed25519Key key) {
    return new SignerKey(NamedKey.of(name, VerifierKey.Algorithm.ED25519, key));
  }

  /** Reads the text form, without a line feed. No reason it gives ever shows the text. */
  public static Parsed<SignerKey> parse(String secretText) {
    return switch (NamedKey.parse(secretText, VerifierKey.Algorithm.ED25519)) {
      case Parsed.Malformed<NamedKey>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<NamedKey>(NamedKey named) -> new Parsed.Value<>(new SignerKey(named));
    };
  }

  /** Returns the name. */
  public String name() {
    return vkey().name();
  }

  /** Returns the public half. */
  public VerifierKey vkey() {
    return named.vkey();
  }

  /** Returns the text form, which holds the secret seed. */
  public String secretText() {
    return named.secretText();
  }

  NoteSignature sign(String text) {
    byte[] signature = named.key().sign(text.getBytes(StandardCharsets.UTF_8));
    return new NoteSignature(name(), vkey().keyId(), signature);
  }

  @Override
  public String toString() {
    return "SignerKey[" + vkey().text() + "]";
  }
}
