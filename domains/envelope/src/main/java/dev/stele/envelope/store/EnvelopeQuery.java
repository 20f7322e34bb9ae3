package dev.stele.envelope.store;

import java.time.Instant;
import java.util.Optional;

/** Which envelopes to go through, and in which order. */
public sealed interface EnvelopeQuery {
  /** Every envelope, as they were appended. */
  static EnvelopeQuery all() {
    return new All();
  }

  /** Those of one type, by the time they were issued at. */
  static EnvelopeQuery ofType(String type) {
    return new OfType(type, Optional.empty(), Optional.empty());
  }

  /** Those of one source, by the time they were issued at. */
  static EnvelopeQuery ofSource(String source) {
    return new OfSource(source, Optional.empty(), Optional.empty());
  }

  /** Those that one key id signed, as they were appended. */
  static EnvelopeQuery ofKey(String keyId) {
    return new OfKey(keyId);
  }

  /** Every envelope. */
  record All() implements EnvelopeQuery {}

  /**
   * Those of one type.
   *
   * @param from the first time of issue, inclusive
   * @param before the last, exclusive
   */
  record OfType(String type, Optional<Instant> from, Optional<Instant> before)
      implements EnvelopeQuery {}

  /**
   * Those of one source.
   *
   * @param from the first time of issue, inclusive
   * @param before the last, exclusive
   */
  record OfSource(String source, Optional<Instant> from, Optional<Instant> before)
      implements EnvelopeQuery {}

  /** Those that one key id signed. */
  record OfKey(String keyId) implements EnvelopeQuery {}
}
