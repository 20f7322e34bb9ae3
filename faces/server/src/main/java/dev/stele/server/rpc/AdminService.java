package dev.stele.server.rpc;

import dev.stele.core.engine.Compactable;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.TrimResult;
import dev.stele.core.proof.Verdict;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Role;
import dev.stele.server.host.CreateResult;
import dev.stele.server.host.HostedLog;
import dev.stele.server.host.LogKind;
import dev.stele.wire.v1.AdminGrpc;
import dev.stele.wire.v1.CompactRequest;
import dev.stele.wire.v1.CompactResponse;
import dev.stele.wire.v1.CreateLogRequest;
import dev.stele.wire.v1.CreateLogResponse;
import dev.stele.wire.v1.DescribeLogRequest;
import dev.stele.wire.v1.DescribeLogResponse;
import dev.stele.wire.v1.EraseRequest;
import dev.stele.wire.v1.EraseResponse;
import dev.stele.wire.v1.ListLogsRequest;
import dev.stele.wire.v1.ListLogsResponse;
import dev.stele.wire.v1.LogSummary;
import dev.stele.wire.v1.ScrubRequest;
import dev.stele.wire.v1.ScrubResponse;
import dev.stele.wire.v1.TrimRequest;
import dev.stele.wire.v1.TrimResponse;
import io.grpc.stub.StreamObserver;
import java.util.Map;

/** Answers the calls of {@code stele.v1.Admin}. Thread-safe. */
final class AdminService extends AdminGrpc.AdminImplBase {
  private final Logs logs;
  private final Audit audit;

  AdminService(Logs logs, Audit audit) {
    this.logs = logs;
    this.audit = audit;
  }

  /** An act, recorded before it is done and with what came of it, as HTTP records it. */
  private <T> T recorded(
      String act, Map<String, ?> details, Audit.Act<T> work, Audit.Outcome<T> outcome)
      throws Exception {
    return audit.around(Logs.principal(), act, details, work, outcome);
  }

  @Override
  public void listLogs(ListLogsRequest request, StreamObserver<ListLogsResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          ListLogsResponse.Builder answer = ListLogsResponse.newBuilder();
          for (HostedLog log : logs.host().logs()) {
            if (Logs.may(Role.READ, log.name())) {
              answer.addLogs(
                  LogSummary.newBuilder()
                      .setName(log.name())
                      .setKind(log.kind().text())
                      .setHeadPosition(log.log().head().size()));
            }
          }
          return answer.build();
        });
  }

  @Override
  public void createLog(CreateLogRequest request, StreamObserver<CreateLogResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          Logs.requireOnServer(Role.ADMIN);
          LogKind kind =
              request.getKind().isEmpty()
                  ? LogKind.EVENTS
                  : LogKind.of(request.getKind())
                      .orElseThrow(() -> Fields.bad("kind", "is events, envelopes, mcp or nostr"));
          CreateResult result =
              recorded(
                  "log.create",
                  Map.of("log", request.getName(), "kind", kind.text()),
                  () -> logs.host().create(request.getName(), kind),
                  made -> made.getClass().getSimpleName());
          return switch (result) {
            case CreateResult.Created(HostedLog log) ->
                CreateLogResponse.newBuilder().setLog(Messages.description(log)).build();
            case CreateResult.Exists(HostedLog log) ->
                throw Problem.LOG_EXISTS.because(
                    "there is a log called '%s'".formatted(log.name()));
            case CreateResult.BadName(String reason) -> throw Problem.BAD_REQUEST.because(reason);
            case CreateResult.TooMany(int limit) ->
                throw Problem.TOO_MANY_LOGS.because("there are %d logs, the most".formatted(limit));
          };
        });
  }

  @Override
  public void describeLog(DescribeLogRequest request, StreamObserver<DescribeLogResponse> caller) {
    Unary.answer(
        caller,
        () ->
            DescribeLogResponse.newBuilder()
                .setLog(Messages.description(logs.require(Role.READ, request.getLog())))
                .build());
  }

  @Override
  public void erase(EraseRequest request, StreamObserver<EraseResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          EventLog log = logs.requireOpenToCallers(Role.ADMIN, request.getLog()).log();
          Erasure what = erasure(request);
          return answer(
              recorded(
                  "log.erase",
                  Map.of("log", request.getLog(), "what", details(what)),
                  () -> log.erase(what),
                  erased -> erased.getClass().getSimpleName()));
        });
  }

  private static Erasure erasure(EraseRequest request) {
    return switch (request.getWhatCase()) {
      case POSITION -> new Erasure.OfEvent(Fields.number("position", request.getPosition(), 1));
      case REVISIONS -> {
        EraseRequest.Revisions revisions = request.getRevisions();
        long from = Fields.number("from", revisions.getFrom(), 1);
        long to = revisions.hasTo() ? Fields.number("to", revisions.getTo(), from) : Long.MAX_VALUE;
        if (revisions.getStream().isEmpty()) {
          throw Fields.bad("stream", "is not empty");
        }
        yield new Erasure.OfRevisions(revisions.getStream(), from, to);
      }
      case SUBJECT -> {
        try {
          yield new Erasure.OfSubject(request.getSubject());
        } catch (IllegalArgumentException e) {
          throw Fields.bad("subject", String.valueOf(e.getMessage()));
        }
      }
      case WHAT_NOT_SET -> throw Fields.bad("what", "is a position, revisions or a subject");
    };
  }

  private static Map<String, ?> details(Erasure what) {
    return switch (what) {
      case Erasure.OfEvent(long position) -> Map.of("position", position);
      case Erasure.OfRevisions(String stream, long from, long to) ->
          to == Long.MAX_VALUE
              ? Map.of("stream", stream, "from", from)
              : Map.of("stream", stream, "from", from, "to", to);
      case Erasure.OfSubject(String subject) -> Map.of("subject", subject);
    };
  }

  private static EraseResponse answer(EraseResult result) {
    EraseResponse.Builder answer = EraseResponse.newBuilder();
    switch (result) {
      case EraseResult.Erased(long events, var receipts) ->
          answer.setErased(
              EraseResponse.Erased.newBuilder().setEvents(events).addAllReceipts(receipts));
      case EraseResult.NothingToErase() ->
          answer.setNothingToErase(EraseResponse.NothingToErase.getDefaultInstance());
      case EraseResult.Kept(long position, String stream) ->
          answer.setKept(EraseResponse.Kept.newBuilder().setPosition(position).setStream(stream));
      case EraseResult.ReadOnly(Verdict verdict) -> answer.setReadOnly(Messages.readOnly(verdict));
    }
    return answer.build();
  }

  @Override
  public void trim(TrimRequest request, StreamObserver<TrimResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          EventLog log = logs.requireOpenToCallers(Role.ADMIN, request.getLog()).log();
          long before = Fields.number("before", request.getBefore(), 1);
          return answer(
              recorded(
                  "log.trim",
                  Map.of("log", request.getLog(), "before", before),
                  () -> log.trim(before),
                  trimmed -> trimmed.getClass().getSimpleName()));
        });
  }

  private static TrimResponse answer(TrimResult result) {
    TrimResponse.Builder answer = TrimResponse.newBuilder();
    switch (result) {
      case TrimResult.Trimmed(long upTo, long events, var receipts) ->
          answer.setTrimmed(
              TrimResponse.Trimmed.newBuilder()
                  .setUpTo(upTo)
                  .setEvents(events)
                  .addAllReceipts(receipts));
      case TrimResult.NothingToTrim(String reason) ->
          answer.setNothingToTrim(TrimResponse.NothingToTrim.newBuilder().setReason(reason));
      case TrimResult.ReadOnly(Verdict verdict) -> answer.setReadOnly(Messages.readOnly(verdict));
    }
    return answer.build();
  }

  @Override
  public void scrub(ScrubRequest request, StreamObserver<ScrubResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          HostedLog hosted = logs.require(Role.ADMIN, request.getLog());
          boolean started =
              recorded(
                  "log.scrub",
                  Map.of("log", hosted.name()),
                  hosted::scrub,
                  began -> began ? "started" : "under way");
          return ScrubResponse.newBuilder().setStarted(started).build();
        });
  }

  @Override
  public void compact(CompactRequest request, StreamObserver<CompactResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          HostedLog hosted = logs.require(Role.ADMIN, request.getLog());
          return recorded(
              "log.compact", Map.of("log", hosted.name()), () -> compact(hosted), _ -> "Compacted");
        });
  }

  private static CompactResponse compact(HostedLog hosted) {
    if (hosted.envelopes().isPresent()) {
      // Its views and its copies hold what its log holds.
      hosted.envelopes().get().compact();
      return CompactResponse.getDefaultInstance();
    }
    Compactable.Compacted compacted = hosted.log().compact();
    hosted.views().compact();
    return CompactResponse.newBuilder()
        .setBytesBefore(compacted.bytesBefore())
        .setBytesAfter(compacted.bytesAfter())
        .build();
  }
}
