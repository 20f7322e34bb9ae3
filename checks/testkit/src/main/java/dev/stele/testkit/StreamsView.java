package dev.stele.testkit;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A view that reads what it wrote: how much is in each stream, and its last {@value #LATEST}
 * events.
 *
 * <p>An event with the payload {@code fail} cannot be applied, for tests of what happens then, as
 * long as {@link #fails} says so.
 */
public final class StreamsView implements View {
  /** How many events of a stream are kept. */
  public static final int LATEST = 3;

  /** How much is in each stream. */
  public static final Table STREAMS =
      Table.named("streams")
          .text("stream")
          .integer("events")
          .integer("bytes")
          .nullableText("last_payload")
          .key("stream")
          .index("streams_by_size", "bytes", "events")
          .build();

  /** The last events of each stream. */
  public static final Table RECENT =
      Table.named("recent")
          .text("stream")
          .integer("position")
          .text("id")
          .key("stream", "position")
          .index("recent_by_id", "id")
          .build();

  private final int version;
  private volatile boolean fails = true;

  /**
   * The view as some version of its code would write it: the version is added to what it counts.
   */
  public StreamsView(int version) {
    this.version = version;
  }

  /** Version 1. */
  public StreamsView() {
    this(1);
  }

  /** Whether an event that says so fails. */
  public void fails(boolean does) {
    fails = does;
  }

  @Override
  public String name() {
    return "streams";
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public List<Table> tables() {
    return List.of(STREAMS, RECENT);
  }

  @Override
  public void apply(List<StoredEvent> events, Tables tables) {
    for (StoredEvent event : events) {
      apply(event, tables);
    }
  }

  private void apply(StoredEvent event, Tables tables) {
    String stream = event.stream();
    Optional<String> payload =
        event.payload().map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    if (fails && payload.equals(Optional.of("fail"))) {
      throw new UnsupportedOperationException("event %d says fail".formatted(event.position()));
    }
    Optional<TableRow> known = tables.get(STREAMS, stream);
    tables.put(
        STREAMS,
        stream,
        known.map(row -> row.integer("events")).orElse(version - 1L) + 1,
        known.map(row -> row.integer("bytes")).orElse(0L) + payload.map(String::length).orElse(0),
        payload.orElse(null));
    tables.put(RECENT, stream, event.position(), event.id());
    List<TableRow> recent = new ArrayList<>();
    tables.forEach(Scan.of(RECENT).prefix(stream).backwards().limit(LATEST + 1), recent::add);
    if (recent.size() > LATEST) {
      tables.delete(RECENT, stream, recent.getLast().integer("position"));
    }
  }
}
