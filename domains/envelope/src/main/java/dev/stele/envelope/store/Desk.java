package dev.stele.envelope.store;

import dev.stele.core.event.EventDraft;
import dev.stele.core.storage.SideTables;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Links and deliveries: what is noted about envelopes and no hash covers. Thread-safe. */
final class Desk {
  static final Table LINKS =
      Table.named("event_links")
          .text("parent_id")
          .text("child_id")
          .text("relation")
          .key("parent_id", "child_id", "relation")
          .index("event_links_by_child", "child_id")
          .build();

  static final Table DELIVERIES =
      Table.named("delivery_state")
          .text("event_id")
          .text("destination")
          .text("status")
          .integer("attempts")
          .nullableInteger("last_attempt_at")
          .key("event_id", "destination")
          .index("delivery_state_by_status", "status", "last_attempt_at")
          .build();

  static final SideTables.Definition TABLES =
      new SideTables.Definition("envelope_desk", 1, List.of(LINKS, DELIVERIES));

  /** 64 bytes: a relation is a word. */
  private static final int MAX_RELATION_BYTES = 64;

  /** 256 bytes: a destination is a name or an address. */
  private static final int MAX_DESTINATION_BYTES = 256;

  private final SideTables tables;

  Desk(SideTables tables) {
    this.tables = tables;
  }

  LinkResult link(String parent, String child, String relation) {
    if (!EventDraft.fits(relation, 1, MAX_RELATION_BYTES) || relation.indexOf(0) >= 0) {
      throw new IllegalArgumentException("a relation has 1 to 64 bytes of UTF-8 without NUL");
    }
    AtomicBoolean fresh = new AtomicBoolean();
    tables.change(
        changing -> {
          fresh.set(changing.get(LINKS, parent, child, relation).isEmpty());
          if (fresh.get()) {
            changing.put(LINKS, parent, child, relation);
          }
        });
    return fresh.get() ? new LinkResult.Linked() : new LinkResult.AlreadyLinked();
  }

  /** Links in which an envelope is the parent, then those in which it is the child. */
  List<EnvelopeLink> links(String id, int limit) {
    return tables.read(
        reading -> {
          List<EnvelopeLink> found = new ArrayList<>();
          reading.forEach(Scan.of(LINKS).prefix(id).limit(limit), row -> found.add(link(row)));
          if (found.size() < limit) {
            reading.forEach(
                Scan.of(LINKS)
                    .by("event_links_by_child")
                    .prefix(id)
                    .limit((long) limit - found.size()),
                row -> {
                  if (!row.text("parent_id").equals(id)) {
                    found.add(link(row));
                  }
                });
          }
          return found;
        });
  }

  private static EnvelopeLink link(TableRow row) {
    return new EnvelopeLink(row.text("parent_id"), row.text("child_id"), row.text("relation"));
  }

  Optional<Delivery> delivery(String id, String destination) {
    return tables.read(
        reading ->
            reading.get(DELIVERIES, id, requireDestination(destination)).map(Desk::delivery));
  }

  List<Delivery> deliveries(Delivery.Status status, int limit) {
    return tables.read(
        reading -> {
          List<Delivery> found = new ArrayList<>();
          reading.forEach(
              Scan.of(DELIVERIES).by("delivery_state_by_status").prefix(status.word()).limit(limit),
              row -> found.add(delivery(row)));
          return found;
        });
  }

  /**
   * Notes a status. An attempt counts; a delivery that was sent or given up stays so, and its
   * answer says it.
   */
  Delivery note(String id, String destination, Delivery.Status status, @Nullable Instant attempt) {
    Delivery[] noted = new Delivery[1];
    tables.change(
        changing -> {
          Optional<Delivery> known =
              changing.get(DELIVERIES, id, requireDestination(destination)).map(Desk::delivery);
          boolean over =
              known
                  .map(Delivery::status)
                  .filter(each -> each == Delivery.Status.SENT || each == Delivery.Status.DEAD)
                  .isPresent();
          if (over) {
            noted[0] = known.orElseThrow();
            return;
          }
          int attempts = known.map(Delivery::attempts).orElse(0) + (attempt == null ? 0 : 1);
          Optional<Instant> last =
              attempt == null ? known.flatMap(Delivery::lastAttemptAt) : Optional.of(attempt);
          noted[0] = new Delivery(id, destination, status, attempts, last);
          changing.put(
              DELIVERIES,
              id,
              destination,
              status.word(),
              (long) attempts,
              last.map(Desk::micros).orElse(null));
        });
    return noted[0];
  }

  private static Delivery delivery(TableRow row) {
    return new Delivery(
        row.text("event_id"),
        row.text("destination"),
        Delivery.Status.valueOf(row.text("status").toUpperCase(Locale.ROOT)),
        (int) row.integer("attempts"),
        row.isNull("last_attempt_at")
            ? Optional.empty()
            : Optional.of(Instant.EPOCH.plus(row.integer("last_attempt_at"), ChronoUnit.MICROS)));
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  private static String requireDestination(String destination) {
    if (!EventDraft.fits(destination, 1, MAX_DESTINATION_BYTES) || destination.indexOf(0) >= 0) {
      throw new IllegalArgumentException("a destination has 1 to 256 bytes of UTF-8 without NUL");
    }
    return destination;
  }
}
