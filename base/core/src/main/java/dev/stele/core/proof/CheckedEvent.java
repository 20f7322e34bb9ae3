package dev.stele.core.proof;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event as the verifier reads it, from bytes it does not trust.
 *
 * <p>A decoder of its own, shared with no writer: whatever the writer does wrong, it does not do
 * wrong here in the same way. Immutable and thread-safe.
 */
public final class CheckedEvent {
  static final int FIXED_BYTES = 89;
  private static final int SALT_BYTES = 16;
  private static final long NEVER = Long.MAX_VALUE;

  final byte[] record;
  final byte @Nullable [] body;
  private final int[] fields;
  private final List<ClaimAt> claims;
  private final int payloadAt;

  /** A claim inside a body: where its scope and key are, and when it expires by body and record. */
  record ClaimAt(int scopeAt, int scopeLength, int keyAt, int keyLength, long expiresAtMillis) {}

  private CheckedEvent(
      byte[] record, byte @Nullable [] body, int[] fields, List<ClaimAt> claims, int payloadAt) {
    this.record = record;
    this.body = body;
    this.fields = fields;
    this.claims = claims;
    this.payloadAt = payloadAt;
  }

  /** What came of reading a record and its body. */
  sealed interface Read {
    record Ok(CheckedEvent event) implements Read {}

    record Unreadable(Fault fault) implements Read {}
  }

  /**
   * Reads a record and, where it is there, its body; every length is checked before it is used.
   * Whether the body is the record's is not checked here.
   */
  static Read read(byte[] record, byte @Nullable [] body) {
    if (record.length < FIXED_BYTES || record[0] != 1) {
      return unreadable("a record of format 1 has 89 bytes or more, this one %d", record.length);
    }
    ByteBuffer in = ByteBuffer.wrap(record);
    int at = FIXED_BYTES;
    int[] fields = new int[8];
    for (int field = 0; field < 4; field++) {
      int lengthBytes = field < 3 ? 2 : 1;
      if (at + lengthBytes > record.length) {
        return unreadable("a record ends inside its names, at byte %d", at);
      }
      int length = lengthBytes == 2 ? in.getShort(at) & 0xffff : in.get(at) & 0xff;
      at += lengthBytes;
      if (at + length > record.length || !isUtf8(record, at, length)) {
        return unreadable("a record has a name that is cut or not UTF-8, at byte %d", at);
      }
      fields[2 * field] = at;
      fields[2 * field + 1] = length;
      at += length;
    }
    if (at >= record.length) {
      return unreadable("a record ends before its expiries, at byte %d", at);
    }
    int expiring = in.get(at++) & 0xff;
    if (at + 9 * expiring != record.length) {
      return unreadable("a record does not end after its expiries, at byte %d", at);
    }
    long[] expiries = new long[256];
    Arrays.fill(expiries, NEVER);
    for (int i = 0; i < expiring; i++, at += 9) {
      expiries[in.get(at) & 0xff] = in.getLong(at + 1);
    }
    if (body == null) {
      return new Read.Ok(new CheckedEvent(record, null, fields, List.of(), 0));
    }
    return readBody(record, body, fields, expiries, expiring);
  }

  private static Read readBody(
      byte[] record, byte[] body, int[] fields, long[] expiries, int expiring) {
    ByteBuffer in = ByteBuffer.wrap(body);
    int at = SALT_BYTES;
    if (body.length < at + 3) {
      return new Read.Unreadable(new Fault.Payload("a body of %d bytes".formatted(body.length)));
    }
    int subjectLength = in.getShort(at) & 0xffff;
    at += 2 + subjectLength;
    if (at >= body.length) {
      return new Read.Unreadable(new Fault.Payload("a body ends inside its subject"));
    }
    int count = in.get(at++) & 0xff;
    List<ClaimAt> claims = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int scopeAt = at + 10;
      int scopeLength = scopeAt <= body.length ? in.get(at + 9) & 0xff : 0;
      int keyAt = scopeAt + scopeLength + 2;
      if (scopeAt > body.length || keyAt > body.length) {
        return new Read.Unreadable(new Fault.Payload("a body ends inside its claims"));
      }
      int keyLength = in.getShort(keyAt - 2) & 0xffff;
      if (keyAt + keyLength > body.length || (in.get(at) & 0xfe) != 0) {
        return new Read.Unreadable(new Fault.Payload("a body has a claim that cannot be read"));
      }
      long expiresAt = in.getLong(at + 1);
      if (expiresAt != expiries[i]) {
        return new Read.Unreadable(
            new Fault.Claim("claim %d expires at another time by record and body".formatted(i)));
      }
      expiring -= expiresAt == NEVER ? 0 : 1;
      claims.add(new ClaimAt(scopeAt, scopeLength, keyAt, keyLength, expiresAt));
      at = keyAt + keyLength;
    }
    if (expiring != 0) {
      return new Read.Unreadable(new Fault.Claim("the record has an expiry without a claim"));
    }
    return new Read.Ok(new CheckedEvent(record, body, fields, claims, at));
  }

  private static Read unreadable(String format, int number) {
    return new Read.Unreadable(new Fault.Link(format.formatted(number)));
  }

  private static boolean isUtf8(byte[] bytes, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (bytes[i] < 0) {
        try {
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
          return true;
        } catch (CharacterCodingException e) {
          return false;
        }
      }
    }
    return true;
  }

  /** The position the record names. */
  public long position() {
    return ByteBuffer.wrap(record).getLong(1);
  }

  /** The place in its stream. */
  public long revision() {
    return ByteBuffer.wrap(record).getLong(81);
  }

  /** When the log recorded it. */
  public Instant recordedAt() {
    return Instant.ofEpochMilli(recordedAtMillis());
  }

  long recordedAtMillis() {
    return ByteBuffer.wrap(record).getLong(73);
  }

  /** The stream it belongs to. */
  public String stream() {
    return name(0);
  }

  byte[] streamBytes() {
    return Arrays.copyOfRange(record, fields[0], fields[0] + fields[1]);
  }

  /** What kind of event it is. */
  public String type() {
    return name(1);
  }

  /** Its id; empty when it has none. */
  public String id() {
    return name(2);
  }

  /** The gate that admitted it, such as {@code nostr/1}. */
  public String admittedBy() {
    return name(3);
  }

  /** A copy of the payload, or empty when it was erased. */
  public Optional<byte[]> payload() {
    return body == null
        ? Optional.empty()
        : Optional.of(Arrays.copyOfRange(body, payloadAt, body.length));
  }

  List<ClaimAt> claims() {
    return claims;
  }

  boolean namesPrevious(byte[] link) {
    return Arrays.equals(record, 9, 41, link, 0, 32);
  }

  boolean commitsTo(byte[] bodyHash) {
    return Arrays.equals(record, 41, 73, bodyHash, 0, 32);
  }

  private String name(int field) {
    return new String(record, fields[2 * field], fields[2 * field + 1], StandardCharsets.UTF_8);
  }
}
