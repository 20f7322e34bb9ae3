package dev.stele.crypto;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * SHA-256 (FIPS 180-4) over byte arrays and their concatenations.
 *
 * <p>The JDK's implementation is used on purpose: its intrinsic is the fastest one measured on the
 * JVM. One digest per thread is kept, so a call allocates only its 32-byte result.
 *
 * <p>Thread-safe.
 */
public final class Sha256 {
  /** Length of every digest, in bytes. */
  public static final int SIZE_BYTES = 32;

  private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Sha256::create);

  private Sha256() {}

  /** Returns SHA-256 of {@code data}. */
  public static byte[] hash(byte[] data) {
    return DIGEST.get().digest(data);
  }

  /** Returns SHA-256 of {@code length} bytes of {@code data} from {@code offset}. */
  public static byte[] hash(byte[] data, int offset, int length) {
    MessageDigest digest = DIGEST.get();
    digest.update(data, offset, length);
    return digest.digest();
  }

  /** Returns SHA-256 of one tag byte followed by {@code data}: the leaf form of RFC 6962. */
  public static byte[] tagged(byte tag, byte[] data) {
    MessageDigest digest = DIGEST.get();
    digest.update(tag);
    return digest.digest(data);
  }

  /**
   * Writes SHA-256 of {@code length} bytes of {@code data} into {@code out}: for whoever hashes
   * millions of pieces and keeps their hashes side by side.
   *
   * @param at where in {@code out} the 32 bytes go
   */
  public static void hashInto(byte[] data, int offset, int length, byte[] out, int at) {
    MessageDigest digest = DIGEST.get();
    digest.update(data, offset, length);
    finish(digest, out, at);
  }

  /** As {@link #hashInto}, with one tag byte before the data. */
  public static void taggedInto(byte tag, byte[] data, int offset, int length, byte[] out, int at) {
    MessageDigest digest = DIGEST.get();
    digest.update(tag);
    digest.update(data, offset, length);
    finish(digest, out, at);
  }

  private static void finish(MessageDigest digest, byte[] out, int at) {
    try {
      digest.digest(out, at, SIZE_BYTES);
    } catch (DigestException e) {
      throw new IllegalArgumentException("there is no room for a hash at " + at, e);
    }
  }

  /** Returns SHA-256 of one tag byte, {@code left} and {@code right}: the node form of RFC 6962. */
  public static byte[] tagged(byte tag, byte[] left, byte[] right) {
    MessageDigest digest = DIGEST.get();
    digest.update(tag);
    digest.update(left);
    return digest.digest(right);
  }

  /** Returns SHA-256 of the concatenation of {@code parts}. */
  public static byte[] concat(byte[]... parts) {
    MessageDigest digest = DIGEST.get();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  private static MessageDigest create() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }
}
