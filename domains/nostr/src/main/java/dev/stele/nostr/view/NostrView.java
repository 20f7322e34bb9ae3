package dev.stele.nostr.view;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.SyncProgress;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.gate.ProgressGate;
import dev.stele.nostr.gate.SweepGate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * The events of a log that are visible by the rules of Nostr, and every way to find them.
 *
 * <ul>
 *   <li>Of what can be replaced the newest version is visible, of equally new ones that with the
 *       lowest id (NIP-01). What has gone does not come back: when the newest version is deleted by
 *       its id, or expires, no older one takes its place.
 *   <li>A deletion (NIP-09) binds what comes after it as well as what was before, and nobody but
 *       its author. A deletion cannot be deleted.
 *   <li>A request to vanish (NIP-62) that names this store takes its author's events up to its own
 *       time, deletions included, and what is wrapped for the author (kind 1059); all of this binds
 *       what comes after. The request itself stays.
 *   <li>What expires (NIP-40) is here until a sweep of the log says that its time has passed:
 *       whoever asks leaves it out before ({@link Question}).
 * </ul>
 *
 * <p>Events that are not visible leave no trace but tombstones and the heads they superseded.
 * Orders that go from new to old have {@code created_desc}, which is {@code -created_at}: stores
 * order upwards alone. An erased event goes with a rebuild, for what it superseded or deleted is
 * then to be seen again, and is in the log alone.
 *
 * <p>Immutable.
 */
public final class NostrView implements View {
  /** The view's name. */
  public static final String NAME = "nostr";

  /**
   * Every visible event. Whoever asks for authors and no kinds finds those there are by one search
   * each: an order of authors alone would be a tenth more of all that is written.
   *
   * <p>{@code d} is the key of its first {@code d} tag, where its kind is addressable: 01 and the
   * bytes of 64 hex digits, 02 and up to 64 bytes of text, or 03 and the SHA-256 of a longer one.
   */
  public static final Table EVENTS =
      Table.named("nostr_events")
          .integer("position")
          .bytes("id")
          .bytes("pubkey")
          .integer("created_desc")
          .integer("kind")
          .nullableInteger("expires_at")
          .nullableBytes("d")
          .key("position")
          .index("nostr_events_by_id", "id")
          .index("nostr_events_by_time", "created_desc", "id")
          .index("nostr_events_by_kind", "kind", "created_desc", "id")
          .index("nostr_events_by_author_kind", "pubkey", "kind", "created_desc", "id")
          .build();

  /** The text of every visible event, as it was admitted. */
  public static final Table TEXTS =
      Table.named("nostr_texts").integer("position").text("json").key("position").build();

  /**
   * Each first value of a tag of one letter, once for each visible event that has it; {@code tag}
   * is the letter and the key of the value. Whoever asks for no kinds finds those there are by one
   * search each, which is cheaper than a second order to write: it would double the most numerous
   * rows.
   */
  public static final Table TAGS =
      Table.named("nostr_tags")
          .bytes("tag")
          .integer("kind")
          .integer("created_desc")
          .bytes("id")
          .integer("position")
          .key("tag", "kind", "created_desc", "id")
          .build();

  /**
   * The newest version there was of what can be replaced; {@code position} is 0 when it has gone
   * and older versions must not take its place.
   */
  public static final Table HEADS =
      Table.named("nostr_heads")
          .bytes("pubkey")
          .integer("kind")
          .bytes("d")
          .integer("created_at")
          .bytes("id")
          .integer("position")
          .key("pubkey", "kind", "d")
          .build();

  /**
   * What an author has taken back: an event by its id, an address (a kind and the key of a {@code
   * d} tag), or everything; {@code until} is the newest {@code created_at} that it holds for.
   */
  public static final Table TOMBSTONES =
      Table.named("nostr_tombstones")
          .bytes("pubkey")
          .bytes("target")
          .integer("until")
          .key("pubkey", "target")
          .build();

  /** When visible events expire. */
  public static final Table EXPIRATIONS =
      Table.named("nostr_expirations")
          .integer("expires_at")
          .integer("position")
          .key("expires_at", "position")
          .build();

  private static final List<Table> TABLES =
      List.of(EVENTS, TEXTS, TAGS, HEADS, TOMBSTONES, EXPIRATIONS);

  /** The version of this code. */
  private static final int CODE = 3;

  /** Versions of this code stay below; what is above tells apart what a view was told. */
  private static final int CODES = 1 << 8;

  private final Set<String> names;
  private final List<Part> parts;
  private final List<Table> tables;

  /**
   * A view.
   *
   * @param names the URLs of the store, as requests to vanish may name it; other names make another
   *     version of the view, which is built anew
   * @param parts which further tables follow
   */
  public NostrView(Set<String> names, List<Part> parts) {
    this.names = new TreeSet<>();
    names.forEach(name -> this.names.add(Vanishing.plain(name)));
    this.parts = List.copyOf(parts);
    List<Table> all = new ArrayList<>(TABLES);
    this.parts.forEach(part -> all.addAll(part.tables()));
    this.tables = List.copyOf(all);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int version() {
    CRC32 told = new CRC32();
    names.forEach(name -> told.update((name + "\n").getBytes(StandardCharsets.UTF_8)));
    for (Part part : parts) {
      // What only listens is in one process and not in the other, and writes nothing anywhere.
      if (!part.tables().isEmpty() || !part.settings().isEmpty()) {
        told.update((part.settings() + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    return CODE + CODES * (int) (told.getValue() % (Integer.MAX_VALUE / CODES));
  }

  @Override
  public List<Table> tables() {
    return tables;
  }

  /** One file is the whole of a relay. */
  @Override
  public Place place() {
    return Place.IN_THE_LOG;
  }

  @Override
  public void apply(List<StoredEvent> events, Tables to) {
    Fold fold = new Fold(to, names, parts);
    for (StoredEvent event : events) {
      if (event.erased()) {
        continue;
      }
      String by = event.admittedBy();
      if (by.equals(NostrGate.ADMITTED_BY)) {
        fold.arrives(event.position(), event.payload().orElseThrow());
      } else if (by.equals(SweepGate.ADMITTED_BY)) {
        SweepGate.time(event.payload().orElseThrow()).ifPresent(fold::sweep);
      } else if (by.equals(ProgressGate.ADMITTED_BY)) {
        SyncProgress.parse(event.payload().orElseThrow()).ifPresent(fold::progresses);
      }
    }
    if (!events.isEmpty()) {
      fold.end(events.getLast().position());
    }
  }

  /** Tells whether an event that is not visible yet may become so. */
  public static Visibility visibilityOf(NostrEvent event, TableReader tables) {
    return Tombstones.visibilityOf(event, tables, _ -> true);
  }
}
