package dev.stele.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;

/** Lets a talk take place on one of Jetty's WebSockets. */
public final class SocketListener implements Session.Listener.AutoDemanding {
  private final SocketTalk talk;
  private final AtomicBoolean closed = new AtomicBoolean();

  SocketListener(SocketTalk talk) {
    this.talk = talk;
  }

  @Override
  public void onWebSocketOpen(Session session) {
    talk.opened(
        new SocketTalk.Sink() {
          @Override
          public void send(String text) throws IOException, InterruptedException {
            await(Callback.Completable.with(sent -> session.sendText(text, sent)));
          }

          @Override
          public void ping() throws IOException, InterruptedException {
            await(
                Callback.Completable.with(sent -> session.sendPing(ByteBuffer.allocate(0), sent)));
          }

          @Override
          public void close() {
            session.close();
          }
        });
  }

  private static void await(Callback.Completable sent) throws IOException, InterruptedException {
    try {
      sent.get();
    } catch (ExecutionException e) {
      throw new IOException("the reader is gone", e.getCause());
    }
  }

  @Override
  public void onWebSocketText(String message) {
    talk.received(message);
  }

  @Override
  public void onWebSocketClose(int status, String reason, Callback callback) {
    end();
    callback.succeed();
  }

  @Override
  public void onWebSocketError(Throwable cause) {
    end();
  }

  private void end() {
    if (closed.compareAndSet(false, true)) {
      talk.closed();
    }
  }
}
