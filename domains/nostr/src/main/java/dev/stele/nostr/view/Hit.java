package dev.stele.nostr.view;

import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A row that stands for a visible event, and what was read of the event since. In the order of
 * answers: the newest first, of equally new ones that with the lowest id. One thread.
 */
final class Hit implements Comparable<Hit> {
  final long createdDesc;
  final byte[] id;
  final long position;
  final int kind;
  private @Nullable TableRow eventRow;
  private @Nullable String json;
  private @Nullable NostrEvent event;

  /** A hit of a row of {@code nostr_events} or {@code nostr_tags}. */
  Hit(TableRow row) {
    this.createdDesc = row.integer("created_desc");
    this.id = row.bytes("id");
    this.position = row.integer("position");
    this.kind = (int) row.integer("kind");
    this.eventRow = row.table().equals(NostrView.EVENTS) ? row : null;
  }

  byte[] pubkey(TableReader tables) {
    TableRow known = eventRow;
    if (known == null) {
      known = tables.get(NostrView.EVENTS, position).orElseThrow();
      eventRow = known;
    }
    return known.bytes("pubkey");
  }

  String json(TableReader tables) {
    String known = json;
    if (known == null) {
      known = tables.get(NostrView.TEXTS, position).orElseThrow().text("json");
      json = known;
    }
    return known;
  }

  NostrEvent event(TableReader tables) {
    NostrEvent known = event;
    if (known == null) {
      known =
          switch (EventJson.parse(json(tables).getBytes(StandardCharsets.UTF_8))) {
            case ParsedEvent.Wellformed(NostrEvent read) -> read;
            case ParsedEvent.Malformed(String code, String reason) ->
                throw new IllegalStateException(
                    "the text of event %d cannot be read (%s): %s; build the view again"
                        .formatted(position, code, reason));
          };
      event = known;
    }
    return known;
  }

  @Override
  public int compareTo(Hit other) {
    int byTime = Long.compare(createdDesc, other.createdDesc);
    return byTime != 0 ? byTime : Arrays.compareUnsigned(id, other.id);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Hit that && compareTo(that) == 0;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(id);
  }
}
