package dev.stele.mcp.record;

import dev.stele.core.event.StoredEvent;
import dev.stele.mcp.gate.TrafficGate;
import dev.stele.mcp.gate.TrafficGate.Direction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pairs requests with their answers, event by event in the order of the log. One thread.
 *
 * <p>Of requests that nobody answers the last {@value #MAX_OPEN} are kept.
 */
public final class Calls {
  /** The most requests that wait for an answer: some 20 MB of them. */
  public static final int MAX_OPEN = 100_000;

  /**
   * A request, and what came of it.
   *
   * @param session in which
   * @param principal who the client is, as far as is known; empty for nobody
   * @param from which way the request went: a server asks its client too
   * @param id the request's id, as JSON
   * @param method what was asked for
   * @param tool the name of the tool, prompt or resource, where there is one
   * @param arguments SHA-256 of its arguments in lower-case hex
   * @param requested the position of the request
   * @param at when it was recorded
   * @param answer what was answered; empty as long as nothing was
   */
  public record Call(
      String session,
      String principal,
      Direction from,
      String id,
      String method,
      Optional<String> tool,
      String arguments,
      long requested,
      Instant at,
      Optional<Answer> answer) {}

  /**
   * An answer.
   *
   * @param position where it is in the log
   * @param failed whether it is an error, or the result of a tool that says so
   * @param result SHA-256 of the result or the error, in lower-case hex
   * @param took from the one record to the other, in whole milliseconds
   */
  public record Answer(long position, boolean failed, String result, Duration took) {}

  private record Key(String session, Direction from, String id) {}

  private final Map<Key, Call> open = new LinkedHashMap<>();

  /** No calls yet. */
  public Calls() {}

  /** The session of an event of traffic; empty for any other event. */
  public static Optional<String> session(StoredEvent event) {
    return event.stream().startsWith(TrafficGate.PREFIX)
        ? Optional.of(event.stream().substring(TrafficGate.PREFIX.length()))
        : Optional.empty();
  }

  /** Which way an event of traffic went; empty for any other, and for what was no message. */
  public static Optional<Direction> direction(StoredEvent event) {
    for (Direction direction : Direction.values()) {
      if (direction.type().equals(event.type())) {
        return Optional.of(direction);
      }
    }
    return Optional.empty();
  }

  /** Takes the next event; answers the calls that it ends. */
  public List<Call> take(StoredEvent event) {
    Optional<String> session = session(event);
    Optional<Direction> direction = direction(event);
    if (session.isEmpty() || direction.isEmpty() || event.erased()) {
      return List.of();
    }
    List<Call> ended = new ArrayList<>();
    for (Spoken spoken : Spoken.read(event.payload().orElseThrow())) {
      switch (spoken) {
        case Spoken.Request(String id, String method, var tool, String arguments) ->
            begin(
                new Key(session.get(), direction.get(), id),
                new Call(
                    session.get(),
                    event.subject(),
                    direction.get(),
                    id,
                    method,
                    tool,
                    arguments,
                    event.position(),
                    event.recordedAt(),
                    Optional.empty()));
        case Spoken.Answer(String id, boolean failed, String result) -> {
          Call call = open.remove(new Key(session.get(), other(direction.get()), id));
          if (call != null) {
            Duration took = Duration.between(call.at(), event.recordedAt());
            ended.add(answered(call, new Answer(event.position(), failed, result, took)));
          }
        }
        case Spoken.Notification _ -> {}
      }
    }
    return ended;
  }

  private void begin(Key key, Call call) {
    open.remove(key);
    open.put(key, call);
    if (open.size() > MAX_OPEN) {
      open.remove(open.keySet().iterator().next());
    }
  }

  private static Call answered(Call call, Answer answer) {
    return new Call(
        call.session(),
        call.principal(),
        call.from(),
        call.id(),
        call.method(),
        call.tool(),
        call.arguments(),
        call.requested(),
        call.at(),
        Optional.of(answer));
  }

  private static Direction other(Direction direction) {
    return switch (direction) {
      case TO_SERVER -> Direction.TO_CLIENT;
      case TO_CLIENT -> Direction.TO_SERVER;
    };
  }

  /** The calls that nobody has answered yet, in the order of their requests. */
  public List<Call> unanswered() {
    return List.copyOf(open.values());
  }
}
