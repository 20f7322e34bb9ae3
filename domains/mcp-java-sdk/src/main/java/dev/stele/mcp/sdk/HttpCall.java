package dev.stele.mcp.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * One HTTP request, whoever speaks HTTP.
 *
 * <p>Confined to the thread that answers it.
 */
public interface HttpCall {
  /** The method, in upper case. */
  String method();

  /** Every value of a header, in order; its name in any case. */
  List<String> headers(String name);

  /** The body, to be read once. */
  InputStream body() throws IOException;

  /**
   * The request as the face has it: a {@code jakarta.servlet.http.HttpServletRequest} or a {@code
   * com.sun.net.httpserver.HttpExchange}. To be read, not to be answered.
   */
  Object request();
}
