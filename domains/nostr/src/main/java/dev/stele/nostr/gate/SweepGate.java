package dev.stele.nostr.gate;

import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * Admits a store's word that a time has passed, so that views, which read no clock, may drop what
 * expired until then (NIP-40). Unsigned; the payload is the time in seconds since 1970, in decimal
 * digits.
 *
 * <p>Codes of refusal: {@code in-the-future} and {@code before-1970}. Thread-safe.
 */
public final class SweepGate implements Gate<Instant> {
  /** The stream of sweeps. */
  public static final String STREAM = "nostr/sweeps";

  /** The type of a sweep. */
  public static final String TYPE = NostrGate.TYPE_PREFIX + "sweep";

  private static final GateId ID = new GateId("nostr-sweep", 1);

  /** What a record says of a sweep that this gate has admitted. */
  public static final String ADMITTED_BY = ID.toString();

  /** The digits of 2^53 - 1, which no expiration exceeds. */
  private static final int MAX_DIGITS = 16;

  /** A gate; all are alike. */
  public SweepGate() {}

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(Instant passed, Instant now) {
    if (passed.isAfter(now)) {
      return new Rejected("in-the-future", "%s has not passed at %s".formatted(passed, now));
    }
    if (passed.getEpochSecond() < 0) {
      return new Rejected("before-1970", "nothing expires before 1970, so not until " + passed);
    }
    byte[] payload = Long.toString(passed.getEpochSecond()).getBytes(StandardCharsets.US_ASCII);
    return new Admitted(ID, new EventDraft(STREAM, TYPE, "", payload, List.of(), ""));
  }

  /** Returns the time of a sweep by its payload; empty if it is none. */
  public static OptionalLong time(byte[] payload) {
    if (payload.length == 0 || payload.length > MAX_DIGITS) {
      return OptionalLong.empty();
    }
    long time = 0;
    for (byte digit : payload) {
      if (digit < '0' || digit > '9') {
        return OptionalLong.empty();
      }
      time = 10 * time + (digit - '0');
    }
    return OptionalLong.of(time);
  }
}
