package dev.stele.server.http;

import java.io.IOException;

/** What is said on one WebSocket. */
interface SocketTalk {
  /** Where it is said. */
  interface Sink {
    /** Sends a text frame, and waits until it was taken: a slow reader holds up nobody else. */
    void send(String text) throws IOException, InterruptedException;

    /** Sends a ping, so that those on the way keep the connection. */
    void ping() throws IOException, InterruptedException;

    /** Ends it. */
    void close();
  }

  /** The connection is there; called once, and not to block. */
  void opened(Sink sink);

  /** A text frame has come. */
  void received(String text);

  /** The connection is gone, or never came about; called once. */
  void closed();
}
