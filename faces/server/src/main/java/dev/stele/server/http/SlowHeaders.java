package dev.stele.server.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.AbstractLifeCycle;

/**
 * Ends connections that send their headers so slowly that no request ever begins, be it the first
 * of a connection or a later one: an idle timeout alone lets one byte every few seconds hold a
 * connection for ever. Thread-safe.
 */
final class SlowHeaders extends AbstractLifeCycle implements Connection.Listener {
  private final AbstractConnector connector;
  private final Duration patience;

  /**
   * Watches the connections of a connector.
   *
   * @param patience from connecting to the first whole request; a later one is ended when so much
   *     has passed once or twice since it began
   */
  SlowHeaders(ServerConnector connector, Duration patience) {
    this.connector = connector;
    this.patience = patience;
    connector.addBean(this);
  }

  /** How far a connection had come when it was last looked at. */
  private record Seen(long requests, long bytes, boolean begun) {}

  @Override
  public void onOpened(Connection connection) {
    later(connection, new Seen(0, 0, true));
  }

  private void later(Connection connection, Seen before) {
    var _ =
        connector
            .getScheduler()
            .schedule(() -> look(connection, before), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(Connection connection, Seen before) {
    if (!connection.getEndPoint().isOpen()) {
      return;
    }
    long requests = connection.getMessagesIn();
    long bytes = connection.getBytesIn();
    boolean answered = requests == connection.getMessagesOut();
    boolean none = requests == before.requests() && answered;
    if (none && before.begun()) {
      connection.getEndPoint().close();
      return;
    }
    // One of HTTP/2 may say much without a request; one that became a WebSocket asks for no more.
    boolean isHttp1 = connection instanceof ConnectionMetaData;
    if (isHttp1 && connection.getEndPoint().getConnection() == connection) {
      later(connection, new Seen(requests, bytes, none && bytes > before.bytes()));
    }
  }

  @Override
  public void onClosed(Connection connection) {}
}
