package dev.stele.server.rpc;

import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.LogReader;
import dev.stele.wire.v1.ReadRequest;
import dev.stele.wire.v1.ReadResponse;
import dev.stele.wire.v1.SubscribeRequest;
import dev.stele.wire.v1.SubscribeResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Streams a page of a log, and a log without an end. Nothing is held while a caller is slow. */
final class Reading {
  /** 1,000 events on a page, as in HTTP. */
  static final int MAX_LIMIT = 1_000;

  /** 100 events where no limit is said, as in HTTP. */
  static final int USUAL_LIMIT = 100;

  /** 50,000 events are looked at for one page, as in HTTP: some tens of milliseconds. */
  static final int MAX_LOOKED_AT = 50_000;

  /** 1 hour: a wait that ends by itself only begins again. */
  private static final Duration LOOK_AROUND = Duration.ofHours(1);

  private Reading() {}

  /**
   * How many events to read at once: more while the caller takes them all, about as many as it took
   * where it did not, so that little is read twice.
   */
  private static final class Stride {
    /** 16 events: with small ones, about what a transport takes before it says stop. */
    private static final int LEAST = 16;

    /** 1,000 events: beyond that a read costs what its bytes cost. */
    private static final int MOST = 1_000;

    private int events = LEAST;

    void took(int taken, int of) {
      events = taken == of ? Math.min(MOST, 2 * events) : Math.max(LEAST, taken);
    }
  }

  // ---- a page ----

  /** The page that a request asks for; what has no meaning is thrown as a {@link Problem}. */
  static Outflow.Work<ReadResponse> page(LogReader log, ReadRequest request) {
    int limit = Fields.limit(request.getLimit(), USUAL_LIMIT, MAX_LIMIT);
    EventFilter filter = EventFilter.of(request.getFilter());
    boolean withBytes = request.getWithBytes();
    long from =
        switch (request.getFromCase()) {
          case BEFORE -> {
            long before = Fields.number("before", request.getBefore(), 0);
            yield before == 0 ? Long.MAX_VALUE : before;
          }
          case AFTER -> Fields.number("after", request.getAfter(), 0);
          case FROM_NOT_SET -> 0;
        };
    boolean backwards = request.getFromCase() == ReadRequest.FromCase.BEFORE;
    if (!filter.id().isEmpty()) {
      return out -> sendOne(log, filter, from, backwards, withBytes, out);
    }
    return out -> sendPage(log, walk(log, filter, from, backwards), filter, limit, withBytes, out);
  }

  private static EventWalk walk(LogReader log, EventFilter filter, long from, boolean backwards) {
    if (filter.stream().isEmpty()) {
      return backwards ? EventWalk.before(log, from) : EventWalk.after(log, from);
    }
    return backwards
        ? EventWalk.before(log, filter.stream(), from)
        : EventWalk.after(log, filter.stream(), from);
  }

  /** An id is found at once, wherever it is. */
  private static void sendOne(
      LogReader log,
      EventFilter filter,
      long from,
      boolean backwards,
      boolean withBytes,
      Outflow<ReadResponse> out)
      throws InterruptedException {
    long head = log.head().size();
    Optional<StoredEvent> found =
        (EventDraft.fits(filter.id(), 1, EventDraft.MAX_ID_BYTES)
                ? log.findById(filter.id())
                : Optional.<StoredEvent>empty())
            .filter(filter::wants)
            .filter(event -> backwards ? event.position() < from : event.position() > from);
    out.awaitReady();
    found.ifPresent(event -> out.send(part(event, withBytes)));
    out.send(end(found.map(StoredEvent::position).orElse(backwards ? 1 : head), head, false));
  }

  private static void sendPage(
      LogReader log,
      EventWalk walk,
      EventFilter filter,
      int limit,
      boolean withBytes,
      Outflow<ReadResponse> out)
      throws InterruptedException {
    long head = log.head().size();
    Stride stride = new Stride();
    int sent = 0;
    int lookedAt = 0;
    boolean more = true;
    while (more && sent < limit && lookedAt < MAX_LOOKED_AT) {
      out.awaitReady();
      List<StoredEvent> events = walk.next(Math.min(stride.events, MAX_LOOKED_AT - lookedAt));
      more = !events.isEmpty();
      int taken = 0;
      for (StoredEvent event : events) {
        if (sent == limit || !out.isReady()) {
          break;
        }
        if (filter.wants(event)) {
          out.send(part(event, withBytes));
          sent++;
        }
        walk.pass(event);
        taken++;
      }
      lookedAt += taken;
      stride.took(taken, events.size());
    }
    more = more && !walk.next(1).isEmpty();
    out.awaitReady();
    out.send(end(walk.at(), head, more));
  }

  private static ReadResponse part(StoredEvent event, boolean withBytes) {
    return ReadResponse.newBuilder().setEvent(Messages.event(event, withBytes)).build();
  }

  private static ReadResponse end(long next, long head, boolean more) {
    return ReadResponse.newBuilder()
        .setPage(ReadResponse.Page.newBuilder().setNext(next).setHeadPosition(head).setMore(more))
        .build();
  }

  // ---- without an end ----

  /** What a subscription asks for; what has no meaning is thrown as a {@link Problem}. */
  static Outflow.Work<SubscribeResponse> subscription(LogReader log, SubscribeRequest request) {
    long after = Fields.number("after", request.getAfter(), 0);
    return out -> new Following(log, request, after, out).run();
  }

  /** One subscription. One thread. */
  private static final class Following {
    private final LogReader log;
    private final SubscribeRequest request;
    private final Outflow<SubscribeResponse> out;
    private final EventWalk walk;
    private final Stride stride = new Stride();

    Following(LogReader log, SubscribeRequest request, long after, Outflow<SubscribeResponse> out) {
      this.log = log;
      this.request = request;
      this.out = out;
      this.walk = EventWalk.after(log, after);
    }

    void run() throws InterruptedException {
      long head = log.head().size();
      while (walk.at() < head) {
        out.awaitReady();
        List<StoredEvent> events = walk.next(stride.events);
        if (events.isEmpty()) {
          break;
        }
        send(events);
      }
      out.awaitReady();
      out.send(
          SubscribeResponse.newBuilder()
              .setCaughtUp(SubscribeResponse.CaughtUp.newBuilder().setPosition(walk.at()))
              .build());
      while (true) {
        out.awaitReady();
        List<StoredEvent> events = walk.next(stride.events);
        send(events.isEmpty() ? awaitGrowth() : events);
      }
    }

    private List<StoredEvent> awaitGrowth() throws InterruptedException {
      Cursor cursor = new Cursor(walk.at());
      return out.pausing(() -> log.subscribe(cursor).next(LOOK_AROUND));
    }

    /** Sends as many as the caller takes now; the others are read again. */
    private void send(List<StoredEvent> events) {
      int taken = 0;
      for (StoredEvent event : events) {
        if (!out.isReady()) {
          break;
        }
        if (wants(event)) {
          out.send(
              SubscribeResponse.newBuilder()
                  .setEvent(Messages.event(event, request.getWithBytes()))
                  .build());
        }
        walk.pass(event);
        taken++;
      }
      stride.took(taken, events.size());
    }

    private boolean wants(StoredEvent event) {
      return (request.getStream().isEmpty() || request.getStream().equals(event.stream()))
          && (request.getType().isEmpty() || request.getType().equals(event.type()));
    }
  }
}
