package dev.stele.server.group;

import dev.stele.cli.Json;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.server.gate.GroupGate;
import dev.stele.server.json.JsonReading;
import dev.stele.server.json.JsonReading.NotJson;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the cursors of consumer groups are: folded from what the server noted in the log, so that a
 * replay comes to the same.
 *
 * <pre>
 *   group.created    {name, definition}        group.removed    {}
 *   group.progressed {through, done: [ … ]}    group.parked     {position, attempts, reason}
 *   group.unparked   {position, again}
 * </pre>
 */
public final class GroupsView implements View {
  /** The name to read it by. */
  public static final String NAME = "consumer_groups";

  /** The groups: what they are given, and up to where everything of it is done. */
  static final Table GROUPS =
      Table.named("consumer_groups")
          .text("name")
          .text("definition")
          .integer("through")
          .key("name")
          .build();

  /** Positions behind that which are done as well. */
  static final Table DONE =
      Table.named("consumer_groups_done")
          .text("name")
          .integer("position")
          .key("name", "position")
          .build();

  /** What was parked and is to be given again. */
  static final Table AGAIN =
      Table.named("consumer_groups_again")
          .text("name")
          .integer("position")
          .key("name", "position")
          .build();

  /** What nobody could handle. */
  static final Table PARKED =
      Table.named("consumer_groups_parked")
          .text("name")
          .integer("position")
          .integer("attempts")
          .text("reason")
          .integer("parked_at")
          .key("name", "position")
          .build();

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
    return List.of(GROUPS, DONE, AGAIN, PARKED);
  }

  @Override
  public Forgetting forgetting() {
    return Forgetting.BY_ITSELF;
  }

  @Override
  public void apply(List<StoredEvent> events, Tables tables) {
    for (StoredEvent event : events) {
      if (event.admittedBy().equals(GroupGate.ADMITTED_BY) && event.payload().isPresent()) {
        fold(event, event.payload().get(), tables);
      }
    }
  }

  private static void fold(StoredEvent event, byte[] payload, Tables tables) {
    String name = event.subject();
    Map<String, @Nullable Object> json;
    try {
      json = JsonReading.object(payload);
    } catch (NotJson e) {
      throw new IllegalStateException(
          "the note at position %d cannot be read".formatted(event.position()), e);
    }
    switch (event.type()) {
      case "group.created" -> {
        GroupDefinition definition = GroupDefinition.of(json);
        tables.put(GROUPS, name, Json.write(definition.json()), definition.after());
      }
      case "group.removed" -> {
        tables.delete(GROUPS, name);
        drop(tables, DONE, name, Long.MAX_VALUE);
        drop(tables, AGAIN, name, Long.MAX_VALUE);
        drop(tables, PARKED, name, Long.MAX_VALUE);
      }
      case "group.progressed" -> progress(tables, name, json);
      case "group.parked" -> {
        tables.delete(AGAIN, name, number(json, "position"));
        tables.put(
            PARKED,
            name,
            number(json, "position"),
            number(json, "attempts"),
            String.valueOf(json.get("reason")),
            event.recordedAt().toEpochMilli());
      }
      case "group.unparked" -> {
        tables.delete(PARKED, name, number(json, "position"));
        if (Boolean.TRUE.equals(json.get("again"))) {
          tables.put(AGAIN, name, number(json, "position"));
        }
      }
      default -> {}
    }
  }

  private static void progress(Tables tables, String name, Map<String, @Nullable Object> json) {
    Optional<TableRow> group = tables.get(GROUPS, name);
    if (group.isEmpty()) {
      return;
    }
    long through = number(json, "through");
    tables.put(GROUPS, name, group.get().text("definition"), through);
    if (json.get("done") instanceof List<?> done) {
      for (Object position : done) {
        if (position instanceof Long each) {
          tables.delete(AGAIN, name, each);
          if (each > through) {
            tables.put(DONE, name, each);
          }
        }
      }
    }
    drop(tables, DONE, name, through);
  }

  private static void drop(Tables tables, Table table, String name, long upTo) {
    Scan scan = Scan.of(table).from(name).to(name, upTo);
    List<TableRow> page = tables.page(scan);
    while (!page.isEmpty()) {
      page.forEach(row -> tables.delete(table, name, row.integer("position")));
      page = tables.page(scan);
    }
  }

  private static long number(Map<String, @Nullable Object> json, String name) {
    return json.get(name) instanceof Long number ? number : 0;
  }
}
