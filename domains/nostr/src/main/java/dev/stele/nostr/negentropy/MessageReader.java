package dev.stele.nostr.negentropy;

import java.util.Arrays;

/** Reads a message from its start to its end. Confined to one message. */
final class MessageReader {
  private static final long TOP_DIGIT = 0xfe00_0000_0000_0000L;

  private final byte[] message;
  private int at;
  private long lastTime;

  MessageReader(byte[] message) {
    this.message = message;
  }

  boolean isAtEnd() {
    return at == message.length;
  }

  int readByte() throws BadMessage {
    if (isAtEnd()) {
      throw new BadMessage("the message ends too early");
    }
    return message[at++] & 0xff;
  }

  byte[] read(int count) throws BadMessage {
    if (count > message.length - at) {
      throw new BadMessage("the message ends too early");
    }
    at += count;
    return Arrays.copyOfRange(message, at - count, at);
  }

  long readVarint() throws BadMessage {
    long value = 0;
    while (true) {
      int digit = readByte();
      if ((value & TOP_DIGIT) != 0) {
        throw new BadMessage("a number has more than 64 bits");
      }
      value = (value << Varint.DIGIT_BITS) | (digit & Varint.DIGIT);
      if ((digit & Varint.MORE) == 0) {
        return value;
      }
    }
  }

  /** A count of things that take {@code sizeBytes} each and must still be there. */
  int readCount(int sizeBytes) throws BadMessage {
    long count = readVarint();
    if (Long.compareUnsigned(count, (message.length - at) / sizeBytes) > 0) {
      throw new BadMessage("the message ends before what it counts");
    }
    return (int) count;
  }

  Bound readBound() throws BadMessage {
    long said = readVarint();
    if (said == 0) {
      lastTime = Bound.INFINITY;
    } else {
      long time = lastTime + (said - 1);
      lastTime = Long.compareUnsigned(time, lastTime) < 0 ? Bound.INFINITY : time;
    }
    long length = readVarint();
    if (Long.compareUnsigned(length, ItemTree.ID_BYTES) > 0) {
      throw new BadMessage("a bound has more than 32 bytes of an id");
    }
    return Bound.of(lastTime, read((int) length));
  }
}
