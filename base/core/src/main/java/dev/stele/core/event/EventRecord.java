package dev.stele.core.event;

import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;

/**
 * The bytes that the chain and the Merkle tree commit to.
 *
 * <pre>
 *    0  format            u8 = 1
 *    1  position          u64, counts from 1
 *    9  previous link     32 bytes
 *   41  body hash         32 bytes
 *   73  recorded at       i64, milliseconds since the epoch
 *   81  revision          u64, counts from 1 in its stream
 *   89  stream            u16 + UTF-8
 *       type              u16 + UTF-8
 *       id                u16 + UTF-8
 *       admitted by       u8  + UTF-8
 *       expiries          u8 count, then (claim number u8, expires at i64) for claims that expire
 *                         or can be released
 * </pre>
 *
 * <p>Numbers are big-endian. The largest possible record has 2,673 bytes, far below the 65,535 of a
 * transparency-log entry. {@code link(n) = SHA-256(0x00 ‖ record(n))}, which is the RFC 6962 leaf
 * hash, so that chain and tree are the same bytes.
 */
public final class EventRecord {
  /** Format number of this layout, the first byte of every record. */
  public static final byte FORMAT = 1;

  /** The most bytes of UTF-8 the name of a gate may have. */
  public static final int MAX_ADMITTED_BY_BYTES = 128;

  static final int POSITION_AT = 1;
  static final int PREVIOUS_LINK_AT = 9;
  static final int BODY_HASH_AT = 41;
  static final int RECORDED_AT_AT = 73;
  static final int REVISION_AT = 81;
  static final int STREAM_AT = 89;

  private static final byte LEAF_TAG = 0x00;
  private static final byte GENESIS_TAG = 0x02;

  private EventRecord() {}

  /**
   * The part of a record that is known before its place in the log is: made by the caller's thread,
   * so that the writer only fills in the fixed head.
   */
  public static byte[] encodeUnplaced(
      byte[] stream, byte[] type, byte[] id, byte[] admittedBy, byte[] bodyHash, EventDraft draft) {
    int expiring = 0;
    for (Claim claim : draft.claims()) {
      if (claim.expiresAtMillis() != Claim.NEVER) {
        expiring++;
      }
    }
    ByteBuffer out =
        ByteBuffer.allocate(
            STREAM_AT
                + 2
                + stream.length
                + 2
                + type.length
                + 2
                + id.length
                + 1
                + admittedBy.length
                + 1
                + 9 * expiring);
    out.put(0, FORMAT).put(BODY_HASH_AT, bodyHash).position(STREAM_AT);
    out.putShort((short) stream.length).put(stream);
    out.putShort((short) type.length).put(type);
    out.putShort((short) id.length).put(id);
    out.put((byte) admittedBy.length).put(admittedBy);
    out.put((byte) expiring);
    for (int i = 0; i < draft.claims().size(); i++) {
      long expiresAt = draft.claims().get(i).expiresAtMillis();
      if (expiresAt != Claim.NEVER) {
        out.put((byte) i).putLong(expiresAt);
      }
    }
    return out.array();
  }

  /** Fills the place into a record from {@link #encodeUnplaced}, in the array itself. */
  public static void place(
      byte[] record, long position, byte[] previousLink, long recordedAtMillis, long revision) {
    ByteBuffer.wrap(record)
        .putLong(POSITION_AT, position)
        .put(PREVIOUS_LINK_AT, previousLink)
        .putLong(RECORDED_AT_AT, recordedAtMillis)
        .putLong(REVISION_AT, revision);
  }

  /** {@code link(n)}: the RFC 6962 leaf hash of a record. */
  public static byte[] link(byte[] record) {
    return Sha256.tagged(LEAF_TAG, record);
  }

  /**
   * {@code link(0)}, which the first record names as its previous link: SHA-256(0x02 ‖
   * "stele/genesis/v1" ‖ 0x0A ‖ origin), so that no prefix of one log can begin another.
   */
  public static byte[] genesis(String origin) {
    return Sha256.tagged(GENESIS_TAG, EventDraft.utf8("stele/genesis/v1\n" + origin));
  }

  /** The revision in its stream that a record names. */
  public static long revision(byte[] record) {
    return ByteBuffer.wrap(record).getLong(REVISION_AT);
  }

  /** The time, in milliseconds since the epoch, at which a record was recorded. */
  public static long recordedAtMillis(byte[] record) {
    return ByteBuffer.wrap(record).getLong(RECORDED_AT_AT);
  }

  /** When the claim of that number expires by this record, or {@link Claim#NEVER}. */
  public static long claimExpiresAtMillis(byte[] record, int claimNumber) {
    ByteBuffer in = ByteBuffer.wrap(record);
    int at = STREAM_AT;
    for (int field = 0; field < 3; field++) {
      at += 2 + (in.getShort(at) & 0xffff);
    }
    at += 1 + (in.get(at) & 0xff);
    int count = in.get(at++) & 0xff;
    for (int i = 0; i < count; i++, at += 9) {
      if ((in.get(at) & 0xff) == claimNumber) {
        return in.getLong(at + 1);
      }
    }
    return Claim.NEVER;
  }

  /** The stream's name in a record, as its bytes of UTF-8. */
  public static byte[] streamBytes(byte[] record) {
    int length = ByteBuffer.wrap(record).getShort(STREAM_AT) & 0xffff;
    return java.util.Arrays.copyOfRange(record, STREAM_AT + 2, STREAM_AT + 2 + length);
  }
}
