package dev.stele.core.proof;

import dev.stele.crypto.Ed25519Key;
import java.util.Arrays;
import java.util.Optional;

/**
 * A private key with the name and the type under which it signs, as its owner writes it down.
 *
 * <pre>
 *   "PRIVATE+KEY+" + name + "+" + key id, 8 hex digits + "+" + base64(type ‖ 32-byte seed)
 * </pre>
 *
 * @param vkey the public half
 * @param key the private half
 */
record NamedKey(VerifierKey vkey, Ed25519Key key) {
  private static final String PREFIX = "PRIVATE+KEY+";

  static NamedKey of(String name, VerifierKey.Algorithm algorithm, Ed25519Key key) {
    return new NamedKey(VerifierKey.of(name, algorithm, key.publicKey()), key);
  }

  /** Reads the text form of a key of the given type. No reason it gives ever shows the text. */
  static Parsed<NamedKey> parse(String secretText, VerifierKey.Algorithm algorithm) {
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
        || typed.get()[0] != algorithm.type()) {
      return new Parsed.Malformed<>(
          "the key is not base64 of type " + algorithm.type() + " and a 32-byte seed");
    }
    byte[] seed = Arrays.copyOfRange(typed.get(), 1, typed.get().length);
    NamedKey named = of(parts[0], algorithm, Ed25519Key.fromSeed(seed));
    if (!parts[1].equals(VerifierKey.hex(named.vkey.keyId()))) {
      return new Parsed.Malformed<>("the key id does not fit the name and the key");
    }
    return new Parsed.Value<>(named);
  }

  String secretText() {
    byte[] typed = new byte[1 + Ed25519Key.SEED_BYTES];
    typed[0] = vkey.algorithm().type();
    System.arraycopy(key.seed(), 0, typed, 1, Ed25519Key.SEED_BYTES);
    String id = VerifierKey.hex(vkey.keyId());
    return PREFIX + vkey.name() + "+" + id + "+" + StrictText.base64(typed);
  }
}
