package dev.stele.core.log;

import dev.stele.core.engine.Durability;
import dev.stele.core.gate.Admitted;
import java.util.List;

/**
 * A request to append one or more events of one stream: all of them next to each other, or none.
 *
 * @param events 1 to {@value #MAX_EVENTS} admitted events of the same stream
 * @param expected what the appender believes about that stream
 * @param durability what the ack must mean; {@link Durability#DURABLE} unless weakened by name
 * @param withProof whether the ack carries a signed checkpoint and the inclusion path of the first
 *     event, made in the same commit
 * @param stamps one for each event, or empty for the log to draw them
 */
public record Append(
    List<Admitted> events,
    ExpectedRevision expected,
    Durability durability,
    boolean withProof,
    List<Stamp> stamps) {
  /** The most events of one request: its transaction and its memory need a bound. */
  public static final int MAX_EVENTS = 10_000;

  /** Checks the bounds and that all events are of one stream. */
  public Append {
    events = List.copyOf(events);
    stamps = List.copyOf(stamps);
    if (events.isEmpty() || events.size() > MAX_EVENTS) {
      throw new IllegalArgumentException(
          "an append has 1 to " + MAX_EVENTS + " events, not " + events.size());
    }
    if (!stamps.isEmpty() && stamps.size() != events.size()) {
      throw new IllegalArgumentException(
          "%d events need %d stamps or none, not %d"
              .formatted(events.size(), events.size(), stamps.size()));
    }
    String stream = events.getFirst().draft().stream();
    for (Admitted event : events) {
      if (!event.draft().stream().equals(stream)) {
        throw new IllegalArgumentException(
            "the events of one append share a stream, not '%s' and '%s'"
                .formatted(stream, event.draft().stream()));
      }
    }
  }

  /** A durable append of one event, with no expectation. */
  public static Append of(Admitted event) {
    return of(List.of(event));
  }

  /** A durable append of events that stand or fall together, with no expectation. */
  public static Append of(List<Admitted> events) {
    return new Append(events, ExpectedRevision.ANY, Durability.DURABLE, false, List.of());
  }

  /** The same, but only if the stream's last revision is {@code revision}. */
  public Append expecting(long revision) {
    return new Append(events, ExpectedRevision.exactly(revision), durability, withProof, stamps);
  }

  /** The same, acknowledged at another level. */
  public Append at(Durability level) {
    return new Append(events, expected, level, withProof, stamps);
  }

  /** The same, with the proof in the ack. */
  public Append proven() {
    return new Append(events, expected, durability, true, stamps);
  }

  /** The same, with given times and salts. */
  public Append stamped(List<Stamp> given) {
    return new Append(events, expected, durability, withProof, given);
  }
}
