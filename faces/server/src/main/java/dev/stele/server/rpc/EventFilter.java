package dev.stele.server.rpc;

import dev.stele.core.event.StoredEvent;
import dev.stele.wire.v1.Filter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Which events are wanted; what is empty is not asked for. Immutable.
 *
 * @param text in lower case
 */
record EventFilter(
    String stream,
    String id,
    String type,
    String subject,
    Optional<Instant> from,
    Optional<Instant> to,
    String text) {

  static EventFilter of(Filter filter) {
    return new EventFilter(
        filter.getStream(),
        filter.getId(),
        filter.getType(),
        filter.getSubject(),
        filter.hasRecordedFrom()
            ? Optional.of(Fields.instant("recorded_from", filter.getRecordedFrom()))
            : Optional.empty(),
        filter.hasRecordedTo()
            ? Optional.of(Fields.instant("recorded_to", filter.getRecordedTo()))
            : Optional.empty(),
        filter.getText().toLowerCase(Locale.ROOT));
  }

  boolean wants(StoredEvent event) {
    return wants(stream, event.stream())
        && wants(id, event.id())
        && wants(type, event.type())
        && wants(subject, event.subject())
        && from.filter(wanted -> event.recordedAt().isBefore(wanted)).isEmpty()
        && to.filter(wanted -> !event.recordedAt().isBefore(wanted)).isEmpty()
        && (text.isEmpty() || holds(event));
  }

  private static boolean wants(String wanted, String actual) {
    return wanted.isEmpty() || wanted.equals(actual);
  }

  private boolean holds(StoredEvent event) {
    return has(event.stream())
        || has(event.type())
        || has(event.id())
        || has(event.subject())
        || event.payload().map(EventFilter::text).filter(this::has).isPresent();
  }

  private boolean has(String where) {
    return where.toLowerCase(Locale.ROOT).contains(text);
  }

  /** A payload as text; nothing is found in one that is none. */
  private static String text(byte[] payload) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
    } catch (CharacterCodingException e) {
      return "";
    }
  }
}
