package dev.stele.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Cuts the bytes of {@code text/event-stream} into frames, however they arrive (WHATWG HTML,
 * server- sent events). Comments, {@code retry} and unknown fields are passed over. One thread at a
 * time.
 */
final class SseFrames {
  /**
   * One frame.
   *
   * @param event what kind; {@code message} where it is not said
   * @param data its lines, with a line feed between two
   */
  record Frame(String event, byte[] data) {}

  /** A line or a frame is longer than anything that a server has to send. */
  static final class TooLong extends Exception {}

  private final Deque<Frame> frames = new ArrayDeque<>();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private String event = "message";
  private boolean hasData;
  private boolean afterReturn;

  /** Takes in bytes; whole frames are then given by {@link #next}. */
  void add(ByteBuffer bytes) throws TooLong {
    byte[] chunk = new byte[bytes.remaining()];
    bytes.get(chunk);
    int from = afterReturn && chunk.length > 0 && chunk[0] == '\n' ? 1 : 0;
    for (int at = from; at < chunk.length; at++) {
      if (chunk[at] == '\n' || chunk[at] == '\r') {
        append(chunk, from, at);
        endLine();
        boolean both = chunk[at] == '\r' && at + 1 < chunk.length && chunk[at + 1] == '\n';
        at += both ? 1 : 0;
        from = at + 1;
      }
    }
    append(chunk, from, chunk.length);
    // A line feed that comes in the next chunk belongs to this return.
    afterReturn = chunk.length > 0 ? chunk[chunk.length - 1] == '\r' : afterReturn;
  }

  private void append(byte[] chunk, int from, int to) throws TooLong {
    if ((long) line.size() + data.size() + (to - from) > Requests.MAX_ANSWER_BYTES) {
      throw new TooLong();
    }
    line.write(chunk, from, to - from);
  }

  Optional<Frame> next() {
    return Optional.ofNullable(frames.poll());
  }

  private void endLine() {
    byte[] bytes = line.toByteArray();
    line.reset();
    if (bytes.length == 0) {
      endFrame();
      return;
    }
    int colon = 0;
    while (colon < bytes.length && bytes[colon] != ':') {
      colon++;
    }
    int value = colon + 1 < bytes.length && bytes[colon + 1] == ' ' ? colon + 2 : colon + 1;
    int length = Math.max(0, bytes.length - value);
    String field = new String(bytes, 0, colon, StandardCharsets.UTF_8);
    if (field.equals("event")) {
      event = new String(bytes, Math.min(value, bytes.length), length, StandardCharsets.UTF_8);
    } else if (field.equals("data")) {
      if (hasData) {
        data.write('\n');
      }
      hasData = true;
      data.write(bytes, Math.min(value, bytes.length), length);
    }
  }

  private void endFrame() {
    if (hasData) {
      frames.add(new Frame(event, data.toByteArray()));
    }
    data.reset();
    hasData = false;
    event = "message";
  }
}
