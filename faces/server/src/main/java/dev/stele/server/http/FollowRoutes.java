package dev.stele.server.http;

import dev.stele.core.event.StoredEvent;
import dev.stele.server.follow.Broadcast;
import dev.stele.server.host.HostedLog;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Streams a log as server-sent events (WHATWG HTML, section 9.2), or on a WebSocket. */
final class FollowRoutes {
  /** 15 seconds: shorter than what proxies wait for. */
  static final Duration HEARTBEAT = Duration.ofSeconds(15);

  /** 64 KiB are written before a flush. */
  private static final int CHUNK_BYTES = 64 * 1024;

  private static final byte[] BEAT = ascii(": \n\n");
  private static final byte[] ID = ascii("id: ");
  private static final byte[] DATA = ascii("\ndata: ");
  private static final byte[] END = ascii("\n\n");

  private final Semaphore places;

  /** At most so many follow at a time. */
  FollowRoutes(int maxFollowers) {
    this.places = new Semaphore(maxFollowers);
  }

  List<Route> routes() {
    return List.of(
        Route.get(
            "/v1/logs/{log}/subscribe", Access.READ, this::subscribe, "after", "stream", "type"));
  }

  private Reply subscribe(Call call) {
    HostedLog hosted = call.log();
    long after = after(call, hosted);
    Optional<String> stream = call.query().text("stream");
    Optional<String> type = call.query().text("type");
    if (!places.tryAcquire()) {
      return Reply.failed(Problem.unavailable("overloaded", "too many follow already"));
    }
    if (call.header("Upgrade").filter("websocket"::equalsIgnoreCase).isPresent()) {
      return new Reply.Socket(new FollowTalk(hosted, after, stream, type, places::release));
    }
    return new Reply.Streamed(
        "text/event-stream",
        new Reply.Source() {
          @Override
          public void writeTo(OutputStream out) throws IOException, InterruptedException {
            try (Broadcast.Follower follower = hosted.broadcast().follow(after)) {
              follow(hosted, follower, stream, type, out);
            }
          }

          @Override
          public void ended() {
            places.release();
          }
        });
  }

  /** Where to begin: behind the last event that a reader has seen, or where it says. */
  private static long after(Call call, HostedLog hosted) {
    long head = hosted.log().head().size();
    Optional<String> last = call.header("Last-Event-ID").filter(id -> !id.isEmpty());
    if (last.isEmpty()) {
      return call.query().number("after", 0, Long.MAX_VALUE).orElse(0);
    }
    try {
      long position = Long.parseLong(last.get());
      if (position >= 0) {
        return position;
      }
    } catch (NumberFormatException e) {
      throw new Refusal(
          Problem.badParameter("Last-Event-ID", "the id of an event is its position"));
    }
    throw new Refusal(
        Problem.badParameter(
            "Last-Event-ID", "the id of an event is its position, up to %d".formatted(head)));
  }

  private static void follow(
      HostedLog hosted,
      Broadcast.Follower follower,
      Optional<String> stream,
      Optional<String> type,
      OutputStream out)
      throws IOException, InterruptedException {
    long caughtUpAt = hosted.log().head().size();
    boolean caughtUp = false;
    // At once, so that the reader knows that it is connected.
    out.write(BEAT);
    out.flush();
    while (true) {
      if (!caughtUp && follower.position() >= caughtUpAt) {
        caughtUp = true;
        out.write(
            ascii("event: caught-up\ndata: {\"position\":%d}\n\n".formatted(follower.position())));
        out.flush();
      }
      List<Broadcast.Told> told = follower.next(HEARTBEAT);
      boolean written = false;
      int pending = 0;
      for (Broadcast.Told each : told) {
        StoredEvent event = each.event();
        if (stream.filter(wanted -> !wanted.equals(event.stream())).isPresent()
            || type.filter(wanted -> !wanted.equals(event.type())).isPresent()) {
          continue;
        }
        byte[] json = each.json();
        out.write(ID);
        out.write(ascii(String.valueOf(event.position())));
        out.write(DATA);
        out.write(json);
        out.write(END);
        written = true;
        pending += json.length;
        if (pending >= CHUNK_BYTES) {
          out.flush();
          pending = 0;
        }
      }
      if (told.isEmpty()) {
        out.write(BEAT);
        written = true;
      }
      if (written) {
        out.flush();
      }
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
