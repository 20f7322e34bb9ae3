package dev.stele.ledger;

import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogCorrupt;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.KeyAct;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.Checks;
import dev.stele.ledger.gate.KeyGate;
import dev.stele.ledger.gate.KeyRing;
import dev.stele.ledger.gate.LedgerGate;
import dev.stele.ledger.view.LedgerTable;
import dev.stele.ledger.view.TableAudit;
import dev.stele.sqlite.SqliteLogEngine;
import dev.stele.sqlite.SqliteOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An append-only ledger of signed events in one SQLite file.
 *
 * <p>Each event names the hash of the one before, and its own hash and signature are re-computed
 * before it is let in. Below that, the log links and signs everything once more, so that cutting,
 * reordering and rolling back show as well as changing. The ledger is checked when it is opened;
 * one that does not verify can be read, and every append is answered {@link
 * LedgerAppend.Corrupted}.
 *
 * <p>An ack is durable unless the options say otherwise. Thread-safe: callers share commits, so
 * many threads append many times faster than one. A disk that fails throws {@link StorageFailed},
 * whose cause is the database's or the file system's own; whether that append is there shows by its
 * id.
 */
public final class EventLedger implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.ledger");

  /** The most events that {@link #iterate} gathers in memory; {@link #stream} has no such limit. */
  public static final int MAX_ITERATE = 10_000;

  private static final int PAGE = 256;

  private final Path database;
  private final String nodeId;
  private final LedgerOptions options;
  private final LogEngine engine;
  private final LogHome home;
  private final LogKeys keys;
  private final EventLog log;
  private final LedgerHealth health;
  private final EventSigner signer;
  private final LedgerWriter writer;

  private final LongAdder appended = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder startupChecks = new LongAdder();
  private final LongAdder corruptions = new LongAdder();

  private EventLedger(
      Path database,
      String nodeId,
      LedgerOptions options,
      LogHome home,
      LogKeys keys,
      SqliteLogEngine engine) {
    this.database = database;
    this.nodeId = nodeId;
    this.options = options;
    this.home = home;
    this.keys = keys;
    this.engine = engine;
    LogOptions logOptions =
        LogOptions.withAnchor(anchor())
            .with(options.clock(), options.random())
            .checkpointEvery(options.checkpointEvery())
            .keeping(Set.of(KeyGate.STREAM));
    startupChecks.increment();
    this.log =
        EventLog.open(
            engine,
            LogId.MAIN,
            keys,
            logOptions,
            verifier -> checked(verifier, options.depthOnOpen()));
    this.health = healthOf(log.verdict());
    this.signer =
        new EventSigner(
            NodeKey.open(database, options.random()), options.clock(), options.random());
    this.writer = new LedgerWriter(log, options, signer);
    LOGGER.log(
        health.isOk() ? System.Logger.Level.INFO : System.Logger.Level.ERROR,
        "event=ledger-open node={0} database={1} key={2} {3}",
        nodeId,
        database,
        signer.keyId(),
        log.verdict());
  }

  /** Opens the ledger in a database file with the defaults, making it where there is none. */
  public static EventLedger open(Path database, String nodeId) {
    return open(database, nodeId, LedgerOptions.defaults());
  }

  /**
   * Opens the ledger in a database file, making it where there is none, and checks it whole.
   *
   * <p>Beside the file stand the log's keys and anchor ({@link LogHome}) and {@code NAME.node.key},
   * with which this node signs. It is registered before it signs for the first time.
   *
   * @param nodeId names this node: 1 to 63 characters of {@code [A-Za-z0-9._-]}
   * @return the ledger, read-only when it does not verify: see {@link #health}
   * @throws StorageFailed when the file cannot be opened, is written by another process, or lacks
   *     its keys
   */
  public static EventLedger open(Path database, String nodeId, LedgerOptions options) {
    if (!nodeId.matches("[A-Za-z0-9._-]{1,63}")) {
      throw new IllegalArgumentException(
          "a node's id is [A-Za-z0-9._-]{1,63}, not '" + nodeId + "'");
    }
    LogHome home = LogHome.of(database);
    if (!home.exists()) {
      if (Files.exists(database)) {
        throw new StorageFailed(
            "%s is there, but its keys are not: bring back its .key and .vkey files"
                .formatted(database));
      }
      byte[] suffix = new byte[4];
      options.random().nextBytes(suffix);
      String origin = nodeId + ".ledger.stele.local/" + HexFormat.of().formatHex(suffix);
      home = LogHome.create(database, origin, options.anchorFolder(), options.random());
    }
    Optional<LogKeys> keys = home.keys();
    if (keys.isEmpty()) {
      throw new StorageFailed("%s cannot be written without its .key file".formatted(database));
    }
    SqliteLogEngine engine =
        SqliteLogEngine.openWriter(database, SqliteOptions.DEFAULT, List.of(new LedgerTable()));
    try {
      return new EventLedger(database, nodeId, options, home, keys.get(), engine);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /** Registers the node's key before it signs for the first time. */
  private synchronized void registerNode() {
    if (writer.ring().find(signer.keyId()).isEmpty()) {
      KeyOutcome outcome = registerKey(signer.publicKey(), nodeId);
      if (!(outcome instanceof KeyOutcome.Recorded)) {
        throw new StorageFailed("the node's key could not be registered: " + outcome);
      }
    }
  }

  /** The anchor in the folder that the options name, else where the log's home says. */
  private Anchor anchor() {
    return options.anchorFolder().map(home::anchorIn).orElseGet(home::anchor);
  }

  // ---- appending ----

  /**
   * Appends an event that its source has signed onto {@link #chainHead}.
   *
   * @return {@link LedgerAppend.Appended} when it is durable, or why it was refused
   */
  public LedgerAppend append(SignedEvent event) {
    return appendAll(List.of(event));
  }

  /**
   * Appends events that were signed each onto the one before: all of them, or none.
   *
   * @param events 1 to {@value Append#MAX_EVENTS}
   */
  public LedgerAppend appendAll(List<SignedEvent> events) {
    return append(events, options.checks());
  }

  LedgerAppend append(List<SignedEvent> events, Checks checks) {
    requireCount(events.size());
    return health instanceof LedgerHealth.Corrupted corrupted
        ? counted(new LedgerAppend.Corrupted(corrupted))
        : counted(writer.append(events, checks));
  }

  /**
   * Signs an event with the node's key and appends it, with an id drawn at random, the time of now,
   * and its number in the ledger as sequence.
   *
   * @param type what kind of event this is
   * @param payload what happened
   */
  public LedgerAppend append(String type, byte[] payload) {
    byte[] id = new byte[16];
    options.random().nextBytes(id);
    String eventId = HexFormat.of().formatHex(id);
    return record(
        next ->
            List.of(
                new CanonicalEvent(
                    eventId,
                    type,
                    options.clock().millis(),
                    nodeId,
                    next,
                    payload,
                    Optional.empty())));
  }

  /** Signs an event with the node's key as the caller describes it, and appends it. */
  public LedgerAppend record(CanonicalEvent event) {
    return recordAll(List.of(event));
  }

  /** Signs events with the node's key and appends them: all of them, or none. */
  public LedgerAppend recordAll(List<CanonicalEvent> events) {
    requireCount(events.size());
    List<CanonicalEvent> copied = List.copyOf(events);
    return record(next -> copied);
  }

  private LedgerAppend record(LongFunction<List<CanonicalEvent>> events) {
    if (health instanceof LedgerHealth.Corrupted corrupted) {
      return counted(new LedgerAppend.Corrupted(corrupted));
    }
    if (writer.ring().find(signer.keyId()).isEmpty()) {
      registerNode();
    }
    return counted(writer.record(events));
  }

  private static void requireCount(int count) {
    if (count < 1 || count > Append.MAX_EVENTS) {
      throw new IllegalArgumentException(
          "1 to %d events are appended at once, not %d".formatted(Append.MAX_EVENTS, count));
    }
  }

  private LedgerAppend counted(LedgerAppend outcome) {
    if (outcome instanceof LedgerAppend.Appended done) {
      appended.add(done.count());
    } else {
      refused.increment();
      LOGGER.log(System.Logger.Level.WARNING, "event=refuse node={0} {1}", nodeId, outcome);
    }
    return outcome;
  }

  // ---- keys ----

  /** The keys that may sign now, and those that might once. */
  public KeyRing keyRing() {
    return writer.ring();
  }

  /** Lets a key sign from here on; the log's own key vouches for it. */
  public KeyOutcome registerKey(byte[] publicKey, String label) {
    return act(
        SignedNote.sign(
            keyAct(KeyAct.Act.REGISTER, publicKey, "", label, "").text(), keys.signer()));
  }

  /**
   * Replaces a key by a new one, which shows that it is held; the log's own key vouches for it.
   *
   * @param oldKeyId the key that may sign no more
   */
  public KeyOutcome rotateKey(String oldKeyId, Ed25519Key newKey, String label, String reason) {
    KeyAct act = keyAct(KeyAct.Act.ROTATE, newKey.publicKey(), oldKeyId, label, reason);
    return act(SignedNote.sign(act.text(), keys.signer(), SignerKey.of(act.keyId(), newKey)));
  }

  /** Lets a key sign no more; the log's own key vouches for it. */
  public KeyOutcome revokeKey(String keyId, String reason) {
    Optional<KeyRing.Key> key = writer.ring().find(keyId);
    if (key.isEmpty()) {
      return new KeyOutcome.Refused("unknown-key", "no key " + keyId + " is registered");
    }
    return act(
        SignedNote.sign(
            keyAct(KeyAct.Act.REVOKE, key.get().publicKey(), "", "", reason).text(),
            keys.signer()));
  }

  private KeyAct keyAct(
      KeyAct.Act act, byte[] publicKey, String oldKeyId, String label, String reason) {
    return new KeyAct(
        act, log.origin(), publicKey, oldKeyId, options.clock().millis(), label, reason);
  }

  /** Records a key act that was signed elsewhere, as by the old key itself. */
  public KeyOutcome act(SignedNote act) {
    if (health instanceof LedgerHealth.Corrupted corrupted) {
      return new KeyOutcome.Corrupted(corrupted);
    }
    KeyOutcome outcome = writer.act(act.bytes());
    LOGGER.log(System.Logger.Level.INFO, "event=key-act node={0} {1}", nodeId, outcome);
    return outcome;
  }

  // ---- reading ----

  /** The last event, if there is one that was not erased. */
  public Optional<LedgerEntry> latest() {
    long seqNo = log.lastRevision(LedgerGate.STREAM);
    return seqNo == 0
        ? Optional.empty()
        : log.readStream(LedgerGate.STREAM, seqNo - 1, 1).stream()
            .findFirst()
            .flatMap(EventLedger::entry);
  }

  /** The event with this number. */
  public LedgerLookup bySequence(long seqNo) {
    if (seqNo < 1) {
      return new LedgerLookup.EventNotFound(seqNo);
    }
    return log.readStream(LedgerGate.STREAM, seqNo - 1, 1).stream()
        .findFirst()
        .flatMap(EventLedger::entry)
        .<LedgerLookup>map(LedgerLookup.Found::new)
        .orElseGet(() -> new LedgerLookup.EventNotFound(seqNo));
  }

  /** The event with this id. */
  public Optional<LedgerEntry> byId(String eventId) {
    return eventId.isEmpty()
        ? Optional.empty()
        : log.findById(eventId)
            .filter(stored -> stored.stream().equals(LedgerGate.STREAM))
            .flatMap(EventLedger::entry);
  }

  /**
   * Events in order of number, without those that were erased; of a ledger that does not verify, up
   * to the last good one.
   *
   * @param fromInclusive the first number wanted, 1 or more
   * @param limit how many numbers to look at, 0 or more; at most {@value #MAX_ITERATE} are
   * @throws LogCorrupt when nothing from that number on is proven
   */
  public List<LedgerEntry> iterate(long fromInclusive, long limit) {
    if (fromInclusive < 1 || limit < 0) {
      throw new IllegalArgumentException(
          "events are counted from 1 and limits from 0, not from %d and %d"
              .formatted(fromInclusive, limit));
    }
    return stream(fromInclusive, Math.min(limit, MAX_ITERATE)).toList();
  }

  /** All events from a number on, as of now, in constant memory; close it or not, as you like. */
  public Stream<LedgerEntry> stream(long fromInclusive) {
    return stream(fromInclusive, Long.MAX_VALUE);
  }

  private Stream<LedgerEntry> stream(long from, long limit) {
    long end = log.lastRevision(LedgerGate.STREAM);
    long to = limit > end ? end : Math.min(end, from - 1 + limit);
    Iterator<LedgerEntry> pages = new Pages(Math.max(from, 1), to);
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            pages, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE),
        false);
  }

  /** Reads ahead one page at a time, as far as the ledger is proven. One thread at a time. */
  private final class Pages implements Iterator<LedgerEntry> {
    private final long to;
    private long read;
    private Iterator<StoredEvent> page = List.<StoredEvent>of().iterator();
    private Optional<LedgerEntry> next = Optional.empty();
    private boolean begun;

    Pages(long from, long to) {
      this.read = from - 1;
      this.to = to;
    }

    /** A page; none where what is proven ends, but a reading that would begin beyond is refused. */
    private List<StoredEvent> read(int limit) {
      try {
        List<StoredEvent> events = log.readStream(LedgerGate.STREAM, read, limit);
        begun = true;
        return events;
      } catch (LogCorrupt e) {
        if (begun) {
          return List.of();
        }
        throw e;
      }
    }

    @Override
    public boolean hasNext() {
      while (next.isEmpty()) {
        if (!page.hasNext()) {
          if (read >= to) {
            return false;
          }
          page = read((int) Math.min(PAGE, to - read)).iterator();
          if (!page.hasNext()) {
            return false;
          }
        }
        StoredEvent stored = page.next();
        read = stored.revision();
        next = entry(stored);
      }
      return true;
    }

    @Override
    public LedgerEntry next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the ledger ends at " + to);
      }
      LedgerEntry entry = next.orElseThrow();
      next = Optional.empty();
      return entry;
    }
  }

  private static Optional<LedgerEntry> entry(StoredEvent stored) {
    return SignedEvent.decode(stored.payload().orElse(new byte[0]))
            instanceof Parsed.Value<SignedEvent>(SignedEvent event)
        ? Optional.of(
            new LedgerEntry(
                stored.revision(),
                stored.position(),
                stored.recordedAt(),
                stored.admittedBy(),
                event))
        : Optional.empty();
  }

  /**
   * The hash that the next event must name: that of the last acknowledged event, 32 zero bytes
   * before the first.
   */
  public byte[] chainHead() {
    return writer.acked().hash().clone();
  }

  /** How the ledger was found when it was opened. */
  public LedgerHealth health() {
    return health;
  }

  /** What was counted since it was opened. */
  public LedgerMetrics metrics() {
    return new LedgerMetrics(appended.sum(), startupChecks.sum(), corruptions.sum(), refused.sum());
  }

  /** The log below, to read, prove and subscribe. */
  public LogReader log() {
    return log;
  }

  /**
   * A signed checkpoint over everything appended before this call, durable in log and anchor.
   *
   * @throws IllegalStateException when the ledger does not verify
   */
  public SignedCheckpoint checkpoint() {
    SignedCheckpoint checkpoint = log.checkpoint();
    LOGGER.log(
        System.Logger.Level.INFO,
        "event=checkpoint node={0} size={1}",
        nodeId,
        checkpoint.checkpoint().size());
    return checkpoint;
  }

  // ---- checking ----

  /**
   * Drops what events say for good, in the log and in {@code ledger_events}, and appends a receipt.
   * Numbers, ids, types and links stay; the event after an erased one is not compared with it any
   * more. Key acts are never erased. See {@link EventLog#erase}.
   */
  public EraseResult erase(Erasure what) {
    return log.erase(what);
  }

  /**
   * Rewrites the file, so that it holds no byte of what was erased. See {@link EventLog#compact}.
   */
  public Compactable.Compacted compact() {
    return log.compact();
  }

  /**
   * Re-computes everything from the bytes: the log, every event hash and signature, the chain, the
   * key acts, and the table {@code ledger_events} row by row. Linear in the ledger, in constant
   * memory; appends go on meanwhile.
   */
  public Verdict verify() {
    Verifier verifier =
        Verifier.of(engine, LogId.MAIN, log.verifierKey())
            .withAnchor(anchor().last())
            .withStranger(anchor().stranger())
            .withIndexKey(keys.indexKey());
    Verdict verdict = checked(verifier, LedgerAuditor.Depth.SIGNATURES);
    LOGGER.log(System.Logger.Level.INFO, "event=verify node={0} {1}", nodeId, verdict);
    return verdict;
  }

  /** What is wrong in the words of the ledger, if a verdict says that something is. */
  public Optional<LedgerFault> faultOf(Verdict verdict) {
    return verdict instanceof Verdict.Broken broken
        ? Optional.of(LedgerFault.of(broken.fault(), seqNoAt(broken.lastGood()) + 1))
        : Optional.empty();
  }

  private Verdict checked(Verifier verifier, LedgerAuditor.Depth depth) {
    Verdict verdict =
        verifier
            .withAuditors(
                () -> List.of(LedgerAuditor.of(engine, LogId.MAIN, keys.signer().vkey(), depth)))
            .verify();
    if (verdict instanceof Verdict.Intact intact) {
      Optional<TableAudit.Difference> table = TableAudit.run(database, reader());
      if (table.isPresent()) {
        long at = table.get().position();
        verdict =
            new Verdict.Broken(intact.scope(), at - 1, at, new Fault.View(table.get().detail()));
      }
    }
    if (verdict instanceof Verdict.Broken) {
      corruptions.increment();
    }
    return verdict;
  }

  private LedgerHealth healthOf(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Intact _ -> new LedgerHealth.Ok(nodeId);
      case Verdict.Broken broken -> {
        long lastGood = seqNoAt(broken.lastGood());
        yield new LedgerHealth.Corrupted(
            nodeId, lastGood, lastGood + 1, LedgerFault.of(broken.fault(), lastGood + 1), broken);
      }
    };
  }

  /** The number of the last event at or before a position up to which the log is good. */
  private long seqNoAt(long position) {
    LogReader reader = reader();
    for (long at = position; at > 0; at--) {
      Optional<StoredEvent> event = reader.get(at);
      if (event.isPresent() && event.get().stream().equals(LedgerGate.STREAM)) {
        return event.get().revision();
      }
    }
    return 0;
  }

  /** Reads through the same engine, which stays open. */
  private LogReader reader() {
    return LogReader.open(engine, LogId.MAIN, keys.signer().vkey(), Optional.of(keys));
  }

  /** Signs a last checkpoint where one is due, and moves the write-ahead log into the file. */
  @Override
  public void close() {
    log.close();
    LOGGER.log(System.Logger.Level.INFO, "event=ledger-close node={0}", nodeId);
  }
}
