package dev.stele.core.proof;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.Row;
import dev.stele.crypto.Sha256;
import java.util.Arrays;
import java.util.Optional;

/**
 * Tells whether rows that somebody else has appended continue a log from where it is known: their
 * positions, links, times and bodies, re-computed from bytes. One thread at a time.
 */
public final class Continuation {
  private long position;
  private byte[] link;
  private long recordedAtMillis;

  /**
   * Begins after what is known.
   *
   * @param known where the log is known to end; for an empty log with the link its first event is
   *     to name
   * @param recordedAtMillis when its last event was recorded
   */
  public Continuation(Head known, long recordedAtMillis) {
    this.position = known.size();
    this.link = known.link();
    this.recordedAtMillis = recordedAtMillis;
  }

  /** Takes the next row: it is known from now on, or what is wrong with it is told. */
  public Optional<Fault> next(Row row) {
    long expected = position + 1;
    if (row.position() != expected) {
      return Optional.of(
          new Fault.Gap(
              "event %d is missing: the next one there is %d".formatted(expected, row.position())));
    }
    return switch (CheckedEvent.read(row.record(), row.body())) {
      case CheckedEvent.Read.Unreadable(Fault fault) -> Optional.of(fault);
      case CheckedEvent.Read.Ok(CheckedEvent event) -> next(row, event);
    };
  }

  private Optional<Fault> next(Row row, CheckedEvent event) {
    byte[] own = Sha256.tagged((byte) 0, row.record());
    byte[] body = row.body();
    if (event.position() != row.position()) {
      return Optional.of(
          new Fault.Gap(
              "the record at %d is that of event %d".formatted(row.position(), event.position())));
    }
    if (!Arrays.equals(own, row.link())) {
      return link("the record of event %d is not the one linked", event);
    }
    if (!event.namesPrevious(link, 0)) {
      return link("event %d does not continue the log as it is known here", event);
    }
    if (event.recordedAtMillis() < recordedAtMillis) {
      return link("event %d is recorded before its predecessor", event);
    }
    if (body != null && !event.commitsTo(Sha256.hash(body))) {
      return Optional.of(
          new Fault.Payload(
              "the body of event %d is not the one recorded".formatted(event.position())));
    }
    position = event.position();
    link = own;
    recordedAtMillis = event.recordedAtMillis();
    return Optional.empty();
  }

  private static Optional<Fault> link(String format, CheckedEvent event) {
    return Optional.of(new Fault.Link(format.formatted(event.position())));
  }
}
