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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
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
  public Batch begin(Tables tables) {
    return new Gathered(tables);
  }

  /**
   * What one batch comes to: each row is written once, when it ends. One thread.
   *
   * <p>What went from the tables is deleted at once, so that until the end they hold what was there
   * before and still is; what came waits.
   */
  private static final class Gathered implements Batch {
    private final Tables tables;

    /** By the id of the event that interacts. */
    private final Map<String, Came> came = new LinkedHashMap<>();

    private final List<Interaction> gone = new ArrayList<>();

    private record Came(Interaction interaction, long createdAt) {}

    Gathered(Tables tables) {
      this.tables = tables;
    }

    @Override
    public void appears(NostrEvent event, long position) {
      Interaction.of(event)
          .ifPresent(added -> came.put(event.id(), new Came(added, event.createdAt())));
    }

    @Override
    public void goes(NostrEvent event, long position) {
      if (came.remove(event.id()) != null) {
        return;
      }
      byte[] id = HEX.parseHex(event.id());
      Optional<Interaction> was = tables.get(INTERACTIONS, (Object) id).map(Interaction::of);
      if (was.isPresent()) {
        tables.delete(INTERACTIONS, (Object) id);
        gone.add(was.get());
      }
    }

    @Override
    public void end(long last) {
      Map<String, Target> targets = new TreeMap<>();
      gone.forEach(each -> target(targets, each).goes(each));
      came.values().forEach(each -> target(targets, each.interaction()).comes(each));
      // In rounds, so that what one reads is not what another is writing.
      targets.values().forEach(Target::count);
      came.forEach(this::put);
      targets.values().forEach(Target::putCounts);
      targets.values().forEach(Target::putTotals);
      came.clear();
      gone.clear();
    }

    private Target target(Map<String, Target> targets, Interaction of) {
      return targets.computeIfAbsent(
          HEX.formatHex(of.target()), id -> new Target(id, of.target(), tables));
    }

    private void put(String id, Came each) {
      Interaction interaction = each.interaction();
      tables.put(
          INTERACTIONS,
          HEX.parseHex(id),
          interaction.target(),
          interaction.what().code,
          interaction.once(),
          interaction.label(),
          interaction.msat(),
          each.createdAt());
    }
  }

  /** An event with which some of a batch interact. */
  private static final class Target {
    private final String eventId;
    private final byte[] target;
    private final Tables tables;

    /** Whether anything is known of it. */
    private final boolean known;

    private final Totals before;

    /** What counts once, before the batch and after it. */
    private final Map<String, Once> onces = new LinkedHashMap<>();

    /** How much more there is of each content. */
    private final Map<String, Long> labels = new LinkedHashMap<>();

    private boolean someGo;
    private long latest = Long.MIN_VALUE;
    private long replies;
    private long reactions;
    private long msat;
    private long zapSats;

    /** Of equals one stands for all: it comes, or it was there and goes. */
    private static final class Once {
      final Interaction interaction;
      boolean comes;
      boolean goes;

      Once(Interaction interaction) {
        this.interaction = interaction;
      }
    }

    Target(String eventId, byte[] target, Tables tables) {
      this.eventId = eventId;
      this.target = target;
      this.tables = tables;
      Optional<TableRow> row = tables.get(AGGREGATES, eventId);
      this.known = row.isPresent();
      this.before = row.map(Totals::of).orElse(Totals.NONE);
      this.zapSats = before.zapSats();
    }

    private Once once(Interaction of) {
      return onces.computeIfAbsent(HEX.formatHex(of.once()), _ -> new Once(of));
    }

    void goes(Interaction interaction) {
      once(interaction).goes = true;
      someGo = true;
    }

    void comes(Gathered.Came each) {
      once(each.interaction()).comes = true;
      latest = Math.max(latest, each.createdAt());
    }

    /** While the tables hold what was there before the batch and still is. */
    void count() {
      for (Once once : onces.values()) {
        // What stays counts as it did, whatever comes or goes beside it.
        if (once.comes == once.goes || stays(once.interaction)) {
          continue;
        }
        long change = once.comes ? 1 : -1;
        switch (once.interaction.what()) {
          case REPLY -> replies += change;
          case REACTION -> {
            reactions += change;
            labels.merge(once.interaction.label(), change, Long::sum);
          }
          case ZAP -> msat += change * once.interaction.msat();
        }
      }
    }

    private boolean stays(Interaction interaction) {
      return switch (interaction.what()) {
        // Each is the only one of its kind.
        case REPLY -> false;
        case REACTION, ZAP ->
            known
                && !tables
                    .page(
                        Scan.of(INTERACTIONS)
                            .by("interactions_by_once")
                            .prefix(target, interaction.once())
                            .limit(1))
                    .isEmpty();
      };
    }

    /** Writes what is counted beside the totals. */
    void putCounts() {
      labels.values().removeIf(change -> change == 0);
      labels.forEach(
          (label, change) -> {
            long count = change + (known ? count(label) : 0);
            if (count == 0) {
              tables.delete(REACTIONS, target, label);
            } else {
              tables.put(REACTIONS, target, label, count);
            }
          });
      if (msat != 0) {
        long sum = msat + (known ? msat() : 0);
        if (sum == 0) {
          tables.delete(ZAPS, (Object) target);
        } else {
          tables.put(ZAPS, target, sum);
        }
        zapSats = sum / MSAT_OF_SAT;
      }
    }

    private long count(String label) {
      return tables.get(REACTIONS, target, label).map(row -> row.integer("reactions")).orElse(0L);
    }

    private long msat() {
      return tables.get(ZAPS, (Object) target).map(row -> row.integer("msat")).orElse(0L);
    }

    /** Writes the totals, when everything else is written. */
    void putTotals() {
      OptionalLong lastAt = lastInteractionAt();
      if (lastAt.isEmpty()) {
        tables.delete(AGGREGATES, eventId);
        return;
      }
      tables.put(
          AGGREGATES,
          eventId,
          before.replies() + replies,
          before.reactions() + reactions,
          labels.isEmpty() ? before.reactionCountsJson() : json(mostFrequent()),
          zapSats,
          lastAt.getAsLong());
    }

    private OptionalLong lastInteractionAt() {
      if (!someGo) {
        return OptionalLong.of(known ? Math.max(latest, before.lastInteractionAt()) : latest);
      }
      return tables
          .page(
              Scan.of(INTERACTIONS)
                  .by("interactions_by_time")
                  .prefix((Object) target)
                  .backwards()
                  .limit(1))
          .stream()
          .mapToLong(row -> row.integer("created_at"))
          .findFirst();
    }

    private Map<String, Long> mostFrequent() {
      if (!known && labels.size() <= MAX_LABELS) {
        return labels;
      }
      Map<String, Long> counts = new LinkedHashMap<>();
      tables
          .page(
              Scan.of(REACTIONS)
                  .by("interaction_labels_by_count")
                  .prefix((Object) target)
                  .backwards()
                  .limit(MAX_LABELS))
          .forEach(row -> counts.put(row.text("label"), row.integer("reactions")));
      return counts;
    }

    private static String json(Map<String, Long> counts) {
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
}
