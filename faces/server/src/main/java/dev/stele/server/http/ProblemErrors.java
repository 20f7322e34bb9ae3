package dev.stele.server.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Tells what Jetty refuses before a route sees it as problems too, without a word of its own. */
final class ProblemErrors extends ErrorHandler {
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus() >= 400 ? response.getStatus() : 500;
    Problem problem =
        switch (status) {
          case HttpStatus.PAYLOAD_TOO_LARGE_413 ->
              new Problem("too-large", status, "the request is too large");
          case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 ->
              new Problem("too-large", status, "the headers are too large");
          case HttpStatus.REQUEST_TIMEOUT_408 ->
              new Problem("too-slow", status, "the request came too slowly");
          // A version or a coding of a stranger's invention is no failure of this server's.
          case HttpStatus.NOT_IMPLEMENTED_501, HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 ->
              Problem.badRequest("HTTP/1.1 and HTTP/2 are spoken here, with chunks or a length");
          case HttpStatus.SERVICE_UNAVAILABLE_503 ->
              Problem.unavailable("closing", "the server is stopping");
          default ->
              status < 500
                  ? new Problem("bad-request", status, "the request is not well-formed HTTP")
                  : new Problem("internal", status, "something went wrong here");
        };
    byte[] body = problem.body();
    response.setStatus(problem.status());
    response.getHeaders().put("X-Content-Type-Options", "nosniff");
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }
}
