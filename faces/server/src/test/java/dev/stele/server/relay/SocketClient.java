package dev.stele.server.relay;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A client of a relay on this machine. One thread, but for what it receives. */
final class SocketClient implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger KEYS = new AtomicInteger(1);

  /** How the other side has ended the connection. */
  record Closed(int status, String reason) {}

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final CompletableFuture<Closed> closed = new CompletableFuture<>();
  private final WebSocket socket;

  private SocketClient(int port, boolean reads, String... headers) {
    WebSocket.Builder builder = HTTP.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    this.socket =
        builder.buildAsync(URI.create("ws://127.0.0.1:" + port), new Listening(reads)).join();
  }

  static SocketClient to(int port, String... headers) {
    return new SocketClient(port, true, headers);
  }

  /** Never reads anything: what comes waits in the sockets' buffers, and then with the sender. */
  static SocketClient thatReadsNothing(int port) {
    return new SocketClient(port, false);
  }

  /** A key that no other test has. */
  static NostrKey newKey() {
    byte[] secret = new byte[32];
    ByteBuffer.wrap(secret).putInt(28, KEYS.incrementAndGet());
    return NostrKey.fromSecret(secret);
  }

  static String json(NostrEvent event) {
    return new String(EventJson.write(event), StandardCharsets.UTF_8);
  }

  private final class Listening implements WebSocket.Listener {
    private final StringBuilder partial = new StringBuilder();
    private final boolean reads;

    Listening(boolean reads) {
      this.reads = reads;
    }

    @Override
    public void onOpen(WebSocket webSocket) {
      if (reads) {
        webSocket.request(1);
      }
    }

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence text, boolean last) {
      partial.append(text);
      if (last) {
        received.add(partial.toString());
        partial.setLength(0);
      }
      webSocket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
      closed.complete(new Closed(status, reason));
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      closed.completeExceptionally(error);
    }
  }

  void send(String frame) {
    socket.sendText(frame, true).join();
  }

  /** In three fragments. */
  void sendFragmented(String frame) {
    int third = frame.length() / 3;
    socket.sendText(frame.substring(0, third), false).join();
    socket.sendText(frame.substring(third, 2 * third), false).join();
    socket.sendText(frame.substring(2 * third), true).join();
  }

  void sendBinary(byte[] bytes) {
    socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
  }

  void publish(NostrEvent event) {
    send("[\"EVENT\"," + json(event) + "]");
  }

  /** The next frame. */
  String next() throws InterruptedException {
    return next(PATIENCE).orElseThrow(() -> new AssertionError("the relay says nothing"));
  }

  Optional<String> next(Duration patience) throws InterruptedException {
    return Optional.ofNullable(received.poll(patience.toMillis(), TimeUnit.MILLISECONDS));
  }

  /** The next frame that begins like this; those before it are passed over. */
  String next(String begins) throws InterruptedException {
    return until(begins).getLast();
  }

  /** The frames up to one that begins like this, it included. */
  List<String> until(String begins) throws InterruptedException {
    List<String> frames = new ArrayList<>();
    do {
      frames.add(next());
    } while (!frames.getLast().startsWith(begins));
    return frames;
  }

  /** Publishes an event; the answer to it. */
  String store(NostrEvent event) throws InterruptedException {
    publish(event);
    return next("[\"OK\",\"" + event.id() + "\"");
  }

  /** Whether an event was taken. */
  boolean takes(NostrEvent event) throws InterruptedException {
    return store(event).startsWith("[\"OK\",\"" + event.id() + "\",true");
  }

  /** The events, as JSON, that are stored for filters, in the order in which they came. */
  List<String> stored(String filters) throws InterruptedException {
    send("[\"REQ\",\"q\"," + filters + "]");
    List<String> events = new ArrayList<>();
    for (String frame : until("[\"EOSE\",\"q\"")) {
      if (frame.startsWith("[\"EVENT\",\"q\",")) {
        events.add(frame.substring("[\"EVENT\",\"q\",".length(), frame.length() - 1));
      }
    }
    send("[\"CLOSE\",\"q\"]");
    return events;
  }

  /** The challenge, which comes first. */
  String challenge() throws InterruptedException {
    String frame = next("[\"AUTH\"");
    return frame.substring("[\"AUTH\",\"".length(), frame.length() - 2);
  }

  /** The answer to a claim to be somebody. */
  String authenticate(NostrEvent event) throws InterruptedException {
    send("[\"AUTH\"," + json(event) + "]");
    return next("[\"OK\",\"" + event.id() + "\"");
  }

  /** How the other side ends the connection. */
  Closed closed() throws Exception {
    return closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Whether the connection has ended in whatever way. */
  boolean isGone() {
    return closed.isDone();
  }

  /** Waits until it has. */
  void awaitEnd() throws InterruptedException {
    try {
      var _ = closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      // A connection that was cut has ended as well.
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("the connection goes on", e);
    }
  }

  /** Asks for what came meanwhile, after a time of not reading. */
  void read() {
    socket.request(1);
  }

  @Override
  public void close() {
    socket.abort();
  }
}
