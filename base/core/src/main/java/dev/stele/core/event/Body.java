package dev.stele.core.event;

import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The erasable part of an event, and its hash.
 *
 * <pre>
 *   salt 16 │ subject u16+n │ claim count u8 │ claims │ payload (the rest)
 *   claim:  on-duplicate u8 │ expires at i64 │ scope u8+n │ key u16+n
 * </pre>
 *
 * <p>The salt comes first and is random, so that the hash of a guessable payload cannot be found by
 * guessing: who has only the hash has to guess 128 bits of salt as well. Everything else is
 * self-delimiting, so no two bodies have the same bytes.
 */
public final class Body {
  /** Length of the salt: 128 random bits hide the payload as long as SHA-256 hides anything. */
  public static final int SALT_BYTES = 16;

  private Body() {}

  /** Encodes the body of {@code draft} under {@code salt}. */
  public static byte[] encode(EventDraft draft, byte[] salt) {
    if (salt.length != SALT_BYTES) {
      throw new IllegalArgumentException("a salt has 16 bytes, not " + salt.length);
    }
    byte[] subject = EventDraft.utf8(draft.subject());
    List<Claim> claims = draft.claims();
    byte[] payload = draft.payloadUnshared();
    int size = SALT_BYTES + 2 + subject.length + 1 + payload.length;
    for (Claim claim : claims) {
      size += 1 + 8 + 1 + claim.scope().length() + 2 + claim.keyUnshared().length;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.put(salt).putShort((short) subject.length).put(subject).put((byte) claims.size());
    for (Claim claim : claims) {
      out.put(onDuplicateByte(claim.onDuplicate())).putLong(claim.expiresAtMillis());
      out.put((byte) claim.scope().length());
      out.put(claim.scope().getBytes(StandardCharsets.US_ASCII));
      out.putShort((short) claim.keyUnshared().length).put(claim.keyUnshared());
    }
    return out.put(payload).array();
  }

  /** The hash a record commits to: SHA-256 of the whole body. */
  public static byte[] hash(byte[] body) {
    return Sha256.hash(body);
  }

  private static byte onDuplicateByte(OnDuplicate onDuplicate) {
    return switch (onDuplicate) {
      case REFUSE -> 0;
      case RETURN_EXISTING -> 1;
    };
  }

  static String subject(byte[] body) {
    int length = ByteBuffer.wrap(body).getShort(SALT_BYTES) & 0xffff;
    return new String(body, SALT_BYTES + 2, length, StandardCharsets.UTF_8);
  }

  /**
   * Tells whether a body names a subject.
   *
   * @param bytes what holds the body
   * @param at where it begins
   * @param length its length
   * @param subjectUtf8 the subject in UTF-8
   */
  public static boolean isAbout(byte[] bytes, int at, int length, byte[] subjectUtf8) {
    int from = at + SALT_BYTES + 2;
    return length >= SALT_BYTES + 2 + subjectUtf8.length
        && (ByteBuffer.wrap(bytes).getShort(at + SALT_BYTES) & 0xffff) == subjectUtf8.length
        && Arrays.equals(
            bytes, from, from + subjectUtf8.length, subjectUtf8, 0, subjectUtf8.length);
  }

  static List<Claim> claims(byte[] body) {
    ByteBuffer in = ByteBuffer.wrap(body);
    in.position(SALT_BYTES);
    in.position(in.position() + 2 + (in.getShort(SALT_BYTES) & 0xffff));
    int count = in.get() & 0xff;
    Claim[] claims = new Claim[count];
    for (int i = 0; i < count; i++) {
      OnDuplicate onDuplicate = in.get() == 0 ? OnDuplicate.REFUSE : OnDuplicate.RETURN_EXISTING;
      long expiresAt = in.getLong();
      byte[] scope = new byte[in.get() & 0xff];
      in.get(scope);
      byte[] key = new byte[in.getShort() & 0xffff];
      in.get(key);
      claims[i] =
          new Claim(new String(scope, StandardCharsets.US_ASCII), key, onDuplicate, expiresAt);
    }
    return List.of(claims);
  }

  static int payloadOffset(byte[] body) {
    ByteBuffer in = ByteBuffer.wrap(body);
    int at = SALT_BYTES + 2 + (in.getShort(SALT_BYTES) & 0xffff);
    int count = in.get(at++) & 0xff;
    for (int i = 0; i < count; i++) {
      at += 1 + 8;
      at += 1 + (in.get(at) & 0xff);
      at += 2 + (in.getShort(at) & 0xffff);
    }
    return at;
  }
}
