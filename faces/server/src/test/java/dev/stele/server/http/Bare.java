package dev.stele.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A bare connection to a server on this machine: what is written goes out as it is. One thread. */
final class Bare implements AutoCloseable {
  private final Socket socket;

  private Bare(Socket socket) {
    this.socket = socket;
  }

  static Bare to(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    return new Bare(socket);
  }

  /** Takes no more than so many bytes before it lets its sender wait. */
  static Bare narrow(int port, int bytes) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(bytes);
    socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return new Bare(socket);
  }

  /** Whether it went out: the other side may have gone. */
  boolean send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  boolean send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Says that nothing more comes. */
  void end() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      // The other side has gone, which is an end as well.
    }
  }

  InputStream in() throws IOException {
    return socket.getInputStream();
  }

  /** What comes until the other side ends, falls silent for so long, or has said enough. */
  String answer(Duration silence, int enough) throws IOException {
    socket.setSoTimeout((int) silence.toMillis());
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] some = new byte[8192];
    try {
      for (int n = in().read(some); n >= 0 && all.size() < enough; n = in().read(some)) {
        all.write(some, 0, n);
      }
    } catch (SocketTimeoutException e) {
      all.writeBytes("(silence)".getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      all.writeBytes("(reset)".getBytes(StandardCharsets.ISO_8859_1));
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /** Whether the other side ends it within so long. */
  boolean endsWithin(Duration patience) throws IOException {
    return !answer(patience, 1 << 20).endsWith("(silence)");
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
