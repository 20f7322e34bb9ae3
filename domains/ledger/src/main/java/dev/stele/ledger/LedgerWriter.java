package dev.stele.ledger;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Verdict;
import dev.stele.ledger.LedgerAppend.Appended;
import dev.stele.ledger.LedgerAppend.ChainOrderingViolation;
import dev.stele.ledger.LedgerAppend.DuplicateEventId;
import dev.stele.ledger.LedgerAppend.InvalidEvent;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.Checks;
import dev.stele.ledger.gate.KeyGate;
import dev.stele.ledger.gate.KeyRegistry;
import dev.stele.ledger.gate.KeyRing;
import dev.stele.ledger.gate.LedgerGate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * Chains events: the only place that knows the next previous hash.
 *
 * <pre>
 *   judge a caller's event     lock: settle ► key still good? ► previous hash = head?    await
 *   (parallel)          ──►          sign one's own ► submit, expecting the revision  ──► (one sync
 *                                    head and revision move on                             for many)
 * </pre>
 *
 * <p>Head and revision run ahead of what is durable by whatever is in flight. Each append expects
 * the revision before it, so when one of them does not land, none of those behind it does, and the
 * head is never a hash that is not in the log. Then everybody waits until nothing is in flight, and
 * the first reads head and revision from the log again. Who lost its place through another's
 * failure tries once more, alone.
 *
 * <p>A key act waits until nothing is in flight and holds the lock until it is durable: what was
 * judged by the old ring is before it, or is judged again.
 *
 * <p>Thread-safe.
 */
final class LedgerWriter {
  /** The last event that was acknowledged. */
  record Acked(long seqNo, byte[] hash) {}

  private final EventLog log;
  private final LedgerOptions options;
  private final EventSigner signer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition settled = lock.newCondition();
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile Acked acked;

  /** Whether head and revision must be read again. Set by whoever sees an append not land. */
  private volatile boolean stale;

  /** How many wait until nothing is in flight; changed under {@link #lock}. */
  private final AtomicInteger loners = new AtomicInteger();

  /** Replaced under {@link #lock}. */
  private volatile KeyRing ring;

  /** Guarded by {@link #lock}. */
  private KeyRegistry registry;

  /** Guarded by {@link #lock}. */
  private long revision;

  /** Guarded by {@link #lock}. */
  private byte[] head;

  /** What is decided under the lock. */
  private sealed interface Decision {
    record Send(List<Admitted> admitted, SignedEvent last) implements Decision {}

    record Refuse(LedgerAppend why) implements Decision {}
  }

  private record Sent(EventLog.Submission submission, Decision.Send what, long firstSeqNo) {}

  LedgerWriter(EventLog log, LedgerOptions options, EventSigner signer) {
    this.log = log;
    this.options = options;
    this.signer = signer;
    // Nothing is read from a log that does not verify, as nothing will be written to it.
    boolean intact = log.verdict() instanceof Verdict.Intact;
    this.registry = KeyRegistry.replay(log, intact ? log.head().size() : 0);
    this.ring = registry.ring();
    this.revision = intact ? log.lastRevision(LedgerGate.STREAM) : 0;
    this.head = hashAt(log, revision);
    this.acked = new Acked(revision, head);
  }

  /** The hash of the event with that number: zeros before the first, and after an erased one. */
  static byte[] hashAt(dev.stele.core.log.LogReader log, long seqNo) {
    if (seqNo > 0) {
      for (StoredEvent last : log.readStream(LedgerGate.STREAM, seqNo - 1, 1)) {
        if (SignedEvent.decode(last.payload().orElse(new byte[0]))
            instanceof Parsed.Value<SignedEvent>(SignedEvent event)) {
          return event.eventHash();
        }
      }
    }
    return SignedEvent.genesisHash();
  }

  KeyRing ring() {
    return ring;
  }

  Acked acked() {
    return acked;
  }

  /** Appends events that were signed elsewhere, each onto the one before. */
  LedgerAppend append(List<SignedEvent> events, Checks checks) {
    LedgerGate gate = new LedgerGate(ring, checks);
    List<Admitted> admitted = new ArrayList<>(events.size());
    for (SignedEvent event : events) {
      switch (gate.judge(event, options.clock().instant())) {
        case Admitted one -> admitted.add(one);
        case Rejected(String code, String reason) -> {
          return new InvalidEvent(code, reason);
        }
        case Transient(String reason) -> {
          return new InvalidEvent("transient", reason);
        }
      }
    }
    return run(next -> chain(events, admitted, checks));
  }

  private Decision chain(List<SignedEvent> events, List<Admitted> admitted, Checks checks) {
    byte[] expected = head;
    LedgerGate now = new LedgerGate(ring, checks);
    for (SignedEvent event : events) {
      // Again: the key may have been revoked since the event was judged.
      Optional<Rejected> key = now.judgeKey(event);
      if (key.isPresent()) {
        return new Decision.Refuse(new InvalidEvent(key.get().code(), key.get().reason()));
      }
      if (!Arrays.equals(expected, event.prevEventHash())) {
        return new Decision.Refuse(
            new ChainOrderingViolation(hex(expected), hex(event.prevEventHash())));
      }
      expected = event.eventHash();
    }
    return new Decision.Send(admitted, events.getLast());
  }

  /**
   * Signs and appends events that stand or fall together.
   *
   * @param events gives them from the sequence number that the first will have
   */
  LedgerAppend record(LongFunction<List<CanonicalEvent>> events) {
    return run(
        next -> {
          LedgerGate gate = new LedgerGate(ring, Checks.ALL);
          List<Admitted> admitted = new ArrayList<>();
          byte[] previous = head;
          Optional<SignedEvent> last = Optional.empty();
          for (CanonicalEvent event : events.apply(next)) {
            switch (gate.sign(signer, event, previous)) {
              case LedgerGate.Own.Refused(Rejected why) -> {
                return new Decision.Refuse(new InvalidEvent(why.code(), why.reason()));
              }
              case LedgerGate.Own.Signed(SignedEvent signed, Admitted one) -> {
                admitted.add(one);
                previous = signed.eventHash();
                last = Optional.of(signed);
              }
            }
          }
          return new Decision.Send(admitted, last.orElseThrow());
        });
  }

  private LedgerAppend run(LongFunction<Decision> decide) {
    Sent sent;
    lock.lock();
    try {
      settle();
      switch (decide.apply(revision + 1)) {
        case Decision.Refuse(LedgerAppend why) -> {
          return why;
        }
        case Decision.Send send -> sent = send(send);
      }
    } finally {
      lock.unlock();
    }
    AppendResult result = await(sent);
    return result instanceof AppendResult.Conflict ? runAlone(decide) : outcome(sent, result);
  }

  private LedgerAppend runAlone(LongFunction<Decision> decide) {
    return alone(
        () ->
            switch (decide.apply(revision + 1)) {
              case Decision.Refuse(LedgerAppend why) -> why;
              case Decision.Send send -> {
                Sent sent = send(send);
                yield outcome(sent, await(sent));
              }
            });
  }

  /** Does {@code work} when nothing is in flight, and lets nobody else submit before it is done. */
  private <T> T alone(Supplier<T> work) {
    lock.lock();
    try {
      loners.incrementAndGet();
      while (inFlight.get() > 0) {
        settled.awaitUninterruptibly();
      }
      readHead();
      return work.get();
    } finally {
      loners.decrementAndGet();
      settled.signalAll();
      lock.unlock();
    }
  }

  private Sent send(Decision.Send send) {
    Append append = Append.of(send.admitted()).expecting(revision).at(options.durability());
    Sent sent = new Sent(log.submit(append), send, revision + 1);
    inFlight.incrementAndGet();
    revision += send.admitted().size();
    head = send.last().eventHash();
    return sent;
  }

  private AppendResult await(Sent sent) {
    boolean landed = false;
    try {
      AppendResult result = sent.submission().await();
      landed = result instanceof AppendResult.Appended;
      if (landed) {
        long seqNo = sent.firstSeqNo() + sent.what().admitted().size() - 1;
        acknowledge(new Acked(seqNo, sent.what().last().eventHash()));
      }
      return result;
    } finally {
      if (!landed) {
        stale = true;
      }
      if (inFlight.decrementAndGet() == 0 && (stale || loners.get() > 0)) {
        lock.lock();
        try {
          settled.signalAll();
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private synchronized void acknowledge(Acked own) {
    if (own.seqNo() > acked.seqNo()) {
      acked = own;
    }
  }

  /** Where something did not land: waits until nothing is in flight, and reads the head again. */
  private void settle() {
    while (stale || loners.get() > 0) {
      if (inFlight.get() > 0 || loners.get() > 0) {
        settled.awaitUninterruptibly();
      } else {
        readHead();
      }
    }
  }

  private void readHead() {
    revision = log.lastRevision(LedgerGate.STREAM);
    head = hashAt(log, revision);
    acknowledge(new Acked(revision, head));
    stale = false;
  }

  private LedgerAppend outcome(Sent sent, AppendResult result) {
    return switch (result) {
      case AppendResult.Appended appended ->
          new Appended(
              sent.firstSeqNo(),
              appended.count(),
              appended.first(),
              sent.what().last(),
              appended.durability());
      case AppendResult.Refused(var claim, long holder) ->
          new DuplicateEventId(
              new String(claim.key(), java.nio.charset.StandardCharsets.UTF_8),
              holder == 0 ? 0 : log.get(holder).map(StoredEvent::revision).orElse(0L));
      case AppendResult.Conflict(String stream, long expected, long actual) ->
          throw new StorageFailed(
              "stream %s is at %d, not at %d: somebody else writes this ledger's log; open it again"
                  .formatted(stream, actual, expected));
      case AppendResult.AlreadyPresent(long at) ->
          throw new IllegalStateException("a ledger's claims refuse, and one was answered " + at);
      case AppendResult.ReadOnly(var verdict) ->
          throw new IllegalStateException("a log that verified is read-only: " + verdict);
    };
  }

  /** Records a key act, alone: nothing is in flight before it, nothing is judged until it holds. */
  KeyOutcome act(byte[] note) {
    return alone(
        () ->
            switch (new KeyGate(log.verifierKey(), ring).judge(note, options.clock().instant())) {
              case Rejected(String code, String reason) -> new KeyOutcome.Refused(code, reason);
              case Transient(String reason) -> new KeyOutcome.Refused("transient", reason);
              case Admitted admitted -> act(admitted);
            });
  }

  private KeyOutcome act(Admitted admitted) {
    String id = admitted.draft().id();
    boolean known = false;
    try {
      AppendResult result = log.append(Append.of(admitted));
      known = true;
      return switch (result) {
        case AppendResult.Appended appended -> {
          registry.apply(appended.first(), admitted.draft().type(), admitted.draft().payload());
          yield new KeyOutcome.Recorded(id.substring(id.indexOf('/') + 1), appended.first());
        }
        case AppendResult.Refused _ ->
            new KeyOutcome.Refused("known-key", "the act " + id + " was recorded before");
        case AppendResult.AlreadyPresent _, AppendResult.Conflict _, AppendResult.ReadOnly _ ->
            throw new IllegalStateException("a key act expects nothing, and was refused");
      };
    } finally {
      if (!known) {
        // The commit failed: whether the act is there, only the log can tell.
        registry = KeyRegistry.replay(log, log.head().size());
      }
      ring = registry.ring();
    }
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}
