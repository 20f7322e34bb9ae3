package dev.stele.nostr.negentropy;

import dev.stele.nostr.event.NostrId;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What both sides do with a message: walk through its ranges beside the own set, and write what is
 * to be said of each. Immutable.
 */
final class Reconciliation {
  /** Version 1. */
  static final int VERSION = 0x61;

  /** The version bytes that the protocol keeps for itself. */
  private static final int FIRST_VERSION = 0x60;

  private static final int LAST_VERSION = 0x6f;

  static final int SKIP = 0;
  static final int FINGERPRINT = 1;
  static final int IDS = 2;

  /** Into how many a range is split; one of fewer than twice as many items is listed instead. */
  private static final int BUCKETS = 16;

  /**
   * In bytes: what is kept free at a message's end. A skip takes 44, the longest split of a range
   * 1,038 (31 ids listed), the fingerprint of all that did not fit 19.
   */
  private static final int RESERVE_BYTES = 1_200;

  /** In bytes: the split of one range always fits, so that each message is a step forward. */
  static final int MIN_MESSAGE_BYTES = 4096;

  /** In bytes: 120,000 digits in a frame, below the 128 KiB that common relays take. */
  static final int DEFAULT_MESSAGE_BYTES = 60_000;

  private final ItemTree items;
  private final int fullAtBytes;

  Reconciliation(ItemTree items, int maxMessageBytes) {
    if (maxMessageBytes < MIN_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "a message needs " + MIN_MESSAGE_BYTES + " bytes, not " + maxMessageBytes);
    }
    this.items = items;
    this.fullAtBytes = maxMessageBytes - RESERVE_BYTES;
  }

  byte[] opening() {
    MessageWriter out = new MessageWriter();
    split(0, items.size(), Bound.infinity(), out);
    return out.bytes();
  }

  /** What the initiator does with the ids that only one side has. */
  interface Difference {
    void onlyOurs(NostrId id);

    void onlyTheirs(NostrId id);
  }

  /** Answers as the responder does: a list of ids is answered with our own. */
  byte[] answer(byte[] message) throws BadMessage {
    MessageReader in = new MessageReader(message);
    if (!speaksOurVersion(in)) {
      return new byte[] {VERSION};
    }
    return walk(in, new Listing());
  }

  /** Answers as the initiator does: a list of ids tells the difference and needs no answer. */
  byte[] answer(byte[] message, Difference difference) throws BadMessage {
    MessageReader in = new MessageReader(message);
    if (!speaksOurVersion(in)) {
      throw new BadMessage("the other side speaks another version");
    }
    return walk(in, new Comparing(difference));
  }

  private static boolean speaksOurVersion(MessageReader in) throws BadMessage {
    int version = in.readByte();
    if (version < FIRST_VERSION || version > LAST_VERSION) {
      throw new BadMessage("the first byte is no version of the protocol");
    }
    return version == VERSION;
  }

  /** What a list of ids of one range leads to. */
  private interface OnIds {
    /** Tells whether the message had room for all of the range, from item to item. */
    boolean take(Set<NostrId> theirs, int from, int to, Bound end, Range range);
  }

  /** The range after the last that was written, which is skipped unless something is written. */
  private static final class Range {
    private final MessageWriter out;
    private Bound start = Bound.of(0, new byte[0]);
    private boolean skips;

    /** The first item of which the message has not spoken yet. */
    private int unsaid;

    Range(MessageWriter out) {
      this.out = out;
    }

    void flushSkip() {
      if (skips) {
        skips = false;
        out.skip(start);
      }
    }
  }

  private byte[] walk(MessageReader in, OnIds onIds) throws BadMessage {
    MessageWriter out = new MessageWriter();
    Range range = new Range(out);
    int from = 0;
    while (!in.isAtEnd()) {
      Bound end = in.readBound();
      if (Arrays.compareUnsigned(end.key, range.start.key) < 0) {
        throw new BadMessage("the ranges are not in order");
      }
      int to = items.rank(end.key);
      long mode = in.readVarint();
      if (mode == SKIP) {
        range.skips = true;
      } else if (mode == FINGERPRINT) {
        byte[] theirs = in.read(ItemTree.FINGERPRINT_BYTES);
        if (out.size() > fullAtBytes) {
          return withRest(range);
        }
        if (Arrays.equals(theirs, items.fingerprint(from, to))) {
          range.skips = true;
        } else {
          range.flushSkip();
          split(from, to, end, out);
          range.unsaid = to;
        }
      } else if (mode == IDS) {
        Set<NostrId> theirs = new LinkedHashSet<>();
        for (int left = in.readCount(ItemTree.ID_BYTES); left > 0; left--) {
          theirs.add(new NostrId(in.read(ItemTree.ID_BYTES)));
        }
        if (!onIds.take(theirs, from, to, end, range)) {
          return withRest(range);
        }
      } else {
        throw new BadMessage("a range is neither skipped, fingerprinted nor listed");
      }
      range.start = end;
      from = to;
    }
    return out.bytes();
  }

  /** Ends a full message: one fingerprint for everything it has not spoken of. */
  private byte[] withRest(Range range) {
    range.out.fingerprint(Bound.infinity(), items.fingerprint(range.unsaid, items.size()));
    return range.out.bytes();
  }

  private void split(int from, int to, Bound end, MessageWriter out) {
    int count = to - from;
    if (count < BUCKETS * 2) {
      out.ids(end, items, from, to);
      return;
    }
    int start = from;
    for (int i = 0; i < BUCKETS; i++) {
      int next = start + count / BUCKETS + (i < count % BUCKETS ? 1 : 0);
      Bound bound = next == to ? end : Bound.between(items.keyAt(next - 1), items.keyAt(next));
      out.fingerprint(bound, items.fingerprint(start, next));
      start = next;
    }
  }

  private final class Listing implements OnIds {
    @Override
    public boolean take(Set<NostrId> theirs, int from, int to, Bound end, Range range) {
      if (range.out.size() > fullAtBytes) {
        return false;
      }
      range.flushSkip();
      int room = Math.max(0, fullAtBytes - range.out.size()) / ItemTree.ID_BYTES;
      int last = Math.min(to, from + room);
      range.out.ids(last == to ? end : Bound.before(items.keyAt(last)), items, from, last);
      range.unsaid = last;
      return last == to;
    }
  }

  private final class Comparing implements OnIds {
    private final Difference difference;

    Comparing(Difference difference) {
      this.difference = difference;
    }

    @Override
    public boolean take(Set<NostrId> theirs, int from, int to, Bound end, Range range) {
      range.skips = true;
      for (int i = from; i < to; i++) {
        NostrId id = items.get(i).id();
        if (!theirs.remove(id)) {
          difference.onlyOurs(id);
        }
      }
      theirs.forEach(difference::onlyTheirs);
      return true;
    }
  }
}
