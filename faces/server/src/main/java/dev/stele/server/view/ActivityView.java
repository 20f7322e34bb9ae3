package dev.stele.server.view;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.crypto.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts a log: by stream, by type and by minute.
 *
 * <p>What it counts stands in the records, so an erase changes nothing of it. A stream's name can
 * be longer than a key, which is its hash therefore.
 */
public final class ActivityView implements View {
  /** The name to read it by. */
  public static final String NAME = "activity";

  /** One row for each stream: how many events, the first and the last of them. */
  public static final Table STREAMS =
      Table.named("activity_streams")
          .bytes("hash")
          .text("stream")
          .integer("events")
          .integer("first_position")
          .integer("last_position")
          .integer("last_at")
          .key("hash")
          .index("activity_streams_by_last", "last_position")
          .build();

  /** One row for each type. */
  public static final Table TYPES =
      Table.named("activity_types")
          .text("type")
          .integer("events")
          .integer("last_position")
          .key("type")
          .build();

  /** One row for each minute since the epoch in which an event was recorded. */
  public static final Table RATES =
      Table.named("activity_rates").integer("minute").integer("events").key("minute").build();

  private static final long MILLIS_PER_MINUTE = 60_000;

  private static final class Stream {
    long events;
    long first;
    long last;
    long lastAt;
  }

  private static final class Counted {
    long events;
    long last;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int version() {
    return 1;
  }

  @Override
  public List<Table> tables() {
    return List.of(STREAMS, TYPES, RATES);
  }

  @Override
  public Forgetting forgetting() {
    return Forgetting.BY_ITSELF;
  }

  @Override
  public History history() {
    return History.WHAT_IS_LEFT;
  }

  /** Counts a batch in memory first: a row is written once a batch, not once an event. */
  @Override
  public void apply(List<StoredEvent> events, Tables tables) {
    Map<String, Stream> streams = new HashMap<>();
    Map<String, Counted> types = new HashMap<>();
    Map<Long, Long> minutes = new HashMap<>();
    for (StoredEvent event : events) {
      Stream stream = streams.computeIfAbsent(event.stream(), _ -> new Stream());
      stream.first = stream.events == 0 ? event.position() : stream.first;
      stream.events++;
      stream.last = event.position();
      stream.lastAt = event.recordedAt().toEpochMilli();
      Counted type = types.computeIfAbsent(event.type(), _ -> new Counted());
      type.events++;
      type.last = event.position();
      minutes.merge(stream.lastAt / MILLIS_PER_MINUTE, 1L, Long::sum);
    }
    streams.forEach((name, more) -> write(tables, name, more));
    types.forEach(
        (name, more) -> {
          long before = tables.get(TYPES, name).map(row -> row.integer("events")).orElse(0L);
          tables.put(TYPES, name, before + more.events, more.last);
        });
    minutes.forEach(
        (minute, more) -> {
          long before = tables.get(RATES, minute).map(row -> row.integer("events")).orElse(0L);
          tables.put(RATES, minute, before + more);
        });
  }

  private static void write(Tables tables, String name, Stream more) {
    byte[] hash = Sha256.hash(name.getBytes(StandardCharsets.UTF_8));
    Optional<TableRow> before = tables.get(STREAMS, (Object) hash);
    tables.put(
        STREAMS,
        hash,
        name,
        before.map(row -> row.integer("events")).orElse(0L) + more.events,
        before.map(row -> row.integer("first_position")).orElse(more.first),
        more.last,
        more.lastAt);
  }
}
