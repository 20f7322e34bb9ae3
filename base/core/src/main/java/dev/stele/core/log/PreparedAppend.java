package dev.stele.core.log;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.Row;
import dev.stele.core.event.Body;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.gate.Admitted;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An append with everything done that needs no place in the log: bodies encoded and hashed, claims
 * turned into index keys. Made on the caller's thread, so that the writer does little more than
 * link and store.
 */
final class PreparedAppend {
  /**
   * One event, ready to be placed.
   *
   * @param record filled but for its place
   * @param keys the index keys of its claims, 16 bytes each
   */
  record Event(
      EventDraft draft,
      byte[] record,
      byte[] body,
      byte[] keys,
      IndexKey[] claims,
      long stampMillis) {}

  static final long UNSTAMPED = Long.MIN_VALUE;

  final Append append;
  final Event[] events;
  final IndexKey stream;

  /** Set by the writer before the caller goes on. */
  @Nullable AppendResult result;

  /** Set by the writer instead of a result when the engine failed. */
  @Nullable RuntimeException failure;

  PreparedAppend(Append append, LogKeys.Indexer indexer, Supplier<byte[]> salts) {
    this.append = append;
    this.events = new Event[append.events().size()];
    byte[] stream = utf8(append.events().getFirst().draft().stream());
    this.stream = IndexKey.ofStream(stream);
    for (int i = 0; i < events.length; i++) {
      Admitted admitted = append.events().get(i);
      EventDraft draft = admitted.draft();
      boolean stamped = !append.stamps().isEmpty();
      byte[] salt = stamped ? append.stamps().get(i).salt() : salts.get();
      byte[] body = Body.encode(draft, salt);
      byte[] record =
          EventRecord.encodeUnplaced(
              stream,
              utf8(draft.type()),
              utf8(draft.id()),
              utf8(admitted.by().toString()),
              Body.hash(body),
              draft);
      List<Claim> claims = draft.claims();
      byte[] keys = new byte[claims.size() * Row.KEY_BYTES];
      IndexKey[] indexKeys = new IndexKey[claims.size()];
      for (int c = 0; c < indexKeys.length; c++) {
        byte[] key = indexer.key(claims.get(c));
        System.arraycopy(key, 0, keys, c * Row.KEY_BYTES, Row.KEY_BYTES);
        indexKeys[c] = IndexKey.of(key, 0);
      }
      long stampMillis = stamped ? append.stamps().get(i).recordedAtMillis() : UNSTAMPED;
      events[i] = new Event(draft, record, body, keys, indexKeys, stampMillis);
    }
  }

  long sizeBytes() {
    long size = 0;
    for (Event event : events) {
      size += event.body.length + event.record.length;
    }
    return size;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
