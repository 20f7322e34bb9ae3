package dev.stele.postgres;

import dev.stele.core.event.Body;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A body in the three columns in which SQL can show its payload: salt, then subject and claims,
 * then payload. One after the other they are the body again, whatever it was.
 *
 * @param salt 16 bytes; none when the bytes are no body
 * @param claims the subject and the claims, as the body has them
 * @param payload the rest; all of it when the bytes are no body
 */
record SplitBody(byte[] salt, byte[] claims, byte[] payload) {
  /** Splits a body. */
  static SplitBody of(byte[] body) {
    int payloadAt = payloadAt(body);
    if (payloadAt < 0) {
      return new SplitBody(new byte[0], new byte[0], body);
    }
    return new SplitBody(
        Arrays.copyOf(body, Body.SALT_BYTES),
        Arrays.copyOfRange(body, Body.SALT_BYTES, payloadAt),
        Arrays.copyOfRange(body, payloadAt, body.length));
  }

  /** Where the payload begins, −1 in bytes that are no body; see {@link Body} for the layout. */
  private static int payloadAt(byte[] body) {
    ByteBuffer in = ByteBuffer.wrap(body);
    int at = Body.SALT_BYTES;
    if (at + 2 > body.length) {
      return -1;
    }
    at += 2 + (in.getShort(at) & 0xffff);
    if (at + 1 > body.length) {
      return -1;
    }
    int claims = in.get(at++) & 0xff;
    for (int i = 0; i < claims; i++) {
      at += 1 + 8;
      if (at + 1 > body.length) {
        return -1;
      }
      at += 1 + (in.get(at) & 0xff);
      if (at + 2 > body.length) {
        return -1;
      }
      at += 2 + (in.getShort(at) & 0xffff);
    }
    return at > body.length ? -1 : at;
  }

  /** Puts a body together again. */
  byte[] whole() {
    byte[] body = Arrays.copyOf(salt, salt.length + claims.length + payload.length);
    System.arraycopy(claims, 0, body, salt.length, claims.length);
    System.arraycopy(payload, 0, body, salt.length + claims.length, payload.length);
    return body;
  }
}
