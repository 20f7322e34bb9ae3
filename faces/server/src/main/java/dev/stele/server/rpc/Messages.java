package dev.stele.server.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogHealth;
import dev.stele.core.log.Proven;
import dev.stele.core.proof.Verdict;
import dev.stele.server.host.HostedLog;
import dev.stele.wire.v1.Durability;
import dev.stele.wire.v1.Event;
import dev.stele.wire.v1.LogDescription;
import dev.stele.wire.v1.OnDuplicate;
import dev.stele.wire.v1.ReadOnly;
import java.time.Instant;
import java.util.List;

/** Says in messages of {@code stele.v1} what the house says in its own types. */
final class Messages {
  private Messages() {}

  /**
   * An event.
   *
   * @param withBytes whether record and body are to be there, for those who verify
   */
  static Event event(StoredEvent event, boolean withBytes) {
    Event.Builder message =
        Event.newBuilder()
            .setPosition(event.position())
            .setStream(event.stream())
            .setRevision(event.revision())
            .setType(event.type())
            .setId(event.id())
            .setRecordedAt(timestamp(event.recordedAt()))
            .setAdmittedBy(event.admittedBy())
            .setSubject(event.subject())
            .setErased(event.erased())
            .setBodyHash(bytes(event.bodyHash()))
            .setPreviousLink(bytes(event.previousLink()))
            .setLink(bytes(event.link()));
    event.claims().forEach(claim -> message.addClaims(claim(claim)));
    event.payload().ifPresent(payload -> message.setPayload(bytes(payload)));
    if (withBytes) {
      message.setRecord(bytes(event.record()));
      event.body().ifPresent(body -> message.setBody(bytes(body)));
    }
    return message.build();
  }

  private static dev.stele.wire.v1.Claim claim(Claim claim) {
    dev.stele.wire.v1.Claim.Builder message =
        dev.stele.wire.v1.Claim.newBuilder()
            .setScope(claim.scope())
            .setKey(bytes(claim.key()))
            .setOnDuplicate(
                switch (claim.onDuplicate()) {
                  case REFUSE -> OnDuplicate.ON_DUPLICATE_REFUSE;
                  case RETURN_EXISTING -> OnDuplicate.ON_DUPLICATE_RETURN_EXISTING;
                });
    if (claim.expiresAtMillis() == Claim.UNTIL_RELEASED) {
      message.setUntilReleased(true);
    } else if (claim.expiresAtMillis() != Claim.NEVER) {
      message.setExpiresAtMillis(claim.expiresAtMillis());
    }
    return message.build();
  }

  static Durability durability(dev.stele.core.engine.Durability durability) {
    return switch (durability) {
      case MEMORY -> Durability.DURABILITY_MEMORY;
      case OS -> Durability.DURABILITY_OS;
      case DURABLE -> Durability.DURABILITY_DURABLE;
    };
  }

  static dev.stele.wire.v1.Verdict verdict(Verdict verdict) {
    dev.stele.wire.v1.Verdict.Builder message =
        dev.stele.wire.v1.Verdict.newBuilder().setSize(verdict.scope().size());
    switch (verdict) {
      case Verdict.Intact(var _, byte[] root) ->
          message.setIntact(
              dev.stele.wire.v1.Verdict.Intact.newBuilder().setRoot(ByteString.copyFrom(root)));
      case Verdict.Broken(var _, long lastGood, long at, var fault) ->
          message.setBroken(
              dev.stele.wire.v1.Verdict.Broken.newBuilder()
                  .setLastGood(lastGood)
                  .setAt(at)
                  .setFault(fault.code())
                  .setDetail(fault.detail()));
    }
    return message.build();
  }

  static ReadOnly readOnly(Verdict verdict) {
    return ReadOnly.newBuilder().setVerdict(verdict(verdict)).build();
  }

  static LogDescription description(HostedLog hosted) {
    var log = hosted.log();
    LogHealth health = log.health();
    LogDescription.Builder message =
        LogDescription.newBuilder()
            .setName(hosted.name())
            .setKind(hosted.kind().text())
            .setOrigin(log.origin())
            .setVkey(log.verifierKey().text())
            .setSize(health.size())
            .setHeadLink(bytes(log.head().link()))
            .setFirstPosition(log.firstPosition())
            .setVerdict(verdict(health.verdict()))
            .setProven(proven(health.proven()))
            .setTrustedSize(health.trustedSize());
    health.scrubbing().ifPresent(message::setScrubbing);
    log.latestCheckpoint().ifPresent(signed -> message.setCheckpoint(bytes(signed.bytes())));
    return message.build();
  }

  private static LogDescription.Proven proven(Proven proven) {
    LogDescription.Proven.Builder message =
        LogDescription.Proven.newBuilder()
            .setSize(proven.size())
            .setDepth(
                switch (proven.depth()) {
                  case HASHES -> LogDescription.Depth.DEPTH_HASHES;
                  case SIGNATURES -> LogDescription.Depth.DEPTH_SIGNATURES;
                });
    if (!proven.equals(Proven.NOTHING)) {
      message.setAt(timestamp(proven.at()));
    }
    return message.build();
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }

  static List<ByteString> path(List<byte[]> hashes) {
    return hashes.stream().map(Messages::bytes).toList();
  }

  /** Wraps bytes that are the caller's own and that nobody changes any more. */
  static ByteString bytes(byte[] own) {
    return UnsafeByteOperations.unsafeWrap(own);
  }
}
