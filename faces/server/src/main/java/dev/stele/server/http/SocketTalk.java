package dev.stele.server.http;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What is said on one WebSocket. */
interface SocketTalk {
  /** Normal closure (RFC 6455, section 7.4.1). */
  int DONE = 1000;

  /** Going away: the server stops. */
  int GOING_AWAY = 1001;

  /** A kind of data that is not taken here. */
  int NOT_TAKEN = 1003;

  /** Against the rules of this talk. */
  int AGAINST_POLICY = 1008;

  /** Where it is said. */
  interface Sink {
    /** Sends a text frame, and waits until it was taken: a slow reader holds up nobody else. */
    default void send(String text) throws IOException, InterruptedException {
      send(List.of(text), FOR_EVER);
    }

    /**
     * Sends text frames, and waits until all of them were taken.
     *
     * @param patience how long the reader may take for each
     * @throws IOException when the reader is gone or took longer; nothing more can be sent
     */
    void send(List<String> texts, Duration patience) throws IOException, InterruptedException;

    /** Sends a ping, so that those on the way keep the connection. */
    void ping() throws IOException, InterruptedException;

    /** Asks for the next frame of the other side: without it none is received. */
    void more();

    /** Ends it. */
    default void close() {
      close(DONE, "");
    }

    /** Ends it with a status and a reason of at most 123 bytes. */
    void close(int status, String reason);

    /** The same, and does not wait for the other side to agree. */
    void hangUp(int status, String reason);
  }

  /** As long as the connection stays: it ends by itself when nothing moves. */
  Duration FOR_EVER = Duration.ofDays(1);

  /** The longest text that is received, in bytes; a longer one ends the connection (1009). */
  long maxTextBytes();

  /** The connection is there; called once, and not to block. */
  void opened(Sink sink);

  /** A text frame has come, which was asked for. */
  void received(String text);

  /** A binary frame has come, which was asked for. */
  void receivedBinary();

  /** The other side has answered a ping. */
  void answeredPing();

  /** The connection is gone, or never came about; called once. */
  void closed();
}
