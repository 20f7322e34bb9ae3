package dev.stele.testkit;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.event.Body;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.OnDuplicate;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Linked rows as a log would write them, for tests that speak to an engine without a log.
 *
 * <p>Works one batch ahead of an engine. One thread at a time.
 */
public final class Rows {
  private static final byte[] GATE = "test/1".getBytes(StandardCharsets.UTF_8);

  private final Map<String, Long> revisions = new HashMap<>();
  private long size;
  private byte[] link = EventRecord.genesis("test.example/rows");
  private Head committed = head();

  /** The end of what was made so far. */
  public Head head() {
    return new Head(size, link);
  }

  /** The end of what was committed by {@link #commit}. */
  public Head committed() {
    return committed;
  }

  /** Tells that the engine ends there, after a commit that was not made by {@link #commit}. */
  public void committed(Head head) {
    committed = head;
  }

  /** The next row: an event of {@code stream} that makes a claim of its own. */
  public Row next(String stream, byte[] payload) {
    return next(EventDraft.of(stream, "tested", "", payload));
  }

  private Row next(EventDraft draft) {
    size++;
    long revision = revisions.merge(draft.stream(), 1L, Long::sum);
    byte[] body = Body.encode(draft, new byte[Body.SALT_BYTES]);
    byte[] record =
        EventRecord.encodeUnplaced(
            draft.stream().getBytes(StandardCharsets.UTF_8),
            "tested".getBytes(StandardCharsets.UTF_8),
            new byte[0],
            GATE,
            Body.hash(body),
            draft);
    EventRecord.place(record, size, link, 1_000 + size, revision);
    link = EventRecord.link(record);
    return new Row(size, link, record, body, claimOf(size).bytes());
  }

  /** As {@link #next}, but the claim expires. */
  public Row nextExpiring(String stream, byte[] payload, long expiresAtMillis) {
    Claim claim = new Claim("test", new byte[] {1}, OnDuplicate.REFUSE, expiresAtMillis);
    return next(new EventDraft(stream, "tested", "", payload, List.of(claim), ""));
  }

  /** The next {@code count} rows, all of one stream. */
  public List<Row> next(String stream, int count) {
    List<Row> rows = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      rows.add(next(stream, new byte[] {(byte) i}));
    }
    return rows;
  }

  /** The key of the claim that the row at {@code position} makes; spread over all keys. */
  public static IndexKey claimOf(long position) {
    byte[] bytes = ByteBuffer.allocate(8).putLong(position).array();
    return IndexKey.ofStream(bytes);
  }

  /** The key of a stream. */
  public static IndexKey keyOf(String stream) {
    return IndexKey.ofStream(stream.getBytes(StandardCharsets.UTF_8));
  }

  /** A batch of nothing but rows. */
  public static Batch batch(List<Row> rows) {
    return new Batch(rows, List.of(), null);
  }

  /** A batch of rows and an unsigned note that stands for the checkpoint after them. */
  public static Batch batchWithCheckpoint(List<Row> rows, long size) {
    byte[] note = ("note of " + size).getBytes(StandardCharsets.UTF_8);
    return new Batch(rows, List.of(), new StoredCheckpoint(size, note));
  }

  /** Commits the next {@code count} rows of {@code stream}, which must succeed. */
  public List<Row> commit(LogEngine engine, LogId log, String stream, int count) {
    List<Row> rows = next(stream, count);
    commit(engine, log, batch(rows));
    return rows;
  }

  /** Commits a batch made of {@link #next}, which must succeed. */
  public void commit(LogEngine engine, LogId log, Batch batch) {
    var result = engine.commit(log, committed, batch, engine.strongest());
    if (!(result instanceof dev.stele.core.engine.CommitResult.Committed)) {
      throw new AssertionError("the engine answered " + result + " to a batch after " + committed);
    }
    if (!batch.rows().isEmpty()) {
      Row last = batch.rows().getLast();
      committed = new Head(last.position(), last.link());
    }
  }
}
