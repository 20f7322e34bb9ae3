package dev.stele.envelope.store;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.Body;
import dev.stele.core.event.Claim;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.ReleaseResult;
import dev.stele.core.proof.Verdict;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewStore;
import dev.stele.envelope.event.EnvelopeLimits;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.Category;
import dev.stele.envelope.gate.EnvelopeAuditor;
import dev.stele.envelope.gate.EnvelopeGate;
import dev.stele.envelope.gate.EnvelopeKeyGate;
import dev.stele.envelope.gate.EnvelopeKeyRegistry;
import dev.stele.envelope.gate.KeyAct;
import dev.stele.envelope.view.BlobView;
import dev.stele.envelope.view.EnvelopeView;
import dev.stele.envelope.view.StoredEnvelopes;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps signed envelopes: verifies each, admits it once, and finds it again.
 *
 * <pre>
 *   try (EnvelopeStore store = EnvelopeStore.open("sqlite:envelopes", EnvelopeStoreOptions.DEFAULT)) {
 *     store.register("sensor-1", publicKey);
 *     SaveResult saved = store.save(wire);
 *     Optional&lt;StoredEnvelope&gt; found = store.get(id);
 *   }
 * </pre>
 *
 * <p>URIs are {@code memory:}, {@code sqlite:FOLDER}, {@code lmdb:FOLDER} and {@code postgres://…},
 * whose engine must be on the class path; {@code postgres://…?blobs=DIR} keeps whole envelopes in
 * LMDB beside the server, which stays the authority. A store that is not there yet is made, with
 * its keys.
 *
 * <p>An ack means what {@link SaveResult.Inserted#durability} says: by default synced to disk, the
 * nonce and the id included. Thread-safe, and blocking: call it from as many threads as there are
 * callers, and they share their syncs. When the disk or the server fails, a call throws {@link
 * StorageFailed}; sending the same envelope again is always safe.
 */
public final class EnvelopeStore implements AutoCloseable {
  /** How many envelopes a page has at most. */
  public static final int MAX_PAGE = 1_000;

  /** 1,024 envelopes are judged while as many are committed. */
  private static final int CHUNK = 1_024;

  /** 32 MiB of envelopes, as few of the largest as keep a processor busy. */
  private static final long CHUNK_BYTES = 32L * 1024 * 1024;

  /** 8 positions: reading the few events between two costs less than asking twice. */
  private static final int NEAR = 8;

  /** 10 seconds for a view to reach what was just appended; it takes milliseconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Storage storage;
  private final EventLog log;
  private final EnvelopeStoreOptions options;
  private final KeptViews views;
  private final Desk desk;
  private final @Nullable Blobs blobs;
  private final Judge judge;

  private EnvelopeStore(
      Storage storage,
      EventLog log,
      LogKeys keys,
      EnvelopeStoreOptions options,
      KeptViews views,
      Optional<String> blobs) {
    this.storage = storage;
    this.log = log;
    this.options = options;
    this.views = views;
    this.desk = new Desk(storage.side());
    this.judge = new Judge(log, keys, options);
    this.blobs =
        blobs
            .map(uri -> new Blobs(log, new BlobView(), () -> Storages.openViews(uri)))
            .orElse(null);
  }

  /**
   * Opens a store, making it where there is none.
   *
   * @throws IllegalArgumentException when the URI is not one of a storage on the class path
   * @throws StorageFailed when it cannot be opened, or its log does not verify
   */
  public static EnvelopeStore open(String uri, EnvelopeStoreOptions options) {
    return open(uri, options, List.of());
  }

  /**
   * As {@link #open(String, EnvelopeStoreOptions)}, with more views of the same log.
   *
   * @param alongside views that the store does not ask itself; read them by {@link #views}
   */
  public static EnvelopeStore open(String uri, EnvelopeStoreOptions options, List<View> alongside) {
    List<View> views = new ArrayList<>(alongside);
    views.add(new EnvelopeView());
    Storage storage =
        Storages.open(
            new StorageRequest(
                uri, false, views, Desk.TABLES, EnvelopeSchema.SCRIPTS, options.anchorFolder()));
    try {
      return assemble(uri, storage, options);
    } catch (RuntimeException e) {
      storage.close();
      throw e;
    }
  }

  /** Whatever fails on the way closes what was opened before it. */
  private static EnvelopeStore assemble(String uri, Storage storage, EnvelopeStoreOptions options) {
    LogKeys keys = storage.keys(options.origin(), options.anchorFolder(), options.random());
    LogOptions forLog = options.forLog(storage.anchor()).keeping(Set.of(EnvelopeKeyGate.STREAM));
    EventLog log = EventLog.open(storage.engine(), LogId.MAIN, keys, forLog);
    try {
      KeptViews views = storage.keep(log);
      try {
        return new EnvelopeStore(storage, log, keys, options, views, BlobsParameter.of(uri));
      } catch (RuntimeException e) {
        views.close();
        throw e;
      }
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  /** The log below: its checkpoints and proofs are for everybody. */
  public EventLog log() {
    return log;
  }

  /** The views that are kept of the log: the store's own, and those it was opened with. */
  public KeptViews views() {
    return views;
  }

  // ---- saving ----

  /** Saves an envelope: verifies it, and stores it unless it is there. */
  public SaveResult save(byte[] wire) {
    return switch (judge.judge(wire, options.clock().instant())) {
      case Judge.Answer.Yes(Admitted event, SignedEnvelope envelope) ->
          outcome(log.append(append(event)), envelope);
      case Judge.Answer.No no -> refusal(no, wire);
    };
  }

  /** Saves an envelope; see {@link #save(byte[])}. */
  public SaveResult save(SignedEnvelope envelope) {
    return save(envelope.wire());
  }

  /**
   * Saves many envelopes, each for itself: they share verification and syncs, not their fate.
   *
   * @return what came of each, in their order
   */
  public List<SaveResult> saveAll(List<byte[]> wires) {
    List<SaveResult> results = new ArrayList<>(wires.size());
    try (ExecutorService committer = Executors.newSingleThreadExecutor()) {
      Future<List<SaveResult>> under = CompletableFuture.completedFuture(List.of());
      int end;
      for (int from = 0; from < wires.size(); from = end) {
        end = chunkEnd(wires, from);
        List<byte[]> chunk = wires.subList(from, end);
        Instant now = options.clock().instant();
        // While these are judged on every processor, those before them are committed.
        List<Judge.Answer> answers =
            chunk.parallelStream().map(wire -> judge.judge(wire, now)).toList();
        results.addAll(join(under));
        under = committer.submit(() -> commit(chunk, answers));
      }
      results.addAll(join(under));
    }
    return results;
  }

  private static int chunkEnd(List<byte[]> wires, int from) {
    long bytes = 0;
    int end = from;
    while (end < wires.size() && end - from < CHUNK && bytes < CHUNK_BYTES) {
      bytes += wires.get(end).length;
      end++;
    }
    return end;
  }

  private List<SaveResult> commit(List<byte[]> wires, List<Judge.Answer> answers) {
    List<Append> appends = new ArrayList<>(answers.size());
    for (Judge.Answer answer : answers) {
      if (answer instanceof Judge.Answer.Yes(Admitted event, var _)) {
        appends.add(append(event));
      }
    }
    List<AppendResult> appended = log.appendAll(appends);
    List<SaveResult> results = new ArrayList<>(answers.size());
    int next = 0;
    for (int i = 0; i < answers.size(); i++) {
      results.add(
          switch (answers.get(i)) {
            case Judge.Answer.Yes(var _, SignedEnvelope envelope) ->
                outcome(appended.get(next++), envelope);
            case Judge.Answer.No no -> refusal(no, wires.get(i));
          });
    }
    return results;
  }

  private static List<SaveResult> join(Future<List<SaveResult>> under) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return under.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          if (e.getCause() instanceof RuntimeException failure) {
            throw failure;
          }
          throw new StorageFailed("a batch could not be saved", e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Append append(Admitted event) {
    return Append.of(event).at(options.durability());
  }

  private SaveResult outcome(AppendResult result, SignedEnvelope envelope) {
    return switch (result) {
      case AppendResult.Appended done -> new SaveResult.Inserted(done.first(), done.durability());
      case AppendResult.AlreadyPresent(long at) -> present(at, envelope);
      case AppendResult.Refused(Claim claim, long holder) -> refused(claim, holder, envelope);
      case AppendResult.ReadOnly(Verdict verdict) -> new SaveResult.ReadOnly(verdict);
      case AppendResult.Conflict conflict ->
          throw new IllegalStateException("an envelope expects no revision: " + conflict);
    };
  }

  /** Whether what is there is the envelope itself, or only has its payload. */
  private SaveResult present(long at, SignedEnvelope envelope) {
    return switch (options.equalPayload()) {
      // Without a claim of the payload nothing but the envelope itself answers with a position.
      case ALLOW, REJECT -> new SaveResult.AlreadyPresent(at);
      case RETURN_EXISTING ->
          log.find(EnvelopeGate.identity(envelope)).isPresent()
              ? new SaveResult.AlreadyPresent(at)
              : new SaveResult.EqualPayload(at);
    };
  }

  private static SaveResult refused(Claim claim, long holder, SignedEnvelope envelope) {
    return switch (claim.scope()) {
      case EnvelopeGate.NONCE_SCOPE ->
          new SaveResult.Replayed(envelope.header().keyId(), envelope.header().nonce(), holder);
      case Claim.EVENT_ID_SCOPE -> new SaveResult.DuplicateId(envelope.header().id(), holder);
      case EnvelopeGate.CONTENT_SCOPE ->
          new SaveResult.DuplicatePayload(envelope.header().payloadHash(), holder);
      case EnvelopeGate.ENVELOPE_SCOPE -> new SaveResult.AlreadyPresent(holder);
      default -> throw new IllegalStateException("an envelope does not claim " + claim);
    };
  }

  /**
   * An envelope that is too old to be admitted may be one that was: whoever sends it again is told
   * so. Its hash covers all of it, and the one that is there was verified.
   */
  private SaveResult refusal(Judge.Answer.No no, byte[] wire) {
    if (no.category() == Category.EXPIRED || no.category() == Category.KEY_ID_MISMATCH) {
      OptionalLong at = judge.find(wire);
      if (at.isPresent()) {
        return new SaveResult.AlreadyPresent(at.getAsLong());
      }
    }
    return new SaveResult.Invalid(no.category(), no.reason());
  }

  // ---- reading ----

  /**
   * The envelope with an id, in any spelling of a UUID; empty when there is none, or it was erased.
   *
   * @throws StorageFailed when what is stored is not what was stored
   */
  public Optional<StoredEnvelope> get(String id) {
    Optional<String> known = EventId.of(id);
    if (known.isEmpty()) {
      return Optional.empty();
    }
    Blobs beside = blobs;
    if (beside != null) {
      Optional<BlobView.Blob> blob = beside.find(known.get());
      if (blob.isPresent()) {
        return blob.map(
            found ->
                new StoredEnvelope(
                    found.position(),
                    Instant.ofEpochMilli(found.recordedAtMillis()),
                    found.wire()));
      }
    }
    Optional<StoredEnvelope> found = log.findById(known.get()).flatMap(EnvelopeStore::stored);
    if (beside != null && found.isPresent()) {
      beside.missed(known.get(), found.get().position());
    }
    return found;
  }

  /** Whether an envelope with this id is in the log, erased or not. */
  public boolean exists(String id) {
    return EventId.of(id)
        .map(known -> log.find(Claim.ofEventId(known, OnDuplicate.REFUSE)))
        .filter(OptionalLong::isPresent)
        .isPresent();
  }

  /** What is known of an envelope without its payload; also of one that was erased. */
  public Optional<EnvelopeMetadata> getMetadata(String id) {
    return EventId.of(id)
        .flatMap(
            known ->
                read(
                    tables ->
                        tables
                            .page(
                                Scan.of(EnvelopeView.FACTS)
                                    .by("envelope_facts_by_id")
                                    .prefix(known)
                                    .limit(1))
                            .stream()
                            .findFirst()
                            .map(facts -> metadata(tables, facts))));
  }

  private static EnvelopeMetadata metadata(TableReader tables, TableRow facts) {
    long position = facts.integer("position");
    return new EnvelopeMetadata(
        facts.text("id"),
        facts.text("event_type"),
        facts.text("source"),
        position,
        time(facts.integer("recorded_at")),
        tables
            .get(EnvelopeView.DETAILS, position)
            .map(
                row ->
                    new EnvelopeMetadata.Details(
                        row.text("key_id"),
                        row.text("nonce"),
                        time(row.integer("issued_at")),
                        row.isNull("expires_at")
                            ? Optional.empty()
                            : Optional.of(time(row.integer("expires_at"))),
                        row.text("content_hash"))));
  }

  /**
   * Every envelope whose canonical payload has a hash, as they were appended, at most {@link
   * #MAX_PAGE} of them.
   *
   * @param contentHash 64 hex digits
   */
  public List<StoredEnvelope> getByContentHash(String contentHash) {
    String hash = contentHash.toLowerCase(Locale.ROOT);
    List<Place> places =
        read(
            tables ->
                places(
                    tables.page(
                        Scan.of(EnvelopeView.DETAILS)
                            .by("envelope_details_by_content")
                            .prefix(hash)
                            .limit(MAX_PAGE))));
    return fetch(places);
  }

  /**
   * The next envelopes of a query.
   *
   * @param behind what an earlier page gave as {@link EnvelopePage#next}, empty for the first page
   * @param limit 1 to {@link #MAX_PAGE}; a page may have fewer before the last
   */
  public EnvelopePage iterate(EnvelopeQuery query, Optional<EnvelopeCursor> behind, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException(
          "a page has 1 to %d envelopes, not %d".formatted(MAX_PAGE, limit));
    }
    return switch (query) {
      case EnvelopeQuery.All _ -> inOrder(behind.map(EnvelopeCursor::position).orElse(0L), limit);
      case EnvelopeQuery.OfKey(String keyId) ->
          page(
              Scan.of(EnvelopeView.DETAILS).by("envelope_details_by_key"),
              List.of(keyId),
              behind.map(cursor -> List.<Object>of(keyId, cursor.position())),
              Optional.empty(),
              limit);
      case EnvelopeQuery.OfType(String type, Optional<Instant> from, Optional<Instant> before) ->
          page(
              Scan.of(EnvelopeView.DETAILS).by("envelope_details_by_type"),
              beginning(type, from),
              behind.map(cursor -> behind(type, cursor)),
              before.map(end -> List.of(type, micros(end))),
              limit);
      case EnvelopeQuery.OfSource(
              String source,
              Optional<Instant> from,
              Optional<Instant> before) -> {
        String key = EnvelopeView.sourceKey(source);
        yield page(
            Scan.of(EnvelopeView.DETAILS).by("envelope_details_by_source"),
            beginning(key, from),
            behind.map(cursor -> behind(key, cursor)),
            before.map(end -> List.of(key, micros(end))),
            limit);
      }
    };
  }

  private static List<Object> beginning(String key, Optional<Instant> from) {
    return from.isEmpty() ? List.of(key) : List.of(key, micros(from.get()));
  }

  private static List<Object> behind(String key, EnvelopeCursor cursor) {
    return List.of(key, cursor.issuedAtMicros(), cursor.position());
  }

  private EnvelopePage page(
      Scan by,
      List<Object> first,
      Optional<List<Object>> behind,
      Optional<List<Object>> before,
      int limit) {
    Scan begun = behind.isPresent() ? by.after(behind.get().toArray()) : by.from(first.toArray());
    Scan scan =
        (before.isPresent() ? begun.before(before.get().toArray()) : begun.to(first.getFirst()))
            .limit(limit);
    catchUp();
    ViewStore.Answer<List<Place>> answer =
        views.read(EnvelopeView.NAME, tables -> places(tables.page(scan)));
    List<Place> places = answer.value();
    Optional<EnvelopeCursor> next =
        places.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new EnvelopeCursor(places.getLast().issuedAtMicros(), places.getLast().position()));
    return new EnvelopePage(fetch(places), next, answer.position());
  }

  private EnvelopePage inOrder(long after, int limit) {
    List<StoredEnvelope> found = new ArrayList<>();
    long end = log.head().size();
    long at = after;
    int ask = limit;
    while (found.size() < limit && at < end) {
      List<StoredEvent> events = log.read(at, ask);
      if (events.isEmpty()) {
        break;
      }
      int before = found.size();
      for (StoredEvent event : events) {
        if (found.size() < limit) {
          stored(event).ifPresent(found::add);
          at = event.position();
        }
      }
      // Where nothing is left but what was erased, steps grow: they are not taken one by one.
      ask = found.size() > before ? limit - found.size() : Math.min(2 * ask, MAX_PAGE);
    }
    Optional<EnvelopeCursor> next =
        found.isEmpty() || at >= end ? Optional.empty() : Optional.of(new EnvelopeCursor(0, at));
    return new EnvelopePage(found, next, end);
  }

  /** Where an envelope is, and when it was issued. */
  private record Place(long position, long issuedAtMicros) {}

  private static List<Place> places(List<TableRow> rows) {
    return rows.stream()
        .map(row -> new Place(row.integer("position"), row.integer("issued_at")))
        .toList();
  }

  /** Reads envelopes by their positions, near ones together; those erased since are left out. */
  private List<StoredEnvelope> fetch(List<Place> places) {
    long[] sorted = places.stream().mapToLong(Place::position).sorted().toArray();
    Map<Long, StoredEnvelope> found = new HashMap<>();
    int at = 0;
    while (at < sorted.length) {
      int end = at + 1;
      while (end < sorted.length && sorted[end] - sorted[end - 1] <= NEAR) {
        end++;
      }
      fetch(Arrays.copyOfRange(sorted, at, end), found);
      at = end;
    }
    return places.stream()
        .map(place -> found.get(place.position()))
        .filter(Objects::nonNull)
        .toList();
  }

  private void fetch(long[] positions, Map<Long, StoredEnvelope> found) {
    long last = positions[positions.length - 1];
    long after = positions[0] - 1;
    while (after < last) {
      List<StoredEvent> events = log.read(after, (int) (last - after));
      if (events.isEmpty()) {
        return;
      }
      for (StoredEvent event : events) {
        if (Arrays.binarySearch(positions, event.position()) >= 0) {
          stored(event).ifPresent(envelope -> found.put(event.position(), envelope));
        }
      }
      after = events.getLast().position();
    }
  }

  /** An event as an envelope, if it is one and was not erased. */
  private static Optional<StoredEnvelope> stored(StoredEvent event) {
    if (!StoredEnvelopes.isEnvelope(event) || event.erased()) {
      return Optional.empty();
    }
    if (!Arrays.equals(Body.hash(event.body().orElseThrow()), event.bodyHash())) {
      throw new StorageFailed(
          "the envelope at position %d is not what was stored; verify the log"
              .formatted(event.position()));
    }
    return Optional.of(
        new StoredEnvelope(event.position(), event.recordedAt(), event.payload().orElseThrow()));
  }

  /** Reads the view of headers when it reflects all that was saved before. */
  private <T> T read(ViewStore.Reading<T> reading) {
    catchUp();
    return views.read(EnvelopeView.NAME, reading).value();
  }

  private void catchUp() {
    try {
      if (views.await(EnvelopeView.NAME, log.head().size(), PATIENCE)
          instanceof Awaited.NotReached(var status)) {
        throw new StorageFailed(
            "the view of headers is at %d of %d: %s"
                .formatted(status.position(), status.logSize(), status.state()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageFailed("interrupted while a view caught up", e);
    }
  }

  // ---- links and deliveries, outside of the log ----

  /** Notes that one envelope leads to another. Durable on return. */
  public LinkResult link(String parent, String child, String relation) {
    Optional<String> from = EventId.of(parent);
    Optional<String> to = EventId.of(child);
    if (from.isEmpty() || !exists(parent)) {
      return new LinkResult.Unknown(parent);
    }
    if (to.isEmpty() || !exists(child)) {
      return new LinkResult.Unknown(child);
    }
    return desk.link(from.get(), to.get(), relation);
  }

  /** The links of an envelope: to its children, then from its parents; at most a page. */
  public List<EnvelopeLink> links(String id) {
    return EventId.of(id).map(known -> desk.links(known, MAX_PAGE)).orElse(List.of());
  }

  /** How far the delivery of an envelope to a destination is, if one was noted. */
  public Optional<Delivery> delivery(String id, String destination) {
    return EventId.of(id).flatMap(known -> desk.delivery(known, destination));
  }

  /** Deliveries with a status, those tried longest ago first; at most {@link #MAX_PAGE}. */
  public List<Delivery> deliveries(Delivery.Status status, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException("1 to %d deliveries, not %d".formatted(MAX_PAGE, limit));
    }
    return desk.deliveries(status, limit);
  }

  /**
   * Notes how far a delivery is. {@code SENT} and {@code FAILED} are attempts and count; one that
   * is sent or dead stays so. Durable on return.
   *
   * @return what is noted now; empty when there is no such envelope
   */
  public Optional<Delivery> deliver(String id, String destination, Delivery.Status status) {
    if (!exists(id)) {
      return Optional.empty();
    }
    boolean attempt =
        switch (status) {
          case SENT, FAILED -> true;
          case PENDING, DEAD -> false;
        };
    return EventId.of(id)
        .map(
            known ->
                desk.note(known, destination, status, attempt ? options.clock().instant() : null));
  }

  // ---- keys ----

  /** Lets a key sign for a key id, from now on and without an end. */
  public KeyActResult register(String keyId, byte[] publicKey) {
    return register(keyId, publicKey, Optional.empty(), Optional.empty());
  }

  /** Lets a key sign envelopes for a key id that were issued within a time. */
  public KeyActResult register(
      String keyId, byte[] publicKey, Optional<Instant> from, Optional<Instant> until) {
    return judge.record(
        new KeyAct.Register(log.origin(), keyId, publicKey, from.orElse(null), until.orElse(null)));
  }

  /** Lets a key sign for a key id no more, whatever the envelope says of its time. */
  public KeyActResult revoke(String keyId, byte[] publicKey, String reason) {
    return judge.record(
        new KeyAct.Revoke(log.origin(), keyId, publicKey, options.clock().instant(), reason));
  }

  /** The keys as of the log's end. */
  public EnvelopeKeyRegistry keys() {
    return judge.registry();
  }

  /** The keys as they were when the log had {@code size} events. */
  public EnvelopeKeyRegistry keysAsOf(long size) {
    return judge.registry().asOf(size);
  }

  // ---- keeping ----

  /** Re-computes everything from bytes: links, hashes, claims, signatures, checkpoints. */
  public Verdict verify(LongConsumer progress) {
    return log.scrub(() -> List.of(EnvelopeAuditor.of(log.verifierKey())), progress);
  }

  /**
   * Frees the nonces of envelopes that were recorded before a time: one receipt in the log, which
   * the verifier knows. An envelope so old fails by its age, so none can be replayed.
   */
  public CleanupResult cleanupReplayGuard(Instant olderThan) {
    if (options.nonces() == EnvelopeStoreOptions.Nonces.FOR_EVER
        || options.judging() == EnvelopeStoreOptions.Judging.COMPATIBLE) {
      return new CleanupResult.KeptForEver();
    }
    Instant latest =
        options.clock().instant().minus(options.maxAge()).minus(EnvelopeLimits.CLOCK_SKEW);
    if (olderThan.isAfter(latest)) {
      return new CleanupResult.TooRecent(latest);
    }
    Instant before = olderThan.truncatedTo(ChronoUnit.MILLIS);
    long nonces = read(tables -> count(tables, before));
    if (nonces == 0) {
      return new CleanupResult.NothingToRelease();
    }
    return switch (log.release(before)) {
      case ReleaseResult.Released(long position, var _) ->
          new CleanupResult.Released(nonces, position);
      case ReleaseResult.AlreadyReleased _ -> new CleanupResult.NothingToRelease();
      case ReleaseResult.NotYet(Instant now) -> new CleanupResult.TooRecent(now);
      case ReleaseResult.ReadOnly(Verdict verdict) -> new CleanupResult.ReadOnly(verdict);
    };
  }

  private static long count(TableReader tables, Instant before) {
    long[] count = new long[1];
    tables.forEach(
        Scan.of(EnvelopeView.REPLAY_GUARD)
            .by("replay_guard_by_age")
            .from(1L)
            .before(1L, micros(before)),
        _ -> count[0]++);
    return count[0];
  }

  /**
   * Drops the payload, the salt and the signature of an envelope for ever; its record, its claims'
   * index keys and what the record says of it stay. In a hybrid store the copy in LMDB is gone on
   * return too, or {@link #stats} says that it is degraded.
   *
   * @return empty when there is no such envelope
   */
  public Optional<EraseResult> erase(String id) {
    Optional<String> known = EventId.of(id);
    OptionalLong at =
        known.isEmpty()
            ? OptionalLong.empty()
            : log.find(Claim.ofEventId(known.get(), OnDuplicate.REFUSE));
    if (at.isEmpty()) {
      return Optional.empty();
    }
    EraseResult result = log.erase(new Erasure.OfEvent(at.getAsLong()));
    if (result instanceof EraseResult.Erased(var _, List<Long> receipts) && blobs != null) {
      blobs.reflectAtLeast(receipts.getLast());
    }
    catchUp();
    if (result instanceof EraseResult.Erased(var _, List<Long> receipts) && blobs != null) {
      try {
        blobs.await(receipts.getLast(), PATIENCE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return Optional.of(result);
  }

  /**
   * Rewrites what is stored so that nothing of what was erased is left in any file: of the log, of
   * its views, and of the copy beside the server.
   *
   * @throws StorageFailed when one of them cannot be rewritten now; the others may be
   * @throws UnsupportedOperationException when the store is in memory, and has no files
   */
  public void compact() {
    // What was erased is dropped everywhere before anything is rewritten.
    catchUp();
    log.compact();
    views.compact();
    if (blobs != null) {
      blobs.compact(PATIENCE);
    }
  }

  /** How the store is. */
  public StoreStats stats() {
    return new StoreStats(
        log.origin(),
        log.head().size(),
        judge.registry().keys().size(),
        log.health(),
        views.status(),
        Optional.ofNullable(blobs).map(Blobs::health));
  }

  /** Waits until the envelopes beside the authority reflect everything saved; for tests. */
  boolean awaitBlobs() throws InterruptedException {
    return blobs == null || blobs.await(log.head().size(), PATIENCE);
  }

  /** Ends what is under way and releases everything. Idempotent. */
  @Override
  public void close() {
    try (Storage _ = storage;
        EventLog _ = log;
        KeptViews _ = views) {
      if (blobs != null) {
        blobs.close();
      }
    }
  }

  private static Instant time(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }
}
