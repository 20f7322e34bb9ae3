package dev.stele.server.rpc;

import dev.stele.core.engine.Durability;
import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.Verdict;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.EventDraft;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Turns requests into appends, and what came of them into answers. Thread-safe. */
final class Appending {
  private static final String DEFAULT_STREAM = "main";

  /** 255 characters, as in HTTP: longer keys are no keys, but contents. */
  static final int MAX_IDEMPOTENCY_CHARS = 255;

  /** What tells the events of a request apart under its key, as in HTTP; no key may hold it. */
  private static final char KEY_SEPARATOR = '\0';

  private final InstantSource clock;
  private final UnsignedGate gate = new UnsignedGate();

  Appending(InstantSource clock) {
    this.clock = clock;
  }

  /** What a request came to before the log was asked. */
  sealed interface Judged {
    /**
     * It was admitted.
     *
     * @param append what the log is asked for
     * @param first the first event as it was sent, to be compared where a key finds another one
     */
    record Good(Append append, UnsignedGate.Input first) implements Judged {}

    /** It was not. */
    record Bad(AppendResponse answer) implements Judged {}
  }

  /** Judges a request. What has no meaning at all is thrown as a {@link Problem}. */
  Judged judge(AppendRequest request) {
    int count = request.getEventsCount();
    if (count < 1 || count > Append.MAX_EVENTS) {
      throw Fields.bad("events", "are 1 to %d, not %d".formatted(Append.MAX_EVENTS, count));
    }
    String stream = request.getStream().isEmpty() ? DEFAULT_STREAM : request.getStream();
    String key = idempotencyKey(request);
    Instant now = clock.instant();
    List<Admitted> admitted = new ArrayList<>(count);
    UnsignedGate.Input first = input(stream, request.getEvents(0), key);
    for (int i = 0; i < count; i++) {
      UnsignedGate.Input input =
          i == 0
              ? first
              : input(stream, request.getEvents(i), key.isEmpty() ? key : key + KEY_SEPARATOR + i);
      Admission admission = gate.judge(input, now);
      switch (admission) {
        case Admitted good -> admitted.add(good);
        case Rejected(String code, String reason) -> {
          return new Judged.Bad(rejected(code, reason, i));
        }
        case Transient(String reason) -> {
          return new Judged.Bad(rejected("transient", reason, i));
        }
      }
    }
    Append append = Append.of(admitted).at(durability(request));
    if (request.hasExpectedRevision()) {
      append =
          append.expecting(Fields.number("expected_revision", request.getExpectedRevision(), 0));
    }
    return new Judged.Good(request.getProof() ? append.proven() : append, first);
  }

  private static UnsignedGate.Input input(String stream, EventDraft draft, String key) {
    return new UnsignedGate.Input(
        stream,
        draft.getType(),
        draft.getId(),
        draft.getPayload().toByteArray(),
        draft.getSubject(),
        key);
  }

  private static String idempotencyKey(AppendRequest request) {
    String key = request.getIdempotencyKey();
    if (key.length() > MAX_IDEMPOTENCY_CHARS || key.indexOf(KEY_SEPARATOR) >= 0) {
      throw Fields.bad(
          "idempotency_key",
          "has at most %d characters, and no NUL".formatted(MAX_IDEMPOTENCY_CHARS));
    }
    return key;
  }

  private static Durability durability(AppendRequest request) {
    return switch (request.getDurability()) {
      case DURABILITY_MEMORY -> Durability.MEMORY;
      case DURABILITY_OS -> Durability.OS;
      case DURABILITY_UNSPECIFIED, DURABILITY_DURABLE -> Durability.DURABLE;
      case UNRECOGNIZED -> throw Fields.bad("durability", "is one that this server does not know");
    };
  }

  /** Ends a call whose time is over, or whose caller has left, before anything is appended. */
  static void requireInTime() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline != null && deadline.isExpired()) {
      throw Problem.DEADLINE_EXCEEDED.because("the time was over before the append; nothing was");
    }
    if (Context.current().isCancelled()) {
      throw Problem.CANCELLED.because("the caller left before the append; nothing was appended");
    }
  }

  /** The answer to an append. */
  static AppendResponse answer(EventLog log, Judged.Good asked, AppendResult result) {
    AppendResponse.Builder answer = AppendResponse.newBuilder();
    switch (result) {
      case AppendResult.Appended appended -> answer.setAppended(appended(log, appended));
      case AppendResult.AlreadyPresent(long at) -> {
        if (!asked.first().idempotencyKey().isEmpty() && isAnother(log, at, asked.first())) {
          return rejected(
              "idempotency-key-reused",
              "this idempotency key has appended another event, at %d".formatted(at),
              0);
        }
        answer.setAlreadyPresent(AppendResponse.AlreadyPresent.newBuilder().setPosition(at));
      }
      case AppendResult.Conflict(String stream, long expected, long actual) ->
          answer.setConflict(
              AppendResponse.Conflict.newBuilder()
                  .setStream(stream)
                  .setExpected(expected)
                  .setActual(actual));
      case AppendResult.Refused(Claim claim, long holder) ->
          answer.setRefused(
              AppendResponse.Refused.newBuilder().setScope(claim.scope()).setHolder(holder));
      case AppendResult.ReadOnly(Verdict verdict) -> answer.setReadOnly(Messages.readOnly(verdict));
    }
    return answer.build();
  }

  private static AppendResponse.Appended appended(EventLog log, AppendResult.Appended appended) {
    AppendResponse.Appended.Builder message =
        AppendResponse.Appended.newBuilder()
            .setPosition(appended.first())
            .setCount(appended.count())
            .setHeadPosition(appended.head().size())
            .setDurability(Messages.durability(appended.durability()));
    appended
        .proof()
        .map(
            proof ->
                TlogProof.build(
                    appended.first() - 1, proof.checkpoint(), log.nodes(), Optional.empty()))
        .ifPresent(proof -> message.setProof(Messages.bytes(proof.bytes())));
    return message.build();
  }

  /** Whether what is there differs from what was sent now; of an erased event nobody can tell. */
  private static boolean isAnother(EventLog log, long at, UnsignedGate.Input sent) {
    Optional<StoredEvent> there = log.get(at).filter(event -> !event.erased());
    return there
        .filter(
            event ->
                !event.stream().equals(sent.stream())
                    || !event.type().equals(sent.type())
                    || !event.id().equals(sent.id())
                    || !event.subject().equals(sent.subject())
                    || !Arrays.equals(event.payload().orElse(null), sent.payload()))
        .isPresent();
  }

  private static AppendResponse rejected(String code, String reason, int index) {
    return AppendResponse.newBuilder()
        .setRejected(
            AppendResponse.Rejected.newBuilder().setCode(code).setReason(reason).setIndex(index))
        .build();
  }
}
