package dev.stele.core.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Admits events that nobody signed, by shape and size alone.
 *
 * <p>Such sources exist and there is no pretending: the record says {@code unsigned/1}, so a reader
 * knows that the log vouches for order and integrity, and nobody for the author. An id, where
 * given, is claimed: the same id again answers the position that has it. So does an idempotency
 * key, which names a request and not an event.
 */
public final class UnsignedGate implements Gate<UnsignedGate.Input> {
  /** The scope of the claim by which a request that is sent again finds what it appended. */
  public static final String IDEMPOTENCY_SCOPE = "idempotency-key";

  private static final GateId ID = new GateId("unsigned", 1);

  /**
   * An event as a caller wrote it, not yet checked.
   *
   * @param stream the stream to join
   * @param type what kind of event this is
   * @param id the event's id, empty for none
   * @param payload the bytes to keep
   * @param subject whom the event is about, empty for nobody
   * @param idempotencyKey what the caller calls this request, so that it may be sent again; empty
   *     for none
   */
  public record Input(
      String stream,
      String type,
      String id,
      byte[] payload,
      String subject,
      String idempotencyKey) {
    /** An event of a request that has no key. */
    public Input(String stream, String type, String id, byte[] payload, String subject) {
      this(stream, type, id, payload, subject, "");
    }
  }

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(Input input, Instant now) {
    if (!EventDraft.fits(input.stream(), 1, EventDraft.MAX_STREAM_BYTES)) {
      return new Rejected("bad-stream", "a stream's name has 1 to 1024 bytes of UTF-8");
    }
    if (input.stream().startsWith(EventDraft.LOGS_OWN)) {
      return new Rejected(
          "reserved-stream",
          "streams that begin with %s are the log's own".formatted(EventDraft.LOGS_OWN));
    }
    if (!EventDraft.fits(input.type(), 1, EventDraft.MAX_TYPE_BYTES)) {
      return new Rejected("bad-type", "a type has 1 to 256 bytes of UTF-8");
    }
    if (!EventDraft.fits(input.id(), 0, EventDraft.MAX_ID_BYTES)) {
      return new Rejected("bad-id", "an event id has at most 1024 bytes of UTF-8");
    }
    if (!EventDraft.fits(input.subject(), 0, EventDraft.MAX_SUBJECT_BYTES)) {
      return new Rejected("bad-subject", "a subject has at most 1024 bytes of UTF-8");
    }
    if (input.payload().length > EventDraft.MAX_PAYLOAD_BYTES) {
      return new Rejected(
          "too-large",
          "a payload has at most %d bytes, this one has %d"
              .formatted(EventDraft.MAX_PAYLOAD_BYTES, input.payload().length));
    }
    if (!EventDraft.fits(input.idempotencyKey(), 0, Claim.MAX_KEY_BYTES)) {
      return new Rejected(
          "bad-idempotency-key", "an idempotency key has at most 1024 bytes of UTF-8");
    }
    List<Claim> claims = new ArrayList<>();
    if (!input.idempotencyKey().isEmpty()) {
      claims.add(
          new Claim(
              IDEMPOTENCY_SCOPE,
              input.idempotencyKey().getBytes(StandardCharsets.UTF_8),
              OnDuplicate.RETURN_EXISTING,
              Claim.NEVER));
    }
    if (!input.id().isEmpty()) {
      claims.add(Claim.ofEventId(input.id(), OnDuplicate.RETURN_EXISTING));
    }
    return new Admitted(
        ID,
        new EventDraft(
            input.stream(), input.type(), input.id(), input.payload(), claims, input.subject()));
  }
}
