package dev.stele.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * Lets a talk take place on one of Jetty's WebSockets. Frames are received one by one as the talk
 * asks for them, so that one who sends faster than he is answered waits by TCP's own means.
 */
public final class SocketListener implements Session.Listener {
  private final SocketTalk talk;
  private final AtomicBoolean closed = new AtomicBoolean();
  private @Nullable Session open;

  SocketListener(SocketTalk talk) {
    this.talk = talk;
  }

  @Override
  public void onWebSocketOpen(Session session) {
    open = session;
    session.setMaxTextMessageSize(talk.maxTextBytes());
    talk.opened(
        new SocketTalk.Sink() {
          @Override
          public void send(List<String> texts, Duration patience)
              throws IOException, InterruptedException {
            List<Callback.Completable> sent = new ArrayList<>(texts.size());
            for (String text : texts) {
              sent.add(Callback.Completable.with(callback -> session.sendText(text, callback)));
            }
            for (Callback.Completable each : sent) {
              await(each, patience, session);
            }
          }

          @Override
          public void ping() throws IOException, InterruptedException {
            await(
                Callback.Completable.with(
                    callback -> session.sendPing(ByteBuffer.allocate(0), callback)),
                SocketTalk.FOR_EVER,
                session);
          }

          @Override
          public void more() {
            session.demand();
          }

          @Override
          public void close(int status, String reason) {
            session.close(status, reason, Callback.NOOP);
          }

          @Override
          public void hangUp(int status, String reason) {
            session.close(
                status, reason, Callback.from(session::disconnect, _ -> session.disconnect()));
          }
        });
  }

  private static void await(Callback.Completable sent, Duration patience, Session session)
      throws IOException, InterruptedException {
    try {
      sent.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException("the reader is gone", e.getCause());
    } catch (TimeoutException e) {
      // A close frame would wait behind what is not read.
      session.disconnect();
      throw new IOException("the reader reads nothing", e);
    }
  }

  @Override
  public void onWebSocketText(String message) {
    talk.received(message);
  }

  @Override
  public void onWebSocketBinary(ByteBuffer message, Callback callback) {
    callback.succeed();
    talk.receivedBinary();
  }

  @Override
  public void onWebSocketPong(ByteBuffer payload) {
    talk.answeredPing();
    // It took the place of the frame that was asked for.
    Session session = open;
    if (session != null) {
      session.demand();
    }
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
