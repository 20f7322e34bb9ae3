package dev.stele.mcp.sdk;

import com.sun.net.httpserver.HttpServer;
import dev.stele.mcp.store.McpEventStore;
import io.modelcontextprotocol.server.McpSyncServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** {@link Everything}, served on this machine by one of the faces. */
final class Served implements AutoCloseable {
  /** Who speaks HTTP. */
  enum Face {
    /** Jetty. */
    SERVLET,
    /** The JDK. */
    HANDLER
  }

  private final ResumableTransport transport;
  private final McpSyncServer server;
  private final int port;
  private final AutoCloseable http;

  private Served(ResumableTransport transport, McpSyncServer server, int port, AutoCloseable http) {
    this.transport = transport;
    this.server = server;
    this.port = port;
    this.http = http;
  }

  static Served start(Face face, int port, McpEventStore store, TransportOptions options)
      throws Exception {
    ResumableTransport transport = ResumableTransport.over(store, options);
    McpSyncServer server = Everything.over(transport);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return switch (face) {
      case HANDLER -> {
        HttpServer http = HttpServer.create(address, 0);
        var _ = http.createContext("/mcp", new ResumableHandler(transport));
        http.start();
        yield new Served(transport, server, http.getAddress().getPort(), () -> http.stop(0));
      }
      case SERVLET -> {
        Server jetty = new Server(address);
        ServletContextHandler context = new ServletContextHandler("/");
        ServletHolder holder = new ServletHolder(new ResumableServlet(transport));
        holder.setAsyncSupported(true);
        context.addServlet(holder, "/mcp");
        jetty.setHandler(context);
        jetty.start();
        int local = ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
        yield new Served(transport, server, local, jetty::stop);
      }
    };
  }

  int port() {
    return port;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port + "/mcp");
  }

  ResumableTransport transport() {
    return transport;
  }

  McpSyncServer server() {
    return server;
  }

  @Override
  public void close() {
    transport.close();
    try {
      http.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException("HTTP did not stop as it should", e);
    }
  }
}
