package dev.stele.nostr.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.crypto.Sha256;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.Threads;
import dev.stele.nostr.event.Zap;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What others made of an event: replies, reactions, zaps.
 *
 * <pre>
 *   reply      kind 1 whose parent by NIP-10 is the event, each once
 *   reaction   kind 7 whose last e is the event, once for each person and content
 *   zap        kind 9735 as {@link Zap} reads it, once for each invoice
 * </pre>
 *
 * <p>The events that interact are kept one by one ({@code interactions}), so that the second like
 * of one person counts when the first is deleted, and counts are what they would be had the deleted
 * ones never been. An event is counted for before it is there, and after it went: rows speak of
 * ids. A row stays as long as one interaction is visible. Immutable.
 */
public final class Aggregates implements Part {
  /**
   * A row for each event that somebody interacted with. {@code reaction_counts_json} is an object
   * of contents and counts, the most frequent first, of at most {@link #MAX_LABELS}; {@code
   * last_interaction_at} is the latest {@code created_at} of an interaction, in seconds.
   */
  public static final Table AGGREGATES =
      Table.named("aggregates")
          .text("event_id")
          .integer("reply_count")
          .integer("reaction_total")
          .text("reaction_counts_json")
          .integer("zap_sats_total")
          .integer("last_interaction_at")
          .key("event_id")
          .build();

  /** 100 contents are told apart in a row: who invents more of them gets no longer row. */
  public static final int MAX_LABELS = 100;

  /** 32 code points of a content are told: an emoji, or a {@code :shortcode:}, is shorter. */
  public static final int MAX_LABEL_CODE_POINTS = 32;

  static final Table INTERACTIONS =
      Table.named("interactions")
          .bytes("id")
          .bytes("target")
          .integer("what")
          .bytes("once")
          .text("label")
          .integer("msat")
          .integer("created_at")
          .key("id")
          .index("interactions_by_once", "target", "once")
          .index("interactions_by_time", "target", "created_at")
          .build();

  static final Table REACTIONS =
      Table.named("interaction_labels")
          .bytes("target")
          .text("label")
          .integer("reactions")
          .key("target", "label")
          .index("interaction_labels_by_count", "target", "reactions")
          .build();

  static final Table ZAPS =
      Table.named("interaction_zaps").bytes("target").integer("msat").key("target").build();

  private static final HexFormat HEX = HexFormat.of();
  private static final JsonFactory JSON = new JsonFactory();
  private static final int NOTE_KIND = 1;
  private static final int REACTION_KIND = 7;
  private static final int ONCE_BYTES = 16;
  private static final long MSAT_OF_SAT = 1_000;

  /**
   * What others made of an event.
   *
   * @param replies how many
   * @param reactions how many, of whatever content
   * @param reactionCountsJson by content
   * @param zapSats in whole satoshis, of the sum in thousandths
   * @param lastInteractionAt in seconds
   */
  public record Totals(
      long replies,
      long reactions,
      String reactionCountsJson,
      long zapSats,
      long lastInteractionAt) {
    /** Of an event that nobody interacted with. */
    public static final Totals NONE = new Totals(0, 0, "{}", 0, 0);

    private static Totals of(TableRow row) {
      return new Totals(
          row.integer("reply_count"),
          row.integer("reaction_total"),
          row.text("reaction_counts_json"),
          row.integer("zap_sats_total"),
          row.integer("last_interaction_at"));
    }
  }

  private enum What {
    REPLY(1),
    REACTION(2),
    ZAP(3);

    private final long code;

    What(long code) {
      this.code = code;
    }

    static What of(long code) {
      for (What what : values()) {
        if (what.code == code) {
          return what;
        }
      }
      throw new IllegalStateException("no kind of interaction is " + code);
    }
  }

  /** One event that interacts; it counts once for its target and {@code once}. */
  private record Interaction(byte[] target, What what, byte[] once, String label, long msat) {
    static Optional<Interaction> of(NostrEvent event) {
      return switch (event.kind()) {
        case NOTE_KIND ->
            Threads.of(event)
                .parent()
                .filter(Threads.Target.Event.class::isInstance)
                .map(parent -> reply((Threads.Target.Event) parent, event));
        case REACTION_KIND -> Zap.lastEvent(event).map(target -> reaction(target, event));
        case Zap.KIND -> Zap.of(event).map(Interaction::zap);
        default -> Optional.empty();
      };
    }

    private static Interaction reply(Threads.Target.Event parent, NostrEvent event) {
      return new Interaction(HEX.parseHex(parent.id()), What.REPLY, hash(event.id()), "", 0);
    }

    private static Interaction reaction(String target, NostrEvent event) {
      String content = event.content().isEmpty() ? "+" : event.content();
      return new Interaction(
          HEX.parseHex(target),
          What.REACTION,
          hash("reaction " + event.pubkey() + content),
          label(content),
          0);
    }

    private static Interaction zap(Zap zap) {
      return new Interaction(
          HEX.parseHex(zap.target()), What.ZAP, hash("zap " + zap.invoice()), "", zap.amountMsat());
    }

    private static byte[] hash(String text) {
      return Arrays.copyOf(Sha256.hash(text.getBytes(UTF_8)), ONCE_BYTES);
    }

    private static String label(String content) {
      return content.codePointCount(0, content.length()) <= MAX_LABEL_CODE_POINTS
          ? content
          : content.substring(0, content.offsetByCodePoints(0, MAX_LABEL_CODE_POINTS));
    }

    static Interaction of(TableRow row) {
      return new Interaction(
          row.bytes("target"),
          What.of(row.integer("what")),
          row.bytes("once"),
          row.text("label"),
          row.integer("msat"));
    }
  }

  /** All are alike. */
  public Aggregates() {}

  /** What others made of an event, by its id of 64 hex digits. */
  public static Totals of(TableReader tables, String eventId) {
    return tables.get(AGGREGATES, eventId).map(Totals::of).orElse(Totals.NONE);
  }

  @Override
  public List<Table> tables() {
    return List.of(AGGREGATES, INTERACTIONS, REACTIONS, ZAPS);
  }

  @Override
  public void appears(NostrEvent event, long position, Tables tables) {
    Interaction.of(event).ifPresent(interaction -> add(event, interaction, tables));
  }

  private static void add(NostrEvent event, Interaction added, Tables tables) {
    boolean first = isAbsent(added, tables);
    tables.put(
        INTERACTIONS,
        HEX.parseHex(event.id()),
        added.target(),
        added.what().code,
        added.once(),
        added.label(),
        added.msat(),
        event.createdAt());
    count(added, first ? 1 : 0, tables);
  }

  @Override
  public void goes(NostrEvent event, long position, Tables tables) {
    byte[] id = HEX.parseHex(event.id());
    Optional<Interaction> gone = tables.get(INTERACTIONS, (Object) id).map(Interaction::of);
    if (gone.isPresent()) {
      tables.delete(INTERACTIONS, (Object) id);
      count(gone.get(), isAbsent(gone.get(), tables) ? -1 : 0, tables);
    }
  }

  private static boolean isAbsent(Interaction interaction, Tables tables) {
    return tables
        .page(
            Scan.of(INTERACTIONS)
                .by("interactions_by_once")
                .prefix(interaction.target(), interaction.once())
                .limit(1))
        .isEmpty();
  }

  private static void count(Interaction interaction, int change, Tables tables) {
    byte[] target = interaction.target();
    String eventId = HEX.formatHex(target);
    List<TableRow> latest =
        tables.page(
            Scan.of(INTERACTIONS)
                .by("interactions_by_time")
                .prefix((Object) target)
                .backwards()
                .limit(1));
    if (change != 0) {
      switch (interaction.what()) {
        case REPLY -> {}
        case REACTION -> countLabel(target, interaction.label(), change, tables);
        case ZAP -> sum(target, change * interaction.msat(), tables);
      }
    }
    if (latest.isEmpty()) {
      tables.delete(AGGREGATES, eventId);
      return;
    }
    Totals before = of(tables, eventId);
    tables.put(
        AGGREGATES,
        eventId,
        before.replies() + (interaction.what() == What.REPLY ? change : 0),
        before.reactions() + (interaction.what() == What.REACTION ? change : 0),
        interaction.what() == What.REACTION ? labels(target, tables) : before.reactionCountsJson(),
        msat(target, tables) / MSAT_OF_SAT,
        latest.getFirst().integer("created_at"));
  }

  private static void countLabel(byte[] target, String label, int change, Tables tables) {
    long count =
        change
            + tables.get(REACTIONS, target, label).map(row -> row.integer("reactions")).orElse(0L);
    if (count == 0) {
      tables.delete(REACTIONS, target, label);
    } else {
      tables.put(REACTIONS, target, label, count);
    }
  }

  private static void sum(byte[] target, long change, Tables tables) {
    long msat = msat(target, tables) + change;
    if (msat == 0) {
      tables.delete(ZAPS, (Object) target);
    } else {
      tables.put(ZAPS, target, msat);
    }
  }

  private static long msat(byte[] target, Tables tables) {
    return tables.get(ZAPS, (Object) target).map(row -> row.integer("msat")).orElse(0L);
  }

  private static String labels(byte[] target, Tables tables) {
    Map<String, Long> counts = new LinkedHashMap<>();
    tables
        .page(
            Scan.of(REACTIONS)
                .by("interaction_labels_by_count")
                .prefix((Object) target)
                .backwards()
                .limit(MAX_LABELS))
        .forEach(row -> counts.put(row.text("label"), row.integer("reactions")));
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      counts.entrySet().stream()
          .sorted(
              Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                  .thenComparing(Map.Entry.comparingByKey()))
          .forEach(each -> json.writeNumberProperty(each.getKey(), each.getValue()));
      json.writeEndObject();
    }
    return text.toString();
  }
}
