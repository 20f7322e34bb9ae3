package dev.stele.envelope.view;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.SignedEnvelope;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whole envelopes by their hash, beside an authority that is slower to ask.
 *
 * <p>Each part carries the hash of its bytes, so that what the disk has changed is not taken for
 * the envelope.
 */
public final class BlobView implements View {
  /** The view's name. */
  public static final String NAME = "envelope_blobs";

  /** Where the hash of an envelope is found by its id. */
  static final Table IDS =
      Table.named("blob_ids")
          .text("id")
          .integer("position")
          .bytes("hash")
          .integer("recorded_at")
          .integer("size_bytes")
          .key("id")
          .index("blob_ids_by_position", "position")
          .build();

  /** The bytes of an envelope, in parts. */
  static final Table BLOBS =
      Table.named("blobs")
          .bytes("hash")
          .integer("part")
          .bytes("sum")
          .bytes("data")
          .key("hash", "part")
          .build();

  /** A value of a view has at most 1 MiB. */
  private static final int PART_BYTES = 1_000_000;

  /** The view, without anything in it. */
  public BlobView() {}

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
    return List.of(IDS, BLOBS);
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
        event.payload().ifPresent(wire -> put(event, wire, tables));
      } else if (event.stream().equals(Receipt.STREAM)) {
        event.payload().ifPresent(note -> follow(note, tables));
      }
    }
  }

  private static void put(StoredEvent event, byte[] wire, Tables tables) {
    SignedEnvelope envelope = StoredEnvelopes.read(wire);
    byte[] hash = envelope.hash();
    long recordedAt = event.recordedAt().toEpochMilli();
    tables.put(IDS, event.id(), event.position(), hash, recordedAt, (long) wire.length);
    for (int from = 0, part = 0; from < wire.length; from += PART_BYTES, part++) {
      byte[] data = Arrays.copyOfRange(wire, from, Math.min(wire.length, from + PART_BYTES));
      tables.put(BLOBS, hash, (long) part, Sha256.hash(data), data);
    }
  }

  private static void follow(byte[] note, Tables tables) {
    if (!(Receipt.read(note) instanceof Parsed.Value<Receipt>(Receipt receipt))) {
      throw new IllegalStateException("a receipt in the log cannot be read");
    }
    if (receipt instanceof Receipt.Erased erased) {
      erased.ranges().forEach(each -> forget(each.range().first(), each.range().last(), tables));
    }
  }

  private static void forget(long first, long last, Tables tables) {
    Scan scan = Scan.of(IDS).by("blob_ids_by_position").from(first).to(last);
    List<TableRow> page = tables.page(scan);
    while (!page.isEmpty()) {
      for (TableRow row : page) {
        forgetParts(row.bytes("hash"), tables);
        tables.delete(IDS, row.text("id"));
      }
      page = tables.page(scan);
    }
  }

  /** Page by page: a large envelope has more parts than one page gives. */
  private static void forgetParts(byte[] hash, Tables tables) {
    Scan scan = Scan.of(BLOBS).prefix((Object) hash);
    List<TableRow> page = tables.page(scan);
    while (!page.isEmpty()) {
      page.forEach(part -> tables.delete(BLOBS, hash, part.integer("part")));
      page = tables.page(scan);
    }
  }

  /**
   * A blob as it was found.
   *
   * @param position of its event
   * @param recordedAtMillis when the log recorded it
   * @param wire the envelope's bytes
   */
  public record Blob(long position, long recordedAtMillis, byte[] wire) {}

  /**
   * The envelope with an id.
   *
   * @throws Disagreement when what is there is not what was put
   */
  public static Optional<Blob> find(TableReader tables, String id) {
    return tables
        .get(IDS, id)
        .map(
            row -> {
              byte[] wire = read(tables, row.bytes("hash"));
              if (wire.length != row.integer("size_bytes")) {
                throw new Disagreement("the blob of " + id + " is not there, or not whole");
              }
              requireId(wire, id);
              return new Blob(row.integer("position"), row.integer("recorded_at"), wire);
            });
  }

  /** Compares without reading all of it: an envelope is stored with its id first, in any case. */
  private static void requireId(byte[] wire, String id) {
    String beginning = "{\"header\":{\"id\":\"" + id + "\"";
    int length = Math.min(wire.length, beginning.length());
    if (!new String(wire, 0, length, StandardCharsets.ISO_8859_1).equalsIgnoreCase(beginning)) {
      throw new Disagreement("another envelope stands under the hash of " + id);
    }
  }

  private static byte[] read(TableReader tables, byte[] hash) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    tables.forEach(
        Scan.of(BLOBS).prefix((Object) hash),
        part -> {
          byte[] data = part.bytes("data");
          if (!Arrays.equals(Sha256.hash(data), part.bytes("sum"))) {
            throw new Disagreement("a blob is not the bytes that were put");
          }
          wire.writeBytes(data);
        });
    return wire.toByteArray();
  }

  /** What is kept beside the log says something else than the log: it is to be built again. */
  public static final class Disagreement extends RuntimeException {
    Disagreement(String message) {
      super(message);
    }
  }
}
