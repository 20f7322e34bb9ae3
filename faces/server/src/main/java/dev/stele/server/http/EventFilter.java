package dev.stele.server.http;

import dev.stele.core.event.StoredEvent;
import dev.stele.server.json.EventJson;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Which events of a page are wanted. Immutable.
 *
 * @param stream events of this stream
 * @param type events of this type
 * @param subject events about this subject
 * @param from recorded then or later
 * @param to recorded before then
 * @param text stands in the stream, type, id, subject or payload, whatever the case
 */
record EventFilter(
    Optional<String> stream,
    Optional<String> type,
    Optional<String> subject,
    Optional<Instant> from,
    Optional<Instant> to,
    Optional<String> text) {
  static EventFilter of(Query query) {
    return new EventFilter(
        query.text("stream"),
        query.text("type"),
        query.text("subject"),
        query.instant("from"),
        query.instant("to"),
        query.text("q").map(text -> text.toLowerCase(Locale.ROOT)));
  }

  /** Whether it asks for more than the order of events can tell. */
  boolean looksAtEach() {
    return stream.isPresent() || type.isPresent() || subject.isPresent() || text.isPresent();
  }

  boolean wants(StoredEvent event) {
    return stream.filter(wanted -> !wanted.equals(event.stream())).isEmpty()
        && type.filter(wanted -> !wanted.equals(event.type())).isEmpty()
        && subject.filter(wanted -> !wanted.equals(event.subject())).isEmpty()
        && from.filter(wanted -> event.recordedAt().isBefore(wanted)).isEmpty()
        && to.filter(wanted -> !event.recordedAt().isBefore(wanted)).isEmpty()
        && text.filter(wanted -> !holds(event, wanted)).isEmpty();
  }

  private static boolean holds(StoredEvent event, String wanted) {
    return has(event.id(), wanted)
        || has(event.type(), wanted)
        || has(event.stream(), wanted)
        || has(event.subject(), wanted)
        || event.payload().flatMap(EventJson::text).filter(text -> has(text, wanted)).isPresent();
  }

  private static boolean has(String text, String wanted) {
    return text.toLowerCase(Locale.ROOT).contains(wanted);
  }
}
