package dev.stele.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests to one server, and again where that may help.
 *
 * <p>A request is only sent twice if that does no harm: reads, and appends under an idempotency
 * key. Redirects are not followed, or the token would go to whoever is named in one. Thread-safe.
 */
final class Requests implements AutoCloseable {
  /**
   * The longest answer read, in bytes: one event with the largest payload, as base64, as text with
   * each byte escaped, and within its body, fits.
   */
  static final int MAX_ANSWER_BYTES = 96 << 20;

  /** The longest pause that a server can ask for, in seconds; one that asks for more gets this. */
  static final long MAX_RETRY_AFTER_SECONDS = 60;

  private static final String JSON = "application/json, application/problem+json";

  private final URI base;
  private final ClientOptions options;
  private final Pauses pauses;
  private final HttpClient http;

  Requests(URI base, ClientOptions options, Pauses pauses) {
    this.base = base;
    this.options = options;
    this.pauses = pauses;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(options.timeout());
    options.tls().ifPresent(builder::sslContext);
    this.http = builder.build();
  }

  /** What came back. */
  record Answer(int status, HttpHeaders headers, byte[] body) {
    boolean isOk() {
      return status >= 200 && status < 300;
    }

    Problem problem() {
      return Problem.of(status, JsonObject.parseOrEmpty(body));
    }
  }

  /** What came of all attempts. */
  sealed interface Outcome {
    /**
     * The server answered, and asking again would not change it.
     *
     * @param lostBefore whether an earlier attempt may have been carried out without an answer
     */
    record Answered(Answer answer, boolean lostBefore) implements Outcome {}

    /**
     * No attempt got an answer that settles it.
     *
     * @param maybeDone whether one may have been carried out all the same
     */
    record GivenUp(String reason, boolean maybeDone, Optional<Exception> cause)
        implements Outcome {}
  }

  /** What came of one attempt. */
  private sealed interface Attempt {
    record Answered(Answer answer) implements Attempt {}

    record Failed(String reason, boolean maybeDone, Exception cause) implements Attempt {}
  }

  ClientOptions options() {
    return options;
  }

  Pauses pauses() {
    return pauses;
  }

  /** Reads something that must be there. */
  Answer get(String path, String accept) {
    HttpRequest request = request(path, accept).GET().build();
    return switch (send(request)) {
      case Outcome.Answered(Answer answer, boolean _) when answer.isOk() -> answer;
      case Outcome.Answered(Answer answer, boolean _) ->
          throw new RequestFailed.Refused("GET " + request.uri(), answer.problem());
      case Outcome.GivenUp(String reason, boolean _, Optional<Exception> cause) ->
          throw unreachable("GET " + request.uri(), reason, cause);
    };
  }

  /** Reads a JSON object that must be there. */
  JsonObject getJson(String path) throws JsonObject.Unfit {
    return JsonObject.parse(get(path, JSON).body());
  }

  /**
   * Sends JSON under a key that makes a repetition harmless.
   *
   * <p>Over HTTP/1.1: 32 callers at once got 4,900 durable appends a second that way and 3,700 over
   * HTTP/2, with client and server on two shared cores; for one caller it makes no difference.
   */
  Outcome post(String path, byte[] json, String idempotencyKey) {
    BodyPublisher body = BodyPublishers.ofByteArray(json);
    return send(
        request(path, JSON)
            .version(HttpClient.Version.HTTP_1_1)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", idempotencyKey)
            .POST(body)
            .build());
  }

  /**
   * Begins to read a stream of events.
   *
   * <p>Each stream has a connection of its own, and HTTP/1.1 makes sure of it: within one of
   * HTTP/2, a reader that does not read would use up the window that all others share.
   */
  CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> stream(
      String path, long lastEventId) {
    return http.sendAsync(
        request(path, "text/event-stream")
            .version(HttpClient.Version.HTTP_1_1)
            .header("Last-Event-ID", Long.toString(lastEventId))
            .GET()
            .build(),
        BodyHandlers.ofPublisher());
  }

  private HttpRequest.Builder request(String path, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Accept", accept)
            // What is checked against the newest that is known must not be an older copy.
            .header("Cache-Control", "no-cache");
    options.bearer().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    return request;
  }

  private Outcome send(HttpRequest request) {
    RetryPolicy retry = options.retry();
    long begin = System.nanoTime();
    boolean maybeDone = false;
    for (int number = 1; ; number++) {
      Duration pause = retry.pause(number, options.random());
      String reason;
      Optional<Exception> cause;
      try {
        switch (once(request)) {
          case Attempt.Answered(Answer answer) -> {
            if (!isPassing(answer)) {
              return new Outcome.Answered(answer, maybeDone);
            }
            reason = answer.problem().toString();
            cause = Optional.empty();
            maybeDone |= answer.status() != 429;
            Duration asked = retryAfter(answer.headers());
            pause = asked.compareTo(pause) > 0 ? asked : pause;
          }
          case Attempt.Failed(String why, boolean maybe, Exception exception) -> {
            reason = why;
            cause = Optional.of(exception);
            maybeDone |= maybe;
          }
        }
        Duration spent = Duration.ofNanos(System.nanoTime() - begin).plus(pause);
        if (number == retry.attempts() || spent.compareTo(retry.patience()) > 0) {
          return new Outcome.GivenUp(
              "%s (%d attempts)".formatted(reason, number), maybeDone, cause);
        }
        pauses.pause(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        // It was under way, or had been before.
        return new Outcome.GivenUp("interrupted while waiting", true, Optional.of(e));
      }
    }
  }

  private Attempt once(HttpRequest request) throws InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> exchange =
        http.sendAsync(
            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
    try {
      HttpResponse<byte[]> response =
          exchange.get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
      return new Attempt.Answered(
          new Answer(response.statusCode(), response.headers(), response.body()));
    } catch (TimeoutException e) {
      exchange.cancel(true);
      return new Attempt.Failed("no answer within " + options.timeout(), true, e);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      return failed(e);
    }
  }

  private static Attempt failed(ExecutionException e) {
    if (!(e.getCause() instanceof IOException failure)) {
      throw new IllegalStateException("the request could not be sent", e.getCause());
    }
    // Without a connection nothing was asked of the server; of all else nobody knows.
    boolean connected =
        !(failure instanceof ConnectException) && !(failure instanceof HttpConnectTimeoutException);
    return new Attempt.Failed(describe(failure), connected, failure);
  }

  /** One phrase for a failure of the network, whose own message is often missing. */
  static String describe(Throwable failure) {
    Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
    Throwable told = cause == null ? failure : cause;
    String message = told.getMessage();
    return message == null || message.isBlank() ? told.getClass().getSimpleName() : message;
  }

  /** Tells whether the same request may get another answer in a while. */
  static boolean isPassing(int status, Problem problem) {
    return switch (status) {
      case 429, 502, 504 -> true;
      // A log that does not verify stays so until somebody has looked at it.
      case 503 -> !problem.name().equals("read-only");
      default -> false;
    };
  }

  private static boolean isPassing(Answer answer) {
    return !answer.isOk() && isPassing(answer.status(), answer.problem());
  }

  /** How long the server asks to be left alone; zero where it does not say, or names a date. */
  static Duration retryAfter(HttpHeaders headers) {
    OptionalLong seconds = OptionalLong.empty();
    try {
      seconds = headers.firstValueAsLong("Retry-After");
    } catch (NumberFormatException e) {
      // A date is the other form; the pause that was drawn serves as well.
    }
    return Duration.ofSeconds(Math.clamp(seconds.orElse(0), 0, MAX_RETRY_AFTER_SECONDS));
  }

  static RequestFailed.Unreachable unreachable(
      String what, String reason, Optional<Exception> cause) {
    String message = "%s got no answer: %s".formatted(what, reason);
    return cause
        .map(exception -> new RequestFailed.Unreachable(message, exception))
        .orElseGet(() -> new RequestFailed.Unreachable(message));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
