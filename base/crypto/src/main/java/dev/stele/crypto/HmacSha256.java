package dev.stele.crypto;

import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.SecretKeySpec;

/**
 * HMAC-SHA-256 (RFC 2104) under one key.
 *
 * <p>Confined to one thread at a time: an instance keeps the running state of one computation.
 */
public final class HmacSha256 {
  private final Mac mac;

  /**
   * Prepares the key schedule once, so that each {@link #hash} pays only for its own message.
   *
   * @param key the secret, 1 byte or more; 32 bytes are customary
   */
  public HmacSha256(byte[] key) {
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java platform must provide HmacSHA256", e);
    }
  }

  /** Returns the 32-byte HMAC of the concatenation of {@code parts}. */
  public byte[] hash(byte[]... parts) {
    for (byte[] part : parts) {
      mac.update(part);
    }
    return mac.doFinal();
  }

  /** Adds {@code length} bytes of {@code data} to the message. */
  public void update(byte[] data, int offset, int length) {
    mac.update(data, offset, length);
  }

  /** Adds one byte to the message. */
  public void update(byte value) {
    mac.update(value);
  }

  /** Writes the 32-byte HMAC of what was added into {@code out}, and begins a new message. */
  public void finishInto(byte[] out, int at) {
    try {
      mac.doFinal(out, at);
    } catch (ShortBufferException e) {
      throw new IllegalArgumentException("there is no room for an HMAC at " + at, e);
    }
  }
}
