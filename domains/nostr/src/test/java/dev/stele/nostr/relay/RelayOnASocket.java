package dev.stele.nostr.relay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;

/**
 * A relay behind a socket of this machine, as far as clients in tests need it: WebSockets (RFC
 * 6455) with text, pings and the end, and nothing that guards against anybody.
 */
final class RelayOnASocket implements AutoCloseable {
  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int TEXT = 1;
  private static final int END = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int LENGTH_IN_SHORT = 126;
  private static final int LENGTH_IN_LONG = 127;

  private final ServerSocket listening;
  private final Relay relay;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** Listens at a free port; {@code opening} makes the relay, which is told the port. */
  RelayOnASocket(IntFunction<Relay> opening) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.relay = opening.apply(listening.getLocalPort());
    Thread.ofVirtual().name("test-relay").start(this::accept);
  }

  static String url(int port) {
    return "ws://127.0.0.1:" + port;
  }

  String url() {
    return url(listening.getLocalPort());
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  // The top of a connection's thread: whatever ends it ends the connection.
  private void serve(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      if (greet(in, socket.getOutputStream())) {
        new Connection(socket.getOutputStream()).talk(in);
      }
    } catch (IOException gone) {
      // The client has left, or the test has ended.
    } finally {
      open.remove(socket);
    }
  }

  private static boolean greet(DataInputStream in, OutputStream out) throws IOException {
    String key = "";
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.regionMatches(true, 0, "Sec-WebSocket-Key:", 0, 18)) {
        key = line.substring(18).strip();
      }
    }
    if (key.isEmpty()) {
      out.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII));
      return false;
    }
    String answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + accepting(key)
            + "\r\n\r\n";
    out.write(answer.getBytes(US_ASCII));
    return true;
  }

  private static String accepting(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1").digest((key + ACCEPT_SUFFIX).getBytes(US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String line(DataInputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.readUnsignedByte(); b != '\n'; b = in.readUnsignedByte()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(ISO_8859_1);
  }

  /** One client; the session is under a lock, for one thread reads and another one pushes. */
  private final class Connection {
    private final ReentrantLock turn = new ReentrantLock();
    private final Semaphore woken = new Semaphore(0);
    private final OutputStream out;
    private final RelaySession session = relay.connect("127.0.0.1", woken::release);

    Connection(OutputStream out) {
      this.out = out;
    }

    void talk(DataInputStream in) throws IOException {
      Thread pushing = Thread.ofVirtual().start(this::push);
      try {
        send(session.opening());
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        while (true) {
          int first = in.readUnsignedByte();
          byte[] payload = payload(in);
          switch (first & 0x0f) {
            case END -> {
              return;
            }
            case PING -> frame(PONG, payload);
            case PONG -> {}
            default -> {
              message.writeBytes(payload);
              if ((first & 0x80) != 0) {
                receive(message.toString(UTF_8));
                message.reset();
              }
            }
          }
        }
      } finally {
        pushing.interrupt();
        turn.lock();
        try {
          session.close();
        } finally {
          turn.unlock();
        }
      }
    }

    private byte[] payload(DataInputStream in) throws IOException {
      int second = in.readUnsignedByte();
      long length = second & 0x7f;
      if (length == LENGTH_IN_SHORT) {
        length = in.readUnsignedShort();
      } else if (length == LENGTH_IN_LONG) {
        length = in.readLong();
      }
      byte[] mask = new byte[4];
      if ((second & 0x80) != 0) {
        in.readFully(mask);
      }
      byte[] payload = new byte[Math.toIntExact(length)];
      in.readFully(payload);
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i % 4];
      }
      return payload;
    }

    private void receive(String frame) throws IOException {
      turn.lock();
      try {
        send(session.receive(frame));
        pushAll();
      } finally {
        turn.unlock();
      }
    }

    private void push() {
      try {
        while (true) {
          woken.acquire();
          turn.lock();
          try {
            pushAll();
          } finally {
            turn.unlock();
          }
        }
      } catch (InterruptedException | IOException ended) {
        Thread.currentThread().interrupt();
      }
    }

    private void pushAll() throws IOException {
      for (List<String> more = session.next(); !more.isEmpty(); more = session.next()) {
        send(more);
      }
    }

    private void send(List<String> frames) throws IOException {
      for (String frame : frames) {
        frame(TEXT, frame.getBytes(UTF_8));
      }
    }

    private void frame(int kind, byte[] payload) throws IOException {
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      frame.write(0x80 | kind);
      if (payload.length < LENGTH_IN_SHORT) {
        frame.write(payload.length);
      } else if (payload.length <= 0xffff) {
        frame.write(LENGTH_IN_SHORT);
        frame.write(payload.length >>> 8);
        frame.write(payload.length);
      } else {
        frame.write(LENGTH_IN_LONG);
        for (int shift = 56; shift >= 0; shift -= 8) {
          frame.write((int) ((long) payload.length >>> shift));
        }
      }
      frame.writeBytes(payload);
      turn.lock();
      try {
        out.write(frame.toByteArray());
        out.flush();
      } finally {
        turn.unlock();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
    relay.close();
  }
}
