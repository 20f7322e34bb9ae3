package dev.stele.server.relay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;

/**
 * A WebSocket (RFC 6455) of which each byte is the test's own: frames as no client that means well
 * would send them, and silence where it would answer.
 */
final class RawSocket implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  /** In the first byte: the last frame of a message. */
  static final int FIN = 0x80;

  /** In the first byte: compressed, where that was agreed. */
  static final int COMPRESSED = 0x40;

  private static final int MASKED = 0x80;
  private static final int LENGTH_IN_SHORT = 126;
  private static final int LENGTH_IN_LONG = 127;
  private static final byte[] MASK = {1, 2, 3, 4};

  /** A frame of the other side. */
  record Frame(int opcode, byte[] payload) {
    String text() {
      return new String(payload, UTF_8);
    }

    /** Of a frame that closes. */
    int status() {
      return ByteBuffer.wrap(payload).getShort() & 0xffff;
    }

    String reason() {
      return new String(payload, 2, payload.length - 2, UTF_8);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final String handshake;

  RawSocket(int port, String... headers) throws IOException {
    this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) SocketClient.PATIENCE.toMillis());
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    StringBuilder request =
        new StringBuilder(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n".formatted(port)
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    write(request.append("\r\n").toString().getBytes(ISO_8859_1));
    this.handshake = head();
  }

  private String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  /** The answer to the handshake. */
  String handshake() {
    return handshake;
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** A frame with a mask, as clients have to send it. */
  static byte[] frame(int first, byte[] payload) {
    byte[] masked = payload.clone();
    for (int i = 0; i < masked.length; i++) {
      masked[i] ^= MASK[i % MASK.length];
    }
    return concat(header(first, payload.length), MASK, masked);
  }

  /** The beginning of a frame that says it is so long, without its mask. */
  static byte[] header(int first, long length) {
    if (length < LENGTH_IN_SHORT) {
      return new byte[] {(byte) first, (byte) (MASKED | length)};
    }
    return length <= 0xffff
        ? ByteBuffer.allocate(4)
            .put((byte) first)
            .put((byte) (MASKED | LENGTH_IN_SHORT))
            .putShort((short) length)
            .array()
        : ByteBuffer.allocate(10)
            .put((byte) first)
            .put((byte) (MASKED | LENGTH_IN_LONG))
            .putLong(length)
            .array();
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  void send(String text) throws IOException {
    write(frame(FIN | TEXT, text.getBytes(UTF_8)));
  }

  /** The next frame of the other side. */
  Frame next() throws IOException {
    int opcode = in.readUnsignedByte() & 0xf;
    long length = in.readUnsignedByte();
    if (length == LENGTH_IN_SHORT) {
      length = in.readUnsignedShort();
    } else if (length == LENGTH_IN_LONG) {
      length = in.readLong();
    }
    byte[] payload = new byte[Math.toIntExact(length)];
    in.readFully(payload);
    return new Frame(opcode, payload);
  }

  /** The next frame of this kind; others are passed over. */
  Frame next(int opcode) throws IOException {
    Frame frame = next();
    while (frame.opcode() != opcode) {
      frame = next();
    }
    return frame;
  }

  /** The next text that begins like this. */
  String next(String begins) throws IOException {
    String text = next(TEXT).text();
    while (!text.startsWith(begins)) {
      text = next(TEXT).text();
    }
    return text;
  }

  /** Whether the other side has hung up; waits for it. */
  boolean isHungUp() throws IOException {
    try {
      return in.read() < 0;
    } catch (EOFException | SocketException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
