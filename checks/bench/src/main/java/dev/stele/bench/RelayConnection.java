package dev.stele.bench;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of a relay: sends frames, and waits for those that it wants. One thread. */
final class RelayConnection implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final HttpClient client = HttpClient.newHttpClient();
  private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
  private final WebSocket socket;

  RelayConnection(int port) {
    socket =
        client
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("ws://127.0.0.1:" + port),
                new WebSocket.Listener() {
                  private final StringBuilder begun = new StringBuilder();

                  @Override
                  public CompletionStage<?> onText(
                      WebSocket from, CharSequence data, boolean last) {
                    begun.append(data);
                    if (last) {
                      frames.add(begun.toString());
                      begun.setLength(0);
                    }
                    from.request(1);
                    return java.util.concurrent.CompletableFuture.completedFuture(null);
                  }
                })
            .join();
  }

  void send(String frame) {
    socket.sendText(frame, true).join();
  }

  /** The next frame that begins so. */
  String await(String beginning) throws InterruptedException {
    while (true) {
      String frame = next();
      if (frame.startsWith(beginning)) {
        return frame;
      }
    }
  }

  /** How many frames there are with one beginning before one with another. */
  long count(String beginning, String end) throws InterruptedException {
    long count = 0;
    while (true) {
      String frame = next();
      if (frame.startsWith(end)) {
        return count;
      }
      count += frame.startsWith(beginning) ? 1 : 0;
    }
  }

  private String next() throws InterruptedException {
    String frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (frame == null) {
      throw new IllegalStateException("the relay of the workload has fallen silent");
    }
    return frame;
  }

  @Override
  public void close() {
    socket.abort();
    client.shutdownNow();
  }
}
