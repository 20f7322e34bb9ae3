package dev.stele.core.proof;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.Row;
import dev.stele.crypto.HmacSha256;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
 * wrong here in the same way. It is a view over a run of bytes that may hold many events; nothing
 * is copied before it is asked for. Immutable and thread-safe.
 */
public final class CheckedEvent {
  static final int FIXED_BYTES = 89;
  static final long NEVER = Long.MAX_VALUE;
  static final long UNTIL_RELEASED = Long.MAX_VALUE - 1;

  private static final int SALT_BYTES = 16;
  private static final int EXPIRY_BYTES = 9;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes;
  private final int recordAt;
  private final int recordEnd;

  /** Where the body begins, −1 where there is none. */
  private final int bodyAt;

  private final int bodyEnd;
  private int streamAt;
  private int streamLength;
  private int typeAt;
  private int typeLength;
  private int idAt;
  private int idLength;
  private int gateAt;
  private int gateLength;
  private int expiriesAt;
  private int expiring;
  private int claimsAt;
  private int claimCount;
  private int payloadAt;

  private CheckedEvent(byte[] bytes, int recordAt, int recordLength, int bodyAt, int bodyLength) {
    this.bytes = bytes;
    this.recordAt = recordAt;
    this.recordEnd = recordAt + recordLength;
    this.bodyAt = bodyAt;
    this.bodyEnd = bodyAt + bodyLength;
  }

  /** What came of reading a record and its body. */
  sealed interface Read {
    record Ok(CheckedEvent event) implements Read {}

    record Unreadable(Fault fault) implements Read {}
  }

  /** As {@link #read(byte[], int, int, int, int)}, from two arrays. */
  static Read read(byte[] record, byte @Nullable [] body) {
    if (body == null) {
      return read(record, 0, record.length, -1, 0);
    }
    byte[] both = Arrays.copyOf(record, record.length + body.length);
    System.arraycopy(body, 0, both, record.length, body.length);
    return read(both, 0, record.length, record.length, body.length);
  }

  /**
   * Reads a record and, where it is there, its body; every length is checked before it is used.
   * Whether the body is the record's is not checked here.
   *
   * @param bodyAt where the body begins, −1 when there is none
   */
  static Read read(byte[] bytes, int recordAt, int recordLength, int bodyAt, int bodyLength) {
    if (recordLength < FIXED_BYTES || bytes[recordAt] != 1) {
      return unreadable("a record of format 1 has 89 bytes or more, this one %d", recordLength);
    }
    CheckedEvent event = new CheckedEvent(bytes, recordAt, recordLength, bodyAt, bodyLength);
    @Nullable Fault fault = event.readRecord();
    if (fault == null && bodyAt >= 0) {
      fault = event.readBody();
    }
    return fault == null ? new Read.Ok(event) : new Read.Unreadable(fault);
  }

  private @Nullable Fault readRecord() {
    int at = recordAt + FIXED_BYTES;
    for (int field = 0; field < 4; field++) {
      int lengthBytes = field < 3 ? 2 : 1;
      if (at + lengthBytes > recordEnd) {
        return link("a record ends inside its names, at byte %d", at - recordAt);
      }
      int length = lengthBytes == 2 ? unsignedShort(at) : bytes[at] & 0xff;
      at += lengthBytes;
      if (at + length > recordEnd || !isUtf8(bytes, at, length)) {
        return link("a record has a name that is cut or not UTF-8, at byte %d", at - recordAt);
      }
      switch (field) {
        case 0 -> {
          streamAt = at;
          streamLength = length;
        }
        case 1 -> {
          typeAt = at;
          typeLength = length;
        }
        case 2 -> {
          idAt = at;
          idLength = length;
        }
        default -> {
          gateAt = at;
          gateLength = length;
        }
      }
      at += length;
    }
    if (at >= recordEnd) {
      return link("a record ends before its expiries, at byte %d", at - recordAt);
    }
    expiring = bytes[at++] & 0xff;
    expiriesAt = at;
    if (at + EXPIRY_BYTES * expiring != recordEnd) {
      return link("a record does not end after its expiries, at byte %d", at - recordAt);
    }
    return null;
  }

  private @Nullable Fault readBody() {
    if (bodyEnd - bodyAt < SALT_BYTES + 3) {
      return new Fault.Payload("a body of %d bytes".formatted(bodyEnd - bodyAt));
    }
    int at = bodyAt + SALT_BYTES;
    at += 2 + unsignedShort(at);
    if (at >= bodyEnd) {
      return new Fault.Payload("a body ends inside its subject");
    }
    claimCount = bytes[at++] & 0xff;
    claimsAt = at;
    int expiringHere = 0;
    for (int number = 0; number < claimCount; number++) {
      int scopeAt = at + 10;
      if (scopeAt > bodyEnd) {
        return new Fault.Payload("a body ends inside its claims");
      }
      int keyAt = scopeAt + (bytes[at + 9] & 0xff) + 2;
      if (keyAt > bodyEnd) {
        return new Fault.Payload("a body ends inside its claims");
      }
      int keyEnd = keyAt + unsignedShort(keyAt - 2);
      if (keyEnd > bodyEnd || (bytes[at] & 0xfe) != 0) {
        return new Fault.Payload("a body has a claim that cannot be read");
      }
      long expiresAt = (long) LONG.get(bytes, at + 1);
      if (expiresAt != claimExpiresAtMillis(number)) {
        return new Fault.Claim(
            "claim %d expires at another time by record and body".formatted(number));
      }
      expiringHere += expiresAt == NEVER ? 0 : 1;
      at = keyEnd;
    }
    payloadAt = at;
    return expiringHere == expiring
        ? null
        : new Fault.Claim("the record has an expiry without a claim");
  }

  /** When the claim of that number expires by the record. */
  long claimExpiresAtMillis(int number) {
    long expiresAt = NEVER;
    for (int i = 0, at = expiriesAt; i < expiring; i++, at += EXPIRY_BYTES) {
      if ((bytes[at] & 0xff) == number) {
        expiresAt = (long) LONG.get(bytes, at + 1);
      }
    }
    return expiresAt;
  }

  private static Read unreadable(String format, int number) {
    return new Read.Unreadable(link(format, number));
  }

  private static Fault link(String format, int number) {
    return new Fault.Link(format.formatted(number));
  }

  private int unsignedShort(int at) {
    return (short) SHORT.get(bytes, at) & 0xffff;
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
    return (long) LONG.get(bytes, recordAt + 1);
  }

  /** The place in its stream. */
  public long revision() {
    return (long) LONG.get(bytes, recordAt + 81);
  }

  /** When the log recorded it. */
  public Instant recordedAt() {
    return Instant.ofEpochMilli(recordedAtMillis());
  }

  long recordedAtMillis() {
    return (long) LONG.get(bytes, recordAt + 73);
  }

  /** The stream it belongs to. */
  public String stream() {
    return text(streamAt, streamLength);
  }

  byte[] streamBytes() {
    return Arrays.copyOfRange(bytes, streamAt, streamAt + streamLength);
  }

  boolean isOfStream(byte[] name) {
    return Arrays.equals(bytes, streamAt, streamAt + streamLength, name, 0, name.length);
  }

  /** What kind of event it is. */
  public String type() {
    return text(typeAt, typeLength);
  }

  /** Its id; empty when it has none. */
  public String id() {
    return text(idAt, idLength);
  }

  /** The gate that admitted it, such as {@code nostr/1}. */
  public String admittedBy() {
    return text(gateAt, gateLength);
  }

  boolean isAdmittedBy(byte[] gate) {
    return Arrays.equals(bytes, gateAt, gateAt + gateLength, gate, 0, gate.length);
  }

  /** A copy of the payload, or empty when it was erased. */
  public Optional<byte[]> payload() {
    return bodyAt < 0
        ? Optional.empty()
        : Optional.of(Arrays.copyOfRange(bytes, payloadAt, bodyEnd));
  }

  /** Whom the event is about; empty when nobody was named or the event was erased. */
  public String subject() {
    return bodyAt < 0 ? "" : text(bodyAt + SALT_BYTES + 2, unsignedShort(bodyAt + SALT_BYTES));
  }

  /** The claims the event made, in its order; empty when it was erased. */
  public List<CheckedClaim> claims() {
    List<CheckedClaim> claims = new ArrayList<>();
    int at = claimsAt;
    for (int number = 0; number < claimCount; number++) {
      int scopeAt = at + 10;
      int keyAt = scopeAt + (bytes[at + 9] & 0xff) + 2;
      int keyEnd = keyAt + unsignedShort(keyAt - 2);
      claims.add(
          new CheckedClaim(
              text(scopeAt, keyAt - 2 - scopeAt),
              Arrays.copyOfRange(bytes, keyAt, keyEnd),
              bytes[at] == 1,
              (long) LONG.get(bytes, at + 1)));
      at = keyEnd;
    }
    return claims;
  }

  int claimCount() {
    return claimCount;
  }

  /**
   * Compares index keys with those of the claims in the body.
   *
   * @param hmac keyed with the log's index key
   * @param stored where the keys are: as many as there are claims, 16 bytes each
   * @return the number of the first that is not its claim's, −1 when all are
   */
  int firstWrongKey(HmacSha256 hmac, byte[] stored, int storedAt, byte[] scratch) {
    int at = claimsAt;
    for (int number = 0; number < claimCount; number++) {
      int scopeAt = at + 10;
      int scopeLength = bytes[at + 9] & 0xff;
      int keyAt = scopeAt + scopeLength + 2;
      int keyLength = unsignedShort(keyAt - 2);
      hmac.update(bytes, scopeAt, scopeLength);
      hmac.update((byte) 0);
      hmac.update(bytes, keyAt, keyLength);
      hmac.finishInto(scratch, 0);
      int from = storedAt + number * Row.KEY_BYTES;
      if (!Arrays.equals(scratch, 0, Row.KEY_BYTES, stored, from, from + Row.KEY_BYTES)) {
        return number;
      }
      at = keyAt + keyLength;
    }
    return -1;
  }

  IndexKey streamKey() {
    return IndexKey.ofStream(streamBytes());
  }

  boolean namesPrevious(byte[] links, int linkAt) {
    return Arrays.equals(bytes, recordAt + 9, recordAt + 41, links, linkAt, linkAt + 32);
  }

  boolean commitsTo(byte[] bodyHash) {
    return Arrays.equals(bytes, recordAt + 41, recordAt + 73, bodyHash, 0, 32);
  }

  private String text(int at, int length) {
    return new String(bytes, at, length, StandardCharsets.UTF_8);
  }
}
