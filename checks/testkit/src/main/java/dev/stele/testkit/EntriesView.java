package dev.stele.testkit;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import java.util.List;
import java.util.Optional;

/**
 * The smallest view that is of use: a row for each event, found by stream and by type.
 *
 * <pre>
 *   entries  position │ stream │ type │ recorded_at │ id │ payload, null when it was erased
 *            entries_by_stream (stream, position)   entries_by_type (type, recorded_at)
 * </pre>
 */
public final class EntriesView implements View {
  /** Its one table. */
  public static final Table ENTRIES =
      Table.named("entries")
          .integer("position")
          .text("stream")
          .text("type")
          .integer("recorded_at")
          .text("id")
          .nullableBytes("payload")
          .key("position")
          .index("entries_by_stream", "stream", "position")
          .index("entries_by_type", "type", "recorded_at")
          .build();

  /** A view without entries. */
  public EntriesView() {}

  @Override
  public String name() {
    return "entries";
  }

  @Override
  public int version() {
    return 1;
  }

  @Override
  public List<Table> tables() {
    return List.of(ENTRIES);
  }

  @Override
  public void apply(List<StoredEvent> events, Tables tables) {
    for (StoredEvent event : events) {
      Optional<byte[]> payload = event.payload();
      tables.put(
          ENTRIES,
          event.position(),
          event.stream(),
          event.type(),
          event.recordedAt().toEpochMilli(),
          event.id(),
          payload.orElse(null));
    }
  }
}
