package dev.stele.bench;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Nostr events that nobody has seen, of 200 authors: notes, answers and reactions, with one or two
 * tags and some 300 bytes of text each. Thread-safe.
 */
final class NostrEvents {
  /** About what one takes on the wire. */
  static final int WIRE_BYTES = 680;

  static final int AUTHORS = 200;
  static final long FIRST_AT = 1_750_000_000L;
  static final int SECONDS = 10_000_000;

  private static final List<String> WORDS =
      List.of("stone", "relay", "note", "river", "garden", "signal", "paper", "light", "winter");

  /** Ten events a second, where they come as they are written. */
  private static final int A_SECOND = 10;

  /** How the times of events follow each other. */
  private enum Times {
    /** In no order, over four months: as a history may be. */
    MIXED,
    /** Behind each other: as clients publish. */
    RISING
  }

  private final Times times;
  private final AtomicLong next = new AtomicLong();
  private final Queue<NostrEvent> ready = new ConcurrentLinkedQueue<>();
  private final List<NostrKey> keys = IntStream.range(1, AUTHORS + 1).mapToObj(this::key).toList();

  private NostrEvents(Times times) {
    this.times = times;
  }

  /** Events of four months in no order. */
  static NostrEvents ofThePast() {
    return new NostrEvents(Times.MIXED);
  }

  /** Events each as new as the one before or newer, and all newer than those of the past. */
  static NostrEvents ofThePresent() {
    return new NostrEvents(Times.RISING);
  }

  private NostrKey key(int number) {
    byte[] secret = new byte[32];
    secret[30] = (byte) (number >> 8);
    secret[31] = (byte) number;
    return NostrKey.fromSecret(secret);
  }

  /** The author of a number, from 0. */
  NostrKey author(int number) {
    return keys.get(number);
  }

  /** Signs on every processor until so many are ready; call it outside of what is timed. */
  void fill(int count) {
    IntStream.range(0, Math.max(0, count - ready.size()))
        .parallel()
        .forEach(_ -> ready.add(make(next.getAndIncrement())));
  }

  private NostrEvent make(long number) {
    Random random = new Random(number);
    NostrKey author = keys.get(random.nextInt(AUTHORS));
    String other = keys.get(random.nextInt(AUTHORS)).pubkey();
    String root = "%064x".formatted(random.nextInt(5_000));
    StringBuilder text = new StringBuilder("%016x".formatted(number));
    while (text.length() < 300) {
      text.append(' ')
          .append(WORDS.get(random.nextInt(WORDS.size())))
          .append(random.nextInt(1_000));
    }
    int sort = random.nextInt(10);
    List<List<String>> tags =
        sort < 5
            ? List.of(List.of("t", WORDS.get(random.nextInt(WORDS.size()))))
            : List.of(List.of("e", root), List.of("p", other));
    return author.sign(
        switch (times) {
          case MIXED -> FIRST_AT + random.nextInt(SECONDS);
          case RISING -> FIRST_AT + SECONDS + number / A_SECOND;
        },
        sort < 8 ? 1 : 7,
        tags,
        sort < 8 ? text.toString() : "+");
  }

  /** The next one; one is signed now when none is ready, at the caller's cost. */
  NostrEvent take() {
    NostrEvent event = ready.poll();
    return event == null ? make(next.getAndIncrement()) : event;
  }

  List<NostrEvent> takeAll(int count) {
    List<NostrEvent> all = new ArrayList<>(count);
    while (all.size() < count) {
      all.add(take());
    }
    return all;
  }
}
