package dev.stele.browser;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A browser's DevTools protocol over one WebSocket: calls with their answers, and events for
 * whoever listens. Thread-safe.
 */
final class DevTools implements AutoCloseable {
  /** 60 seconds for one answer: many times what any takes, on a machine that does much else. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Someone who is told of a session's events, by name. */
  private record Listening(String session, BiConsumer<String, Map<?, ?>> listener) {}

  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Map<?, ?>>> waiting = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Listening> listening = new CopyOnWriteArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable WebSocket socket;

  private DevTools() {}

  static DevTools connect(URI address) {
    DevTools devTools = new DevTools();
    devTools.socket =
        devTools.client.newWebSocketBuilder().buildAsync(address, devTools.new Receiver()).join();
    return devTools;
  }

  /** Puts the pieces of messages together and hands them on. */
  private final class Receiver implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
      message.append(text);
      if (last) {
        String whole = message.toString();
        message.setLength(0);
        receive(JsonText.readObject(whole));
      }
      from.request(1);
      return null;
    }
  }

  private void receive(Map<?, ?> message) {
    if (message.get("id") instanceof Number id) {
      CompletableFuture<Map<?, ?>> answer = waiting.remove(id.intValue());
      if (answer != null && message.get("error") instanceof Map<?, ?> error) {
        answer.completeExceptionally(new IllegalStateException(String.valueOf(error)));
      } else if (answer != null) {
        answer.complete(members(message, "result"));
      }
      return;
    }
    String session = String.valueOf(message.get("sessionId"));
    for (Listening one : listening) {
      if (one.session.equals(session)) {
        one.listener.accept(text(message, "method"), members(message, "params"));
      }
    }
  }

  void listen(String session, BiConsumer<String, Map<?, ?>> listener) {
    listening.add(new Listening(session, listener));
  }

  /**
   * Calls a method and waits for its answer.
   *
   * @param session of a tab; empty for the browser itself
   */
  Map<?, ?> call(String session, String method, Map<String, ?> parameters) {
    int id = calls.incrementAndGet();
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("id", id);
    message.put("method", method);
    message.put("params", parameters);
    if (!session.isEmpty()) {
      message.put("sessionId", session);
    }
    CompletableFuture<Map<?, ?>> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    send(JsonText.write(message));
    try {
      return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(method + ": " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(method + " was not answered in " + PATIENCE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(method + " was interrupted", e);
    }
  }

  /** One message at a time: a WebSocket refuses a second before the first is out. */
  private synchronized void send(String text) {
    if (socket == null) {
      throw new IllegalStateException("not connected");
    }
    socket.sendText(text, true).join();
  }

  static String text(Map<?, ?> message, String name) {
    return String.valueOf(message.get(name));
  }

  static Map<?, ?> members(Map<?, ?> message, String name) {
    return message.get(name) instanceof Map<?, ?> members ? members : Map.of();
  }

  @Override
  public void close() {
    if (socket != null) {
      socket.abort();
    }
    client.shutdownNow();
  }
}
