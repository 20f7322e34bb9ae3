package dev.stele.envelope.store;

import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.EnvelopeRules;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.Category;
import dev.stele.envelope.gate.EnvelopeGate;
import dev.stele.envelope.gate.EnvelopeKeyGate;
import dev.stele.envelope.gate.EnvelopeKeyRegistry;
import dev.stele.envelope.gate.EnvelopeVerdict;
import dev.stele.envelope.gate.EnvelopeVerifier;
import dev.stele.envelope.gate.KeyAct;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The gate, and the keys it trusts as of now.
 *
 * <p>The gate keeps no state, so a new one is made whenever the keys in the log have changed: at
 * once when they are changed here, and within a second when another process has. Thread-safe.
 */
final class Judge {
  /** 1 second: how soon a key that another process has revoked is refused here. */
  private static final long LOOK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** 1,000 acts of a few hundred bytes. */
  private static final int ACTS_AT_A_TIME = 1_000;

  /** What the gate says of an envelope. */
  sealed interface Answer {
    /** It may be appended. */
    record Yes(Admitted event, SignedEnvelope envelope) implements Answer {}

    /** It may not. */
    record No(Category category, String reason) implements Answer {}
  }

  /** A registry, and the gate that was made of it. */
  private record Trust(EnvelopeKeyRegistry registry, long revision, EnvelopeGate gate) {}

  private final EventLog log;
  private final LogKeys keys;
  private final EnvelopeStoreOptions options;
  private final AtomicLong lookedAt = new AtomicLong();
  private volatile Trust trust;

  Judge(EventLog log, LogKeys keys, EnvelopeStoreOptions options) {
    this.log = log;
    this.keys = keys;
    this.options = options;
    EnvelopeKeyRegistry none = EnvelopeKeyRegistry.EMPTY;
    this.trust = read(new Trust(none, 0, gate(none)));
    this.lookedAt.set(System.nanoTime());
  }

  Answer judge(byte[] wire, Instant now) {
    lookForKeys();
    Answer answer = judge(trust, wire, now);
    if (answer instanceof Answer.No(Category category, var _)
        && category == Category.KEY_ID_MISMATCH
        && look()) {
      return judge(trust, wire, now);
    }
    return answer;
  }

  private static Answer judge(Trust trust, byte[] wire, Instant now) {
    EnvelopeGate.Judgement judged = trust.gate.judgeEnvelope(wire, now);
    return switch (judged.verdict()) {
      case EnvelopeVerdict.Invalid invalid -> new Answer.No(invalid.category(), invalid.reason());
      case EnvelopeVerdict.Valid valid ->
          switch (judged.admission()) {
            case Admitted event ->
                keepable(valid.envelope().header())
                    .<Answer>map(reason -> new Answer.No(Category.STRUCTURE_INVALID, reason))
                    .orElseGet(() -> new Answer.Yes(event, valid.envelope()));
            case Rejected(var _, String reason) ->
                new Answer.No(Category.STRUCTURE_INVALID, reason);
            case Transient(String reason) -> new Answer.No(Category.STRUCTURE_INVALID, reason);
          };
    };
  }

  /** Why an envelope cannot be found again by its fields; the compatible rules let some by. */
  private static Optional<String> keepable(EnvelopeHeader header) {
    return EventId.isSpelledOut(header.id())
        ? EnvelopeRules.source(header.source()).or(() -> EnvelopeRules.keyId(header.keyId()))
        : Optional.of("an id to keep is a UUID of 32 hex digits with its four dashes");
  }

  /** Where the envelope is that these bytes spell, if it is in the log. */
  OptionalLong find(byte[] wire) {
    return switch (EnvelopeReader.read(wire, rules())) {
      case Parsed.Value<SignedEnvelope>(SignedEnvelope envelope) ->
          log.find(EnvelopeGate.identity(envelope));
      case Parsed.Malformed<SignedEnvelope> _ -> OptionalLong.empty();
    };
  }

  private ReadingRules rules() {
    return switch (options.judging()) {
      case STRICT -> ReadingRules.STRICT;
      case COMPATIBLE -> ReadingRules.COMPATIBLE;
    };
  }

  private void lookForKeys() {
    long last = lookedAt.get();
    long now = System.nanoTime();
    if (now - last > LOOK_EVERY_NANOS && lookedAt.compareAndSet(last, now)) {
      look();
    }
  }

  /** Takes up key acts that were added since; tells whether there were any. */
  private boolean look() {
    Trust now = trust;
    if (log.lastRevision(EnvelopeKeyGate.STREAM) == now.revision) {
      return false;
    }
    take(read(now));
    return true;
  }

  /** Who was slower to read may know less: what was learnt meanwhile is not unlearnt. */
  private synchronized void take(Trust read) {
    if (read.revision > trust.revision) {
      trust = read;
    }
  }

  private Trust read(Trust before) {
    List<StoredEvent> acts = acts(before.revision);
    EnvelopeKeyRegistry registry = before.registry.withActs(log.verifierKey(), acts);
    return new Trust(registry, before.revision + acts.size(), gate(registry));
  }

  private List<StoredEvent> acts(long after) {
    List<StoredEvent> acts = new ArrayList<>();
    while (true) {
      List<StoredEvent> more =
          log.readStream(EnvelopeKeyGate.STREAM, after + acts.size(), ACTS_AT_A_TIME);
      if (more.isEmpty()) {
        return acts;
      }
      acts.addAll(more);
    }
  }

  private EnvelopeGate gate(EnvelopeKeyRegistry registry) {
    EnvelopeVerifier verifier =
        switch (options.judging()) {
          case STRICT -> EnvelopeVerifier.strict(registry).withMaxAge(options.maxAge());
          case COMPATIBLE -> EnvelopeVerifier.compatible();
        };
    long nonceExpiry =
        switch (options.nonces()) {
          case FOR_EVER -> Claim.NEVER;
          case UNTIL_CLEANED_UP -> Claim.UNTIL_RELEASED;
        };
    return new EnvelopeGate(
        verifier.withTypes(options.types()), options.equalPayload(), nonceExpiry);
  }

  EnvelopeKeyRegistry registry() {
    look();
    return trust.registry;
  }

  KeyActResult record(KeyAct act) {
    Admission admission =
        new EnvelopeKeyGate(log.verifierKey())
            .judge(act.sign(keys.signer()), options.clock().instant());
    return switch (admission) {
      case Admitted event -> recorded(log.append(Append.of(event)));
      case Rejected(String code, String reason) -> new KeyActResult.Refused(code, reason);
      case Transient(String reason) -> new KeyActResult.Refused("transient", reason);
    };
  }

  private KeyActResult recorded(AppendResult result) {
    return switch (result) {
      case AppendResult.Appended done -> {
        look();
        yield new KeyActResult.Recorded(done.first());
      }
      case AppendResult.AlreadyPresent(long at) -> new KeyActResult.Recorded(at);
      case AppendResult.ReadOnly(Verdict verdict) -> new KeyActResult.ReadOnly(verdict);
      case AppendResult.Conflict _, AppendResult.Refused _ ->
          throw new IllegalStateException("a key act was answered with " + result);
    };
  }
}
