package dev.stele.envelope.view;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.EnvelopeGate;

/** Tells envelopes from the other events of a log, and reads them. */
public final class StoredEnvelopes {
  private StoredEnvelopes() {}

  /** Whether an event is an envelope that a gate for envelopes has admitted. */
  public static boolean isEnvelope(StoredEvent event) {
    return EnvelopeGate.admitted(event.admittedBy());
  }

  /**
   * Reads an envelope that was stored.
   *
   * @throws IllegalArgumentException when the bytes are none
   */
  public static SignedEnvelope read(byte[] wire) {
    return switch (EnvelopeReader.read(wire, ReadingRules.COMPATIBLE)) {
      case Parsed.Value<SignedEnvelope>(SignedEnvelope envelope) -> envelope;
      case Parsed.Malformed<SignedEnvelope>(String reason) ->
          throw new IllegalArgumentException("what is stored is no envelope: " + reason);
    };
  }

  /**
   * Reads the header of an envelope that was stored.
   *
   * @throws IllegalArgumentException when the bytes are no envelope
   */
  static EnvelopeHeader readHeader(byte[] wire) {
    return switch (EnvelopeReader.readHeader(wire)) {
      case Parsed.Value<EnvelopeHeader>(EnvelopeHeader header) -> header;
      case Parsed.Malformed<EnvelopeHeader>(String reason) ->
          throw new IllegalArgumentException("what is stored is no envelope: " + reason);
    };
  }

  /** The source that an envelope's record names, also when the envelope was erased. */
  public static String sourceOf(StoredEvent event) {
    return event.stream().substring(EnvelopeGate.STREAM_PREFIX.length());
  }
}
