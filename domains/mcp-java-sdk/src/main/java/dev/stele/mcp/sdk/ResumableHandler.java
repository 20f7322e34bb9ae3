package dev.stele.mcp.sdk;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/**
 * A {@link ResumableTransport} in the HTTP server that comes with the JDK; the context's path is
 * the endpoint, and nothing below it.
 *
 * <p>Each request runs on a virtual thread of its own, so that the server's executor does not
 * matter.
 */
public final class ResumableHandler implements HttpHandler {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.mcp.sdk");

  private static final int NO_BODY = -1;
  private static final int CHUNKED = 0;

  private final ResumableTransport transport;

  /** Serves a transport. */
  public ResumableHandler(ResumableTransport transport) {
    this.transport = transport;
  }

  @Override
  public void handle(HttpExchange exchange) {
    Thread _ =
        Thread.ofVirtual()
            .name("stele-mcp-request")
            .start(
                () -> {
                  try (exchange) {
                    send(answer(exchange), exchange);
                  } catch (IOException e) {
                    LOGGER.log(System.Logger.Level.DEBUG, "event=client-gone", e);
                  } catch (RuntimeException e) {
                    // The thread's top.
                    LOGGER.log(System.Logger.Level.ERROR, "event=request-failed", e);
                  }
                });
  }

  private HttpAnswer answer(HttpExchange exchange) {
    // A context is a prefix to the JDK.
    return exchange.getRequestURI().getPath().equals(exchange.getHttpContext().getPath())
        ? transport.answer(new ExchangeCall(exchange))
        : HttpAnswer.Whole.empty(404);
  }

  private static void send(HttpAnswer answer, HttpExchange exchange) throws IOException {
    switch (answer) {
      case HttpAnswer.Whole(int status, var headers, byte[] body) -> {
        headers.forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(status, body.length == 0 ? NO_BODY : body.length);
        if (body.length > 0) {
          exchange.getResponseBody().write(body);
        }
      }
      case HttpAnswer.Events(var headers, HttpAnswer.Body body) -> {
        headers.forEach(exchange.getResponseHeaders()::set);
        body.writeTo(new Chunks(exchange));
      }
    }
  }

  /**
   * Headers go out with the first bytes, so that a failure to send them ends the stream as well.
   */
  private static final class Chunks implements HttpAnswer.Output {
    private final HttpExchange exchange;
    private boolean begun;

    Chunks(HttpExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      if (!begun) {
        begun = true;
        exchange.sendResponseHeaders(HttpAnswer.OK, CHUNKED);
      }
      OutputStream out = exchange.getResponseBody();
      out.write(bytes);
      out.flush();
    }
  }

  private record ExchangeCall(HttpExchange request) implements HttpCall {
    @Override
    public String method() {
      return request.getRequestMethod();
    }

    @Override
    public List<String> headers(String name) {
      List<String> values = request.getRequestHeaders().get(name);
      return values == null ? List.of() : List.copyOf(values);
    }

    @Override
    public InputStream body() {
      return request.getRequestBody();
    }
  }
}
