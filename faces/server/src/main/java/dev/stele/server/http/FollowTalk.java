package dev.stele.server.http;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.event.StoredEvent;
import dev.stele.server.follow.Broadcast;
import dev.stele.server.host.HostedLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells a log on a WebSocket, one event a frame; what the reader says is not listened to. */
final class FollowTalk implements SocketTalk {
  private final HostedLog hosted;
  private final long after;
  private final Optional<String> stream;
  private final Optional<String> type;
  private final Runnable ended;

  /** 64 KiB: what a reader sends is short, and not listened to. */
  private static final long MAX_TEXT_BYTES = 64 * 1024;

  private volatile @Nullable Sink sink;

  /** Set while somebody is told. */
  private volatile Broadcast.@Nullable Follower telling;

  private volatile boolean gone;

  FollowTalk(
      HostedLog hosted,
      long after,
      Optional<String> stream,
      Optional<String> type,
      Runnable ended) {
    this.hosted = hosted;
    this.after = after;
    this.stream = stream;
    this.type = type;
    this.ended = ended;
  }

  @Override
  public long maxTextBytes() {
    return MAX_TEXT_BYTES;
  }

  @Override
  public void opened(Sink sink) {
    this.sink = sink;
    sink.more();
    Thread.ofVirtual().name("stele-follow").start(() -> tell(sink));
  }

  private void tell(Sink sink) {
    try (Broadcast.Follower follower = hosted.broadcast().follow(after)) {
      telling = follower;
      long caughtUpAt = hosted.log().head().size();
      boolean caughtUp = false;
      while (!gone) {
        if (!caughtUp && follower.position() >= caughtUpAt) {
          caughtUp = true;
          sink.send("{\"caughtUp\":%d}".formatted(follower.position()));
        }
        List<Broadcast.Told> told = follower.next(FollowRoutes.HEARTBEAT);
        for (Broadcast.Told each : told) {
          if (isWanted(each.event())) {
            sink.send(new String(each.json(), StandardCharsets.UTF_8));
          }
        }
        if (told.isEmpty()) {
          sink.ping();
        }
      }
    } catch (LogClosed e) {
      sink.close();
    } catch (IOException e) {
      // The reader is gone, which is how most of them end.
      sink.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isWanted(StoredEvent event) {
    return stream.filter(wanted -> !wanted.equals(event.stream())).isEmpty()
        && type.filter(wanted -> !wanted.equals(event.type())).isEmpty();
  }

  @Override
  public void received(String text) {
    askForMore();
  }

  @Override
  public void receivedBinary() {
    askForMore();
  }

  @Override
  public void answeredPing() {}

  /** Not listening is no reason to leave a close frame unread. */
  private void askForMore() {
    Sink open = sink;
    if (open != null) {
      open.more();
    }
  }

  @Override
  public void closed() {
    gone = true;
    Broadcast.Follower follower = telling;
    if (follower != null) {
      follower.leave();
    }
    ended.run();
  }
}
