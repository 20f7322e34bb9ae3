package dev.stele.nostr.event;

import dev.stele.crypto.SchnorrKey;
import dev.stele.crypto.Sha256;
import java.util.HexFormat;
import java.util.List;

/**
 * An author's key, which signs events. For tests and demonstrations: a store has no need of it.
 *
 * <p>Immutable.
 */
public final class NostrKey {
  // All zero, which BIP-340 allows: the nonce still depends on the secret and the event, and the
  // same
  // event gets the same signature each time.
  private static final byte[] AUXILIARY = new byte[SchnorrKey.AUXILIARY_BYTES];

  private static final HexFormat HEX = HexFormat.of();

  private final SchnorrKey key;
  private final String pubkey;

  private NostrKey(SchnorrKey key) {
    this.key = key;
    this.pubkey = HEX.formatHex(key.publicKey());
  }

  /**
   * Makes the key of a 32-byte {@code secret}, which is copied.
   *
   * @throws IllegalArgumentException if it is no BIP-340 secret
   */
  public static NostrKey fromSecret(byte[] secret) {
    return new NostrKey(SchnorrKey.fromSecret(secret));
  }

  /** Returns the public key, as 64 lower-case hex digits. */
  public String pubkey() {
    return pubkey;
  }

  /**
   * Returns a genuine event of this author; the same arguments give the same event.
   *
   * @throws IllegalArgumentException if an argument is out of the bounds of {@link NostrEvent}
   */
  public NostrEvent sign(long createdAt, int kind, List<List<String>> tags, String content) {
    byte[] id = Sha256.hash(EventJson.commitment(pubkey, createdAt, kind, tags, content));
    byte[] sig = key.sign(id, AUXILIARY);
    return new NostrEvent(
        HEX.formatHex(id), pubkey, createdAt, kind, tags, content, HEX.formatHex(sig));
  }

  @Override
  public String toString() {
    return "NostrKey[pubkey=" + pubkey + "]";
  }
}
