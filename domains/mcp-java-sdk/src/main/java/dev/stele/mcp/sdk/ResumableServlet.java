package dev.stele.mcp.sdk;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;

/**
 * A {@link ResumableTransport} in a servlet container; its mapping is the endpoint. The container
 * must allow asynchronous requests for it.
 *
 * <p>Each request runs on a virtual thread of its own, none on the container's.
 */
public final class ResumableServlet extends HttpServlet {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.mcp.sdk");

  private final transient ResumableTransport transport;

  /** Serves a transport. */
  public ResumableServlet(ResumableTransport transport) {
    this.transport = transport;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) {
    AsyncContext async = request.startAsync();
    // Streams last as long as there is something to say; heartbeats find the dead ones.
    async.setTimeout(0);
    Thread _ =
        Thread.ofVirtual()
            .name("stele-mcp-request")
            .start(
                () -> {
                  try {
                    send(transport.answer(new ServletCall(request)), response);
                  } catch (IOException e) {
                    LOGGER.log(System.Logger.Level.DEBUG, "event=client-gone", e);
                  } catch (RuntimeException e) {
                    // The thread's top.
                    LOGGER.log(System.Logger.Level.ERROR, "event=request-failed", e);
                  } finally {
                    async.complete();
                  }
                });
  }

  private static void send(HttpAnswer answer, HttpServletResponse response) throws IOException {
    switch (answer) {
      case HttpAnswer.Whole(int status, var headers, byte[] body) -> {
        response.setStatus(status);
        headers.forEach(response::setHeader);
        if (body.length > 0) {
          response.setContentLength(body.length);
          response.getOutputStream().write(body);
        }
      }
      case HttpAnswer.Events(var headers, HttpAnswer.Body body) -> {
        response.setStatus(HttpAnswer.OK);
        headers.forEach(response::setHeader);
        body.writeTo(
            bytes -> {
              ServletOutputStream out = response.getOutputStream();
              out.write(bytes);
              out.flush();
            });
      }
    }
  }

  private record ServletCall(HttpServletRequest request) implements HttpCall {
    @Override
    public String method() {
      return request.getMethod();
    }

    @Override
    public List<String> headers(String name) {
      return Collections.list(request.getHeaders(name));
    }

    @Override
    public InputStream body() throws IOException {
      return request.getInputStream();
    }
  }
}
