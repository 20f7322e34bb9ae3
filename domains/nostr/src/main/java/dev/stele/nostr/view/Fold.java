package dev.stele.nostr.view;

import static dev.stele.nostr.view.NostrView.EVENTS;
import static dev.stele.nostr.view.NostrView.EXPIRATIONS;
import static dev.stele.nostr.view.NostrView.HEADS;
import static dev.stele.nostr.view.NostrView.TAGS;
import static dev.stele.nostr.view.NostrView.TEXTS;
import static dev.stele.nostr.view.NostrView.TOMBSTONES;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.KindClass;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.event.SyncProgress;
import dev.stele.nostr.filter.NostrFilter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One batch of {@link NostrView}: what each event does to the tables. One thread. */
final class Fold {
  private static final HexFormat HEX = HexFormat.of();

  private final Tables tables;
  private final Set<String> names;
  private final List<Part.Batch> parts;

  /** Whether authors of this batch have tombstones: most have none, and are asked about once. */
  private final Map<String, Boolean> haveTombstones = new HashMap<>();

  Fold(Tables tables, Set<String> names, List<Part> parts) {
    this.tables = tables;
    this.names = names;
    this.parts = parts.stream().map(part -> part.begin(tables)).toList();
  }

  /** An event was admitted. */
  void arrives(long position, byte[] text) {
    NostrEvent event = read(text);
    if (event.kindClass() == KindClass.EPHEMERAL) {
      return;
    }
    switch (Tombstones.visibilityOf(event, tables, this::mayHaveTombstones)) {
      case CLEAR -> appears(event, position, text);
      case SUPERSEDED, DELETED, VANISHED -> {
        return;
      }
    }
    switch (event.kind()) {
      case Tombstones.DELETION -> delete(event);
      case Vanishing.KIND -> {
        if (Vanishing.concerns(event, names)) {
          vanish(event);
        }
      }
      default -> {}
    }
  }

  /** A sync has come further. */
  void progresses(SyncProgress progress) {
    parts.forEach(part -> part.progresses(progress));
  }

  /** That was the batch, up to a position. */
  void end(long last) {
    parts.forEach(part -> part.end(last));
  }

  private static NostrEvent read(byte[] text) {
    return switch (EventJson.parse(text)) {
      case ParsedEvent.Wellformed(NostrEvent event) -> event;
      case ParsedEvent.Malformed(String code, String reason) ->
          throw new IllegalStateException(
              "an event in the log cannot be read (%s): %s; verify the log"
                  .formatted(code, reason));
    };
  }

  private boolean mayHaveTombstones(String pubkey) {
    return haveTombstones.computeIfAbsent(
        pubkey,
        _ -> !tables.page(Scan.of(TOMBSTONES).prefix(HEX.parseHex(pubkey)).limit(1)).isEmpty());
  }

  // ---- coming and going ----

  private void appears(NostrEvent event, long position, byte[] text) {
    byte[] id = HEX.parseHex(event.id());
    byte[] pubkey = HEX.parseHex(event.pubkey());
    Optional<Address> address = Address.of(event);
    if (address.isPresent()) {
      Address its = address.get();
      tables
          .get(HEADS, pubkey, (long) its.kind(), its.d())
          .map(head -> head.integer("position"))
          .filter(before -> before != 0)
          .ifPresent(this::goes);
      tables.put(HEADS, pubkey, (long) its.kind(), its.d(), event.createdAt(), id, position);
    }
    OptionalLong expiresAt = event.expiresAt();
    tables.put(
        EVENTS,
        position,
        id,
        pubkey,
        -event.createdAt(),
        (long) event.kind(),
        expiresAt.isPresent() ? (Long) expiresAt.getAsLong() : null,
        d(event, address));
    tables.put(TEXTS, position, new String(text, StandardCharsets.UTF_8));
    for (byte[] tag : tags(event)) {
      tables.put(TAGS, tag, (long) event.kind(), -event.createdAt(), id, position);
    }
    if (expiresAt.isPresent()) {
      tables.put(EXPIRATIONS, expiresAt.getAsLong(), position);
    }
    for (Part.Batch part : parts) {
      part.appears(event, position);
    }
  }

  private static byte @Nullable [] d(NostrEvent event, Optional<Address> address) {
    return event.kindClass() == KindClass.ADDRESSABLE ? address.map(Address::d).orElse(null) : null;
  }

  /** The keys of the tags of one letter, each once. */
  private static Set<byte[]> tags(NostrEvent event) {
    Set<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    for (List<String> tag : event.tags()) {
      if (tag.size() >= 2
          && tag.getFirst().length() == 1
          && NostrFilter.isTagLetter(tag.getFirst().charAt(0))) {
        keys.add(ValueKey.ofTag(tag.getFirst().charAt(0), tag.get(1)));
      }
    }
    return keys;
  }

  /** A visible event goes; its head and its tombstones are the caller's. */
  private void goes(long position) {
    String text = tables.get(TEXTS, position).orElseThrow().text("json");
    NostrEvent event = read(text.getBytes(StandardCharsets.UTF_8));
    for (Part.Batch part : parts) {
      part.goes(event, position);
    }
    byte[] id = HEX.parseHex(event.id());
    for (byte[] tag : tags(event)) {
      tables.delete(TAGS, tag, (long) event.kind(), -event.createdAt(), id);
    }
    event.expiresAt().ifPresent(time -> tables.delete(EXPIRATIONS, time, position));
    tables.delete(TEXTS, position);
    tables.delete(EVENTS, position);
  }

  /** A visible event goes, and no older version takes its place. */
  private void goesForGood(TableRow row) {
    long position = row.integer("position");
    goes(position);
    head(row)
        .filter(head -> head.integer("position") == position)
        .ifPresent(
            head ->
                tables.put(
                    HEADS,
                    head.bytes("pubkey"),
                    head.integer("kind"),
                    head.bytes("d"),
                    head.integer("created_at"),
                    head.bytes("id"),
                    0L));
  }

  private Optional<TableRow> head(TableRow row) {
    int kind = (int) row.integer("kind");
    return switch (KindClass.of(kind)) {
      case REPLACEABLE -> tables.get(HEADS, row.bytes("pubkey"), (long) kind, ValueKey.of(""));
      case ADDRESSABLE -> tables.get(HEADS, row.bytes("pubkey"), (long) kind, row.bytes("d"));
      case REGULAR, EPHEMERAL -> Optional.empty();
    };
  }

  // ---- taking back ----

  private void bury(byte[] pubkey, byte[] target, long until) {
    long before =
        tables
            .get(TOMBSTONES, pubkey, target)
            .map(row -> row.integer("until"))
            .orElse(Long.MIN_VALUE);
    if (until > before) {
      tables.put(TOMBSTONES, pubkey, target, until);
    }
    haveTombstones.put(HEX.formatHex(pubkey), true);
  }

  private void delete(NostrEvent deletion) {
    byte[] pubkey = HEX.parseHex(deletion.pubkey());
    for (List<String> tag : deletion.tags()) {
      if (tag.size() < 2) {
        continue;
      }
      String value = tag.get(1);
      switch (tag.getFirst()) {
        case "e" -> {
          if (ValueKey.isHash(value)) {
            deleteEvent(pubkey, HEX.parseHex(value));
          }
        }
        case "a" ->
            Address.parse(value, deletion.pubkey())
                .ifPresent(address -> deleteAddress(pubkey, address, deletion.createdAt()));
        default -> {}
      }
    }
  }

  private void deleteEvent(byte[] pubkey, byte[] id) {
    bury(pubkey, Tombstones.event(id), Long.MAX_VALUE);
    for (TableRow row : tables.page(Scan.of(EVENTS).by("nostr_events_by_id").prefix(id))) {
      if (Arrays.equals(row.bytes("pubkey"), pubkey)
          && Tombstones.isDeletable((int) row.integer("kind"))) {
        goesForGood(row);
      }
    }
  }

  private void deleteAddress(byte[] pubkey, Address address, long until) {
    bury(pubkey, address.target(), until);
    Optional<TableRow> head = tables.get(HEADS, pubkey, (long) address.kind(), address.d());
    if (head.isPresent() && head.get().integer("created_at") <= until) {
      if (head.get().integer("position") != 0) {
        goes(head.get().integer("position"));
      }
      // The tombstone keeps away every version that the head would.
      tables.delete(HEADS, pubkey, (long) address.kind(), address.d());
    }
  }

  // Scans are read a page at a time and go on behind its last row, so that rows of a page may be
  // deleted while the scan lasts.

  private void vanish(NostrEvent request) {
    byte[] pubkey = HEX.parseHex(request.pubkey());
    long newest = -request.createdAt();
    bury(pubkey, Tombstones.everything(), request.createdAt());
    tables.forEach(
        Scan.of(EVENTS).by("nostr_events_by_author_kind").prefix((Object) pubkey),
        row -> {
          if (row.integer("created_desc") >= newest && row.integer("kind") != Vanishing.KIND) {
            goes(row.integer("position"));
          }
        });
    byte[] wrapped = ValueKey.ofTag('p', request.pubkey());
    tables.forEach(
        Scan.of(TAGS)
            .from(wrapped, (long) Tombstones.GIFT_WRAP, newest)
            .to(wrapped, (long) Tombstones.GIFT_WRAP),
        row -> goes(row.integer("position")));
    tables.forEach(
        Scan.of(HEADS).prefix((Object) pubkey),
        head -> {
          if (head.integer("created_at") <= request.createdAt()) {
            tables.delete(HEADS, pubkey, head.integer("kind"), head.bytes("d"));
          }
        });
  }

  /** What expired until a time goes. */
  void sweep(long time) {
    tables.forEach(
        Scan.of(EXPIRATIONS).to(time),
        row -> tables.get(EVENTS, row.integer("position")).ifPresent(this::goesForGood));
  }
}
