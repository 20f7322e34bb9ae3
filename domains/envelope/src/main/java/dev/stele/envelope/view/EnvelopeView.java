package dev.stele.envelope.view;

import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeTime;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The headers of envelopes, in the orders in which they are asked for.
 *
 * <p>After an erase the facts of an envelope stay, as the log's record has them; its details and
 * its row of the replay guard go with it. After a release the guard's rows go that it has freed.
 */
public final class EnvelopeView implements View {
  /** The view's name. */
  public static final String NAME = "envelopes";

  /** What the log's record says of an envelope, and so stays for ever. */
  public static final Table FACTS =
      Table.named("envelope_facts")
          .integer("position")
          .text("id")
          .text("event_type")
          .text("source")
          .integer("recorded_at")
          .key("position")
          .index("envelope_facts_by_id", "id")
          .build();

  /** The rest of the header, until it is erased. Times are microseconds since the epoch. */
  public static final Table DETAILS =
      Table.named("envelope_details")
          .integer("position")
          .text("event_type")
          .text("source_key")
          .text("key_id")
          .text("nonce")
          .integer("issued_at")
          .nullableInteger("expires_at")
          .text("content_hash")
          .key("position")
          .index("envelope_details_by_type", "event_type", "issued_at")
          .index("envelope_details_by_source", "source_key", "issued_at")
          .index("envelope_details_by_key", "key_id")
          .index("envelope_details_by_content", "content_hash")
          .build();

  /** Which nonces are used, of which key, and since when the log has known. */
  public static final Table REPLAY_GUARD =
      Table.named("replay_guard")
          .text("key_id")
          .text("nonce")
          .integer("issued_at")
          .integer("recorded_at")
          .integer("position")
          .integer("releasable")
          .key("key_id", "nonce")
          .index("replay_guard_by_age", "releasable", "recorded_at")
          .index("replay_guard_by_position", "position")
          .build();

  /** 384 bytes of a source, with the time behind it, fit an index key of every store. */
  private static final int MAX_SOURCE_KEY_BYTES = 384;

  /** The view, without anything in it. */
  public EnvelopeView() {}

  /** The form of a source by which it is indexed: itself, or its hash where that is too long. */
  public static String sourceKey(String source) {
    byte[] bytes = source.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= MAX_SOURCE_KEY_BYTES
        ? source
        : "sha256:" + HexFormat.of().formatHex(Sha256.hash(bytes));
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
    return List.of(FACTS, DETAILS, REPLAY_GUARD);
  }

  @Override
  public Forgetting forgetting() {
    return Forgetting.BY_ITSELF;
  }

  @Override
  public History history() {
    return History.WHAT_IS_LEFT;
  }

  @Override
  public void apply(List<StoredEvent> events, Tables tables) {
    for (StoredEvent event : events) {
      if (StoredEnvelopes.isEnvelope(event)) {
        tell(event, tables);
      } else if (event.stream().equals(Receipt.STREAM)) {
        event.payload().ifPresent(note -> follow(note, tables));
      }
    }
  }

  private static void tell(StoredEvent event, Tables tables) {
    long recordedAt = ChronoUnit.MICROS.between(Instant.EPOCH, event.recordedAt());
    tables.put(
        FACTS,
        event.position(),
        event.id(),
        event.type(),
        StoredEnvelopes.sourceOf(event),
        recordedAt);
    event
        .payload()
        .ifPresent(
            wire -> {
              EnvelopeHeader header = StoredEnvelopes.readHeader(wire);
              long issuedAt = micros(header.issuedAt());
              @Nullable String expiresAt = header.expiresAt();
              tables.put(
                  DETAILS,
                  event.position(),
                  header.type(),
                  sourceKey(header.source()),
                  header.keyId(),
                  header.nonce(),
                  issuedAt,
                  expiresAt == null || expiresAt.isEmpty() ? null : micros(expiresAt),
                  header.payloadHash());
              tables.put(
                  REPLAY_GUARD,
                  header.keyId(),
                  header.nonce(),
                  issuedAt,
                  recordedAt,
                  event.position(),
                  isReleasable(event) ? 1L : 0L);
            });
  }

  private static long micros(String time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, EnvelopeTime.parse(time).orElseThrow());
  }

  private static boolean isReleasable(StoredEvent event) {
    return event.claims().stream()
        .anyMatch(claim -> claim.expiresAtMillis() == Claim.UNTIL_RELEASED);
  }

  /** Forgets what a receipt says was erased, and frees what it says was released. */
  private static void follow(byte[] note, Tables tables) {
    if (!(Receipt.read(note) instanceof Parsed.Value<Receipt>(Receipt receipt))) {
      throw new IllegalStateException("a receipt in the log cannot be read");
    }
    switch (receipt) {
      case Receipt.Erased erased ->
          erased
              .ranges()
              .forEach(each -> forget(each.range().first(), each.range().last(), tables));
      case Receipt.Released released -> release(released.recordedBeforeMillis() * 1_000, tables);
      case Receipt.Trimmed _, Receipt.Rewound _ -> {}
    }
  }

  private static void forget(long first, long last, Tables tables) {
    deleteAll(
        tables,
        Scan.of(DETAILS).from(first).to(last),
        row -> new Object[] {row.integer("position")});
    deleteAll(
        tables,
        Scan.of(REPLAY_GUARD).by("replay_guard_by_position").from(first).to(last),
        EnvelopeView::guardKey);
  }

  private static void release(long beforeMicros, Tables tables) {
    deleteAll(
        tables,
        Scan.of(REPLAY_GUARD).by("replay_guard_by_age").from(1L).before(1L, beforeMicros),
        EnvelopeView::guardKey);
  }

  private static Object[] guardKey(TableRow row) {
    return new Object[] {row.text("key_id"), row.text("nonce")};
  }

  /** Deletes page by page: nothing is deleted under the scan that goes over it. */
  private static void deleteAll(Tables tables, Scan scan, Function<TableRow, Object[]> key) {
    List<TableRow> page = tables.page(scan);
    while (!page.isEmpty()) {
      for (TableRow row : page) {
        tables.delete(scan.table(), key.apply(row));
      }
      page = tables.page(scan);
    }
  }
}
