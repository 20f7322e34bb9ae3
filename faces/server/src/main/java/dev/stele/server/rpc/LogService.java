package dev.stele.server.rpc;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.server.auth.Role;
import dev.stele.server.host.HostedLog;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.CheckpointRequest;
import dev.stele.wire.v1.CheckpointResponse;
import dev.stele.wire.v1.ConsistencyRequest;
import dev.stele.wire.v1.ConsistencyResponse;
import dev.stele.wire.v1.LogGrpc;
import dev.stele.wire.v1.ProveRequest;
import dev.stele.wire.v1.ProveResponse;
import dev.stele.wire.v1.ReadRequest;
import dev.stele.wire.v1.ReadResponse;
import dev.stele.wire.v1.SubscribeRequest;
import dev.stele.wire.v1.SubscribeResponse;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** Answers the calls of {@code stele.v1.Log}. Thread-safe. */
final class LogService extends LogGrpc.LogImplBase {
  private final Logs logs;
  private final Appending appending;
  private final OpenStreams open;

  LogService(Logs logs, Appending appending, OpenStreams open) {
    this.logs = logs;
    this.appending = appending;
    this.open = open;
  }

  @Override
  public void append(AppendRequest request, StreamObserver<AppendResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          EventLog log = logs.requireOpenToCallers(Role.APPEND, request.getLog()).log();
          return switch (appending.judge(request)) {
            case Appending.Judged.Bad(AppendResponse answer) -> answer;
            case Appending.Judged.Good good -> {
              Appending.requireInTime();
              yield Appending.answer(log, good, log.append(good.append()));
            }
          };
        });
  }

  @Override
  public StreamObserver<AppendRequest> appendStream(StreamObserver<AppendResponse> caller) {
    return AppendStream.start(caller, logs, appending, open);
  }

  @Override
  public void read(ReadRequest request, StreamObserver<ReadResponse> caller) {
    Outflow.start(
        caller,
        open,
        out -> Reading.page(logs.require(Role.READ, request.getLog()).log(), request).run(out));
  }

  @Override
  public void subscribe(SubscribeRequest request, StreamObserver<SubscribeResponse> caller) {
    Outflow.start(
        caller,
        open,
        out ->
            Reading.subscription(logs.require(Role.READ, request.getLog()).log(), request)
                .run(out));
  }

  @Override
  public void prove(ProveRequest request, StreamObserver<ProveResponse> caller) {
    Unary.answer(caller, () -> proof(request));
  }

  private ProveResponse proof(ProveRequest request) {
    HostedLog hosted = logs.require(Role.READ, request.getLog());
    EventLog log = hosted.log();
    long position = Fields.number("position", request.getPosition(), 1);
    long asked = Fields.number("size", request.getSize(), 0);
    StoredEvent event =
        log.get(position)
            .orElseThrow(
                () ->
                    Problem.NOT_FOUND.because(
                        "there is no event at position %d".formatted(position)));
    Optional<SignedCheckpoint> signed = signed(hosted, asked, position);
    long size = asked == 0 ? signed.orElseThrow().checkpoint().size() : asked;
    if (size < position) {
      throw Fields.bad("size", "is at least the position, %d, or 0".formatted(position));
    }
    requireWithin("size", size, log);
    InclusionProof path = log.prove(position, size);
    ProveResponse.Builder answer =
        ProveResponse.newBuilder()
            .setPosition(position)
            .setIndex(path.index())
            .setSize(size)
            .setLeafHash(Messages.bytes(event.link()))
            .addAllPath(Messages.path(path.path()));
    signed.ifPresent(
        checkpoint ->
            answer
                .setCheckpoint(Messages.bytes(checkpoint.bytes()))
                .setProof(
                    Messages.bytes(
                        EventProof.build(
                            event.record(), event.body(), position, checkpoint, log.nodes()))));
    return answer.build();
  }

  /**
   * The signed checkpoint to prove against: of the size asked for, or one that covers the event.
   */
  private static Optional<SignedCheckpoint> signed(HostedLog hosted, long size, long covering) {
    return size == 0 ? Optional.of(hosted.checkpointOver(covering)) : ofSize(hosted.log(), size);
  }

  private static Optional<SignedCheckpoint> ofSize(EventLog log, long size) {
    return log.latestCheckpoint().filter(signed -> signed.checkpoint().size() == size);
  }

  private static void requireWithin(String field, long size, EventLog log) {
    long head = log.head().size();
    if (size > head) {
      throw Fields.bad(field, "is %d, and the log has %d events".formatted(size, head));
    }
  }

  @Override
  public void consistency(ConsistencyRequest request, StreamObserver<ConsistencyResponse> caller) {
    Unary.answer(caller, () -> consistency(request));
  }

  private ConsistencyResponse consistency(ConsistencyRequest request) {
    HostedLog hosted = logs.require(Role.READ, request.getLog());
    EventLog log = hosted.log();
    long from = Fields.number("from", request.getFrom(), 0);
    long asked = Fields.number("to", request.getTo(), 0);
    Optional<SignedCheckpoint> signed =
        asked == 0 ? Optional.of(hosted.checkpointOver(from(from, log))) : ofSize(log, asked);
    long to = asked == 0 ? signed.orElseThrow().checkpoint().size() : asked;
    requireWithin("to", to, log);
    if (from > to) {
      throw Fields.bad("from", "is %d, and the newer tree has %d events".formatted(from, to));
    }
    ConsistencyProof proof = log.consistency(from, to);
    ConsistencyResponse.Builder answer =
        ConsistencyResponse.newBuilder()
            .setFrom(from)
            .setTo(to)
            .addAllPath(Messages.path(proof.path()));
    signed.ifPresent(checkpoint -> answer.setCheckpoint(Messages.bytes(checkpoint.bytes())));
    return answer.build();
  }

  private static long from(long from, EventLog log) {
    requireWithin("from", from, log);
    return from;
  }

  @Override
  public void checkpoint(CheckpointRequest request, StreamObserver<CheckpointResponse> caller) {
    Unary.answer(
        caller,
        () -> {
          SignedCheckpoint signed = logs.require(Role.READ, request.getLog()).checkpoint();
          Checkpoint checkpoint = signed.checkpoint();
          return CheckpointResponse.newBuilder()
              .setCheckpoint(Messages.bytes(signed.bytes()))
              .setOrigin(checkpoint.origin())
              .setSize(checkpoint.size())
              .setRoot(Messages.bytes(checkpoint.root()))
              .build();
        });
  }
}
