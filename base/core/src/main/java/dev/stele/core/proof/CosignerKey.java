package dev.stele.core.proof;

import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Ed25519Key;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A witness's named private key, which signs checkpoints together with a time (C2SP
 * tlog-cosignature, {@code cosignature/v1}).
 *
 * <p>What it signs says: at that time, this was the largest tree of that log which the witness had
 * seen, and all it had seen before grew into it. A key cosigns or signs for a log, never both: one
 * public key under both types would be two names for one secret.
 *
 * <pre>
 *   "PRIVATE+KEY+" + name + "+" + key id, 8 hex digits + "+" + base64(0x04 ‖ 32-byte seed)
 * </pre>
 *
 * <p>Immutable. {@link #toString} never shows the seed.
 */
public final class CosignerKey {
  private final NamedKey named;

  private CosignerKey(NamedKey named) {
    this.named = named;
  }

  /**
   * Names a private key.
   *
   * @throws IllegalArgumentException if the name is empty or holds a Unicode space, a control
   *     character or a plus sign
   */
  public static CosignerKey of(String name, Ed25519Key key) {
    return new CosignerKey(NamedKey.of(name, VerifierKey.Algorithm.COSIGNATURE, key));
  }

  /** Reads the text form, without a line feed. No reason it gives ever shows the text. */
  public static Parsed<CosignerKey> parse(String secretText) {
    return switch (NamedKey.parse(secretText, VerifierKey.Algorithm.COSIGNATURE)) {
      case Parsed.Malformed<NamedKey>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<NamedKey>(NamedKey named) -> new Parsed.Value<>(new CosignerKey(named));
    };
  }

  /** Returns the name. */
  public String name() {
    return vkey().name();
  }

  /** Returns the public half, of type {@link VerifierKey.Algorithm#COSIGNATURE}. */
  public VerifierKey vkey() {
    return named.vkey();
  }

  /** Returns the text form, which holds the secret seed. */
  public String secretText() {
    return named.secretText();
  }

  /**
   * Signs a checkpoint, extension lines included. Whether the checkpoint deserves it is the
   * caller's to know.
   *
   * @param timeSeconds POSIX time of the signature, not negative
   * @throws IllegalArgumentException if the time is negative
   */
  public NoteSignature cosign(Checkpoint checkpoint, long timeSeconds) {
    if (timeSeconds < 0) {
      throw new IllegalArgumentException("a cosignature before 1970: " + timeSeconds);
    }
    byte[] signed = named.key().sign(message(checkpoint.text(), timeSeconds));
    byte[] timed =
        ByteBuffer.allocate(Long.BYTES + Ed25519.SIGNATURE_BYTES)
            .putLong(timeSeconds)
            .put(signed)
            .array();
    return new NoteSignature(name(), vkey().keyId(), timed);
  }

  /** Returns what is signed: the time in front of the text, under a header of its own. */
  static byte[] message(String text, long timeSeconds) {
    return ("cosignature/v1\ntime " + timeSeconds + "\n" + text).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "CosignerKey[" + vkey().text() + "]";
  }
}
