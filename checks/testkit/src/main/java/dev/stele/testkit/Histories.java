package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.ExpectedRevision;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.ReleaseResult;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Random histories of a log from a seed: appends, batches, repetitions, conflicts, claims that
 * expire or are released, and reopenings.
 *
 * <p>A history is run on an engine and gives an outline: every outcome, and every byte of every
 * record. Engines must give equal outlines for equal seeds, and the outcomes must be those of a
 * naive model that knows nothing of links, batches or indexes.
 */
public final class Histories {
  private static final int STREAMS = 4;
  private static final int IDS = 40;

  private final Random random;
  private Model model = new Model();
  private final AtomicLong now = new AtomicLong(TestLogs.START.toEpochMilli());
  private final List<String> outline = new ArrayList<>();

  Histories(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Runs the history of {@code seed} with {@code steps} steps.
   *
   * @param engines opens the engine, again and again on the same stored rows
   * @return one line for every outcome and every record, and the root at the end
   * @throws AssertionError when an outcome is not the model's, or the log does not verify
   */
  public static List<String> run(long seed, int steps, Supplier<LogEngine> engines) {
    return new Histories(seed).run(seed, steps, engines, new MemoryAnchor());
  }

  private List<String> run(long seed, int steps, Supplier<LogEngine> engines, MemoryAnchor anchor) {
    LogOptions options =
        TestLogs.options(seed, anchor)
            .with(() -> Instant.ofEpochMilli(now.get()), new Random(seed ^ 0x5eed));
    EventLog log = open(engines, options);
    try {
      for (int step = 0; step < steps; step++) {
        now.addAndGet(random.nextInt(3) - (random.nextInt(10) == 0 ? 5 : 0));
        switch (random.nextInt(12)) {
          case 0 -> {
            log.close();
            log = open(engines, options);
          }
          case 1, 2 -> appendGroup(log);
          case 3 -> release(log);
          default -> {
            Append append = draw();
            compare(append, log.append(append));
          }
        }
      }
      for (long after = 0; after < log.head().size(); ) {
        for (StoredEvent event : log.read(after, 7)) {
          after = event.position();
          outline.add(HexFormat.of().formatHex(event.record()));
        }
      }
      model.compareStreams(log);
      outline.add("root " + HexFormat.of().formatHex(log.root(log.head().size())));
    } finally {
      log.close();
    }
    open(engines, options).close();
    return outline;
  }

  private static EventLog open(Supplier<LogEngine> engines, LogOptions options) {
    EventLog log = EventLog.open(engines.get(), LogId.MAIN, TestLogs.keys(), options);
    if (log.verdict() instanceof Verdict.Broken broken) {
      throw new AssertionError("the log does not verify: " + broken);
    }
    return log;
  }

  /** Lets the draws be about {@code other} from now on. */
  void model(Model other) {
    model = other;
  }

  /** The time of the next append. */
  long now() {
    return now.get();
  }

  void passTime(int millis) {
    now.addAndGet(millis);
  }

  private void appendGroup(EventLog log) {
    List<Append> appends = new ArrayList<>();
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      appends.add(draw());
    }
    List<AppendResult> results = log.appendAll(appends);
    for (int i = 0; i < count; i++) {
      compare(appends.get(i), results.get(i));
    }
  }

  private void release(EventLog log) {
    long before = now.get() - random.nextInt(8) + 2;
    String expected = model.release(before, now.get());
    String got =
        switch (log.release(Instant.ofEpochMilli(before))) {
          case ReleaseResult.Released(long position, var _) -> "released " + position;
          case ReleaseResult.AlreadyReleased(Instant last) ->
              "released already " + last.toEpochMilli();
          case ReleaseResult.NotYet(Instant time) -> "released not yet " + time.toEpochMilli();
          case ReleaseResult.ReadOnly(Verdict verdict) -> "read-only " + verdict;
        };
    if (!expected.equals(got)) {
      throw new AssertionError(
          "step %d: the model says '%s', the log '%s'".formatted(outline.size(), expected, got));
    }
    outline.add(got);
  }

  private void compare(Append append, AppendResult actual) {
    String expected = model.append(append, now.get());
    String got = describe(actual);
    if (!expected.equals(got)) {
      throw new AssertionError(
          "step %d: the model says '%s', the log '%s'".formatted(outline.size(), expected, got));
    }
    outline.add(got);
  }

  /** An outcome in the words of the model. */
  static String describe(AppendResult actual) {
    return switch (actual) {
      case AppendResult.Appended(long first, var _, int count, var _, var _, var _, var _) ->
          "appended " + first + "+" + count;
      case AppendResult.AlreadyPresent(long at) -> "present " + at;
      case AppendResult.Conflict(String stream, long wanted, long is) ->
          "conflict " + stream + " " + wanted + " " + is;
      case AppendResult.Refused(Claim claim, long holder) ->
          "refused " + claim.scope() + " " + holder;
      case AppendResult.ReadOnly(Verdict verdict) -> "read-only " + verdict;
    };
  }

  /** The next append at random; about the model, so that some conflict and some repeat. */
  Append draw() {
    String stream = "stream-" + random.nextInt(STREAMS);
    int count = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1;
    List<dev.stele.core.gate.Admitted> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(TestGate.admit(drawEvent(stream)));
    }
    Append append = Append.of(events);
    if (random.nextInt(4) == 0) {
      long last = model.revisions.getOrDefault(stream, 0L);
      append = append.expecting(Math.max(0, last + random.nextInt(3) - 1));
    }
    return random.nextInt(5) == 0 ? append.proven() : append;
  }

  private EventDraft drawEvent(String stream) {
    List<Claim> claims = new ArrayList<>();
    String id = "";
    if (random.nextInt(3) > 0) {
      id = "id-" + random.nextInt(IDS);
      claims.add(
          Claim.ofEventId(
              id, random.nextBoolean() ? OnDuplicate.RETURN_EXISTING : OnDuplicate.REFUSE));
    }
    if (random.nextInt(3) == 0) {
      byte[] key = {(byte) random.nextInt(IDS)};
      long expires =
          random.nextBoolean() ? now.get() + random.nextInt(20) : whenNotExpiring(key[0]);
      claims.add(new Claim("nonce", key, OnDuplicate.REFUSE, expires));
      if (key[0] % 2 == 0) {
        Collections.reverse(claims);
      }
    }
    byte[] payload = new byte[random.nextInt(60)];
    random.nextBytes(payload);
    String subject = random.nextInt(5) == 0 ? "subject-" + random.nextInt(3) : "";
    return new EventDraft(stream, "type-" + random.nextInt(3), id, payload, claims, subject);
  }

  /** By the key and not by a draw of its own, so that seeds keep their meaning. */
  private static long whenNotExpiring(byte key) {
    return key % 3 == 0 ? Claim.NEVER : Claim.UNTIL_RELEASED;
  }

  /** What a log should answer, without any of what makes it a log. */
  static final class Model {
    private record Held(long position, long expiresAt, long recordedAt) {}

    private long releasedBefore = Long.MIN_VALUE;

    private final Map<String, Held> claims = new HashMap<>();
    private final Map<String, Long> revisions = new HashMap<>();
    private final Map<String, List<Long>> streams = new HashMap<>();
    private long size;

    /** Every event that was appended, by position − 1. */
    private final List<EventDraft> appended = new ArrayList<>();

    private long recordedAt = Long.MIN_VALUE;

    String append(Append append, long now) {
      long time = Math.max(recordedAt, now);
      Optional<String> present = present(append, time);
      if (present.isPresent()) {
        return present.get();
      }
      String stream = append.events().getFirst().draft().stream();
      long revision = revisions.getOrDefault(stream, 0L);
      if (append.expected() instanceof ExpectedRevision.Exactly(long expected)
          && expected != revision) {
        return "conflict " + stream + " " + expected + " " + revision;
      }
      Map<String, Long> own = new HashMap<>();
      for (var event : append.events()) {
        for (Claim claim : event.draft().claims()) {
          long holder = holder(claim, time);
          if (holder != 0) {
            return "refused " + claim.scope() + " " + holder;
          }
          if (own.put(name(claim), 0L) != null) {
            return "refused " + claim.scope() + " 0";
          }
        }
      }
      long first = size + 1;
      recordedAt = time;
      for (var event : append.events()) {
        size++;
        appended.add(event.draft());
        revisions.merge(stream, 1L, Long::sum);
        streams.computeIfAbsent(stream, _ -> new ArrayList<>()).add(size);
        for (Claim claim : event.draft().claims()) {
          claims.put(name(claim), new Held(size, claim.expiresAtMillis(), time));
        }
      }
      return "appended " + first + "+" + append.events().size();
    }

    long size() {
      return size;
    }

    List<EventDraft> appended() {
      return appended;
    }

    private Optional<String> present(Append append, long time) {
      long first = 0;
      for (var event : append.events()) {
        Optional<Claim> decides =
            event.draft().claims().stream().filter(claim -> holder(claim, time) != 0).findFirst();
        if (decides.isEmpty() || decides.get().onDuplicate() == OnDuplicate.REFUSE) {
          return Optional.empty();
        }
        long holder = holder(decides.get(), time);
        first = first == 0 ? holder : first;
      }
      return Optional.of("present " + first);
    }

    private long holder(Claim claim, long time) {
      Held held = claims.get(name(claim));
      if (held == null) {
        return 0;
      }
      boolean free =
          held.expiresAt == Claim.UNTIL_RELEASED
              ? held.recordedAt < releasedBefore
              : held.expiresAt <= time;
      return free ? 0 : held.position;
    }

    private String release(long before, long now) {
      long time = Math.max(recordedAt, now);
      if (before <= releasedBefore) {
        return "released already " + releasedBefore;
      }
      if (before >= time) {
        return "released not yet " + time;
      }
      releasedBefore = before;
      recordedAt = time;
      size++;
      return "released " + size;
    }

    void compareStreams(EventLog log) {
      streams.forEach(
          (stream, positions) -> {
            List<Long> read = new ArrayList<>();
            for (long after = 0; ; ) {
              List<StoredEvent> events = log.readStream(stream, after, 5);
              if (events.isEmpty()) {
                break;
              }
              for (StoredEvent event : events) {
                if (event.revision() != ++after) {
                  throw new AssertionError("revision " + event.revision() + " at " + after);
                }
                read.add(event.position());
              }
            }
            if (!read.equals(positions)) {
              throw new AssertionError(stream + " reads " + read + ", not " + positions);
            }
          });
    }

    private static String name(Claim claim) {
      return claim.scope() + ":" + new String(claim.key(), StandardCharsets.ISO_8859_1);
    }
  }
}
