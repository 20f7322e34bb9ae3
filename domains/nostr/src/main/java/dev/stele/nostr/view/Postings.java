package dev.stele.nostr.view;

import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The events of one block of the log that have one word, as the bytes of one row.
 *
 * <pre>
 *   block 0 is of the positions 1 to 4,096, block 1 of 4,097 to 8,192, ...
 *
 *   for each event, by position:
 *     position    less the one before, the first less that before the block     1 or more
 *     frequency   how often the event has the word                              1 or more
 *     length      how many words it has, less the frequency                     0 or more
 *     created_at  less the one before, the first as it is                       zigzag
 * </pre>
 *
 * <p>Each number is in groups of seven bits, the lowest first, all but the last with the eighth bit
 * set, and in as few as it takes: one list has one form, so that tables that are alike have the
 * same bytes. Gathers one list, in one thread.
 */
final class Postings {
  /**
   * 4,096 positions are a block: a word that every event has takes some 30 kB there, and what is
   * not yet in one is looked through in a few milliseconds.
   */
  static final int BLOCK = 4_096;

  private static final int GROUP_BITS = 7;
  private static final int GROUP = (1 << GROUP_BITS) - 1;
  private static final int MORE = 1 << GROUP_BITS;

  /** Nine groups hold 63 bits: no number here is longer. */
  private static final int MAX_SHIFT = 8 * GROUP_BITS;

  /**
   * An event that has the word.
   *
   * @param position in the log
   * @param frequency how often it has the word
   * @param length how many words it has
   * @param createdAt in seconds
   */
  record Posting(long position, int frequency, int length, long createdAt) {}

  private byte[] bytes = new byte[16];
  private int size;
  private long position;
  private long createdAt;

  /** An empty list of a block. */
  Postings(long block) {
    this.position = before(block);
  }

  /** The block of a position. */
  static long blockOf(long position) {
    return (position - 1) / BLOCK;
  }

  /** How many blocks are whole when the log was read up to a position. */
  static long wholeAt(long last) {
    return last / BLOCK;
  }

  /** The position before the first of a block. */
  static long before(long block) {
    return block * BLOCK;
  }

  /** Adds an event that stands behind all there are. */
  void add(long at, int frequency, int length, long time) {
    write(at - position);
    write(frequency);
    write(length - frequency);
    long change = time - createdAt;
    write((change << 1) ^ (change >> (Long.SIZE - 1)));
    position = at;
    createdAt = time;
  }

  private void write(long number) {
    if (size + MAX_SHIFT / GROUP_BITS + 1 > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    long left = number;
    while (left > GROUP) {
      bytes[size++] = (byte) ((left & GROUP) | MORE);
      left >>>= GROUP_BITS;
    }
    bytes[size++] = (byte) left;
  }

  /** The list as it stands. */
  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /**
   * Reads a list.
   *
   * @throws IllegalStateException when it is not what is written for any events of the block
   */
  static List<Posting> read(long block, byte[] bytes) {
    return new Reader(block, bytes).all();
  }

  private static final class Reader {
    private final long block;
    private final byte[] bytes;
    private int at;

    Reader(long block, byte[] bytes) {
      this.block = block;
      this.bytes = bytes;
    }

    List<Posting> all() {
      List<Posting> all = new ArrayList<>(bytes.length / 6 + 1);
      long position = before(block);
      long createdAt = 0;
      do {
        position += number(1, before(block + 1) - position);
        long frequency = number(1, Search.MAX_WORDS);
        long others = number(0, Search.MAX_WORDS - frequency);
        long zigzag = number(0, 2 * NostrEvent.MAX_CREATED_AT);
        createdAt += (zigzag >>> 1) ^ -(zigzag & 1);
        if (createdAt < 0 || createdAt > NostrEvent.MAX_CREATED_AT) {
          throw unread("a time is " + createdAt);
        }
        all.add(new Posting(position, (int) frequency, (int) (frequency + others), createdAt));
      } while (at < bytes.length);
      return all;
    }

    private long number(long least, long most) {
      long number = 0;
      int shift = 0;
      byte next;
      do {
        if (at == bytes.length || shift > MAX_SHIFT) {
          throw unread("a number has no end");
        }
        next = bytes[at++];
        number |= (long) (next & GROUP) << shift;
        shift += GROUP_BITS;
      } while (next < 0);
      if (next == 0 && shift > GROUP_BITS) {
        throw unread("a number is longer than it must be");
      }
      if (number < least || number > most) {
        throw unread("%d is not from %d to %d".formatted(number, least, most));
      }
      return number;
    }

    private IllegalStateException unread(String why) {
      return new IllegalStateException(
          "a row of search_words of block %d cannot be read: %s, at byte %d; build the view again"
              .formatted(block, why, at));
    }
  }
}
