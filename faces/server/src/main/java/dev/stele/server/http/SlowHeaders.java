package dev.stele.server.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Ends connections that send their headers so slowly that no request ever begins: an idle timeout
 * alone lets one byte every few seconds hold a connection for ever.
 */
final class SlowHeaders extends AbstractLifeCycle implements Connection.Listener {
  /** 20 seconds from connecting to the first whole request. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final AbstractConnector connector;

  SlowHeaders(ServerConnector connector) {
    this.connector = connector;
    connector.addBean(this);
  }

  @Override
  public void onOpened(Connection connection) {
    Scheduler scheduler = connector.getScheduler();
    var _ =
        scheduler.schedule(
            () -> endUnlessHeard(connection), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void endUnlessHeard(Connection connection) {
    if (connection.getEndPoint().isOpen() && connection.getMessagesIn() == 0) {
      connection.getEndPoint().close();
    }
  }

  @Override
  public void onClosed(Connection connection) {}
}
