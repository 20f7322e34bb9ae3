package dev.stele.bench;

import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Envelopes of one key that nobody has seen: a number, a text, a fraction and a list in each.
 * Thread-safe.
 */
final class Envelopes {
  static final EnvelopeKey KEY = EnvelopeKey.fromSeed("bench", new byte[32]);

  /** About what one takes on the wire. */
  static final int WIRE_BYTES = 835;

  private static final String TEXT = "lorem ipsum \u043f\u0440\u0438\u043c\u0435\u0440 ".repeat(8);

  private final AtomicLong next = new AtomicLong();
  private final Queue<SignedEnvelope> ready = new ConcurrentLinkedQueue<>();

  /** Signs on every processor until so many are ready; call it outside of what is timed. */
  void fill(int count) {
    IntStream.range(0, Math.max(0, count - ready.size()))
        .parallel()
        .forEach(_ -> ready.add(make(next.getAndIncrement())));
  }

  private static SignedEnvelope make(long number) {
    EnvelopeMaker maker = new EnvelopeMaker(InstantSource.system(), new SplittableRandom(number));
    EnvelopeDraft draft =
        EnvelopeDraft.of(
            "omen.observed",
            "bench",
            KEY.keyId(),
            JsonObject.of(
                Map.of("n", number, "text", TEXT, "x", number / 7.0, "list", List.of(1L, 2L, 3L))));
    return switch (maker.create(draft)) {
      case EnvelopeCreation.Created created -> created.sign(KEY);
      case EnvelopeCreation.Invalid invalid -> throw new IllegalStateException(invalid.toString());
    };
  }

  /** The next one; one is signed now when none is ready, at the caller's cost. */
  SignedEnvelope take() {
    SignedEnvelope envelope = ready.poll();
    return envelope == null ? make(next.getAndIncrement()) : envelope;
  }

  List<SignedEnvelope> takeAll(int count) {
    List<SignedEnvelope> all = new ArrayList<>(count);
    while (all.size() < count) {
      all.add(take());
    }
    return all;
  }
}
