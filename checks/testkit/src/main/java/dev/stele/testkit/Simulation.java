package dev.stele.testkit;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.Disk;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.SimulatedDisk.Faults;
import dev.stele.testkit.gate.TestGate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * The life of a log from one seed: appends, faults of the disk, losses of power, reopenings.
 *
 * <pre>
 *   round:  threaten the disk ──► steps ──► power lost, process killed, or closed
 *           ──► now and then a reopening that is threatened too ──► reopen in calm, check all
 * </pre>
 *
 * <p>After each reopening: what was acknowledged as durable is there, with the same bytes at the
 * same position; of what was not, a beginning, in whole commits, or nothing; the log verifies
 * against its anchor; every checkpoint and proof that was ever handed out still holds; and every
 * outcome is that of a naive model. A failed append throws {@link StorageFailed} and nothing else,
 * and nothing fails while the disk is calm.
 */
public final class Simulation {
  private static final Path ROOT = Path.of("/simulated");
  private static final Path JOURNAL = ROOT.resolve("log.journal");
  private static final Path ANCHOR = ROOT.resolve("state/log.anchor");

  /** Made once: a key pair costs more than a round. */
  private static final LogKeys KEYS = TestLogs.keys();

  /** In every so many seeds the log begins with more events than a tile has leaves. */
  private static final int LARGE_EVERY = 8;

  /**
   * What came of a life that broke no promise.
   *
   * @param acks how many appends were acknowledged
   * @param failures how many calls failed, as they should
   * @param crashes how often the power was lost
   * @param outline the end of the log and how the disk was used: the same for the same seed
   */
  public record Tally(int acks, int failures, int crashes, String outline) {}

  /** What a log is made of; a planted mistake exchanges one of these. */
  static class Parts {
    /** The disk as engine and anchor see it. */
    Disk disk(SimulatedDisk disk) {
      return disk;
    }

    LogEngine engine(Disk disk, Path journal) {
      return new JournaledEngine(disk, journal);
    }

    Anchor anchor(Disk disk, Path file) {
      return new FileAnchor(file, disk);
    }
  }

  /** What one commit was asked for, and when. */
  private record Step(List<Append> appends, long now) {}

  /** A checkpoint that was handed out, and the proof of one event where there was one. */
  private record Handed(SignedCheckpoint checkpoint, Optional<InclusionProof> path) {
    long size() {
      return checkpoint.checkpoint().size();
    }
  }

  private final Random random;
  private final Random salts;
  private final SimulatedDisk disk;
  private final Disk seen;
  private final Parts parts;
  private final Histories draws;

  private Anchor anchor;
  private LogEngine engine;
  private EventLog log;

  /** The commits that are in the log, as far as this process can tell. */
  private final List<Step> history = new ArrayList<>();

  /** How many of them may not be lost any more. */
  private int durableSteps;

  /** Commits that failed since the last one that did not: one of them may be there. */
  private final List<Step> doubtful = new ArrayList<>();

  private Histories.Model model = new Histories.Model();
  private final List<byte[]> records = new ArrayList<>();
  private final List<Handed> handed = new ArrayList<>();
  private boolean threatened;
  private int acks;
  private int failures;
  private int crashes;

  private Simulation(long seed, Parts parts) {
    this.random = new Random(seed);
    this.salts = new Random(seed ^ 0x5a17);
    this.disk = new SimulatedDisk(ROOT, seed ^ 0xd15c);
    this.parts = parts;
    this.seen = parts.disk(disk);
    this.draws = new Histories(seed ^ 0xd1a3);
    this.anchor = new MemoryAnchor();
    this.engine = new MemoryLogEngine();
    this.log = open();
  }

  /**
   * Lives the life of {@code seed}.
   *
   * @throws AssertionError when a promise was broken; its message names the seed
   */
  public static Tally run(long seed) {
    return run(seed, new Parts());
  }

  static Tally run(long seed, Parts parts) {
    try {
      return new Simulation(seed, parts).live(seed);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed %d breaks a promise: %s; alone: ./stele test --seed %d"
              .formatted(seed, e.getMessage(), seed),
          e);
    }
  }

  private Tally live(long seed) {
    draws.model(model);
    if (seed % LARGE_EVERY == 0) {
      appendMany();
    }
    int rounds = 3 + random.nextInt(3);
    for (int round = 0; round < rounds; round++) {
      boolean onlyFull = threaten();
      int steps = 4 + random.nextInt(12);
      for (int i = 0; i < steps && !disk.powerIsOut(); i++) {
        step();
      }
      if (onlyFull) {
        goOnWithSpace();
      }
      end();
      if (random.nextInt(4) == 0) {
        reopenUnderThreat();
      }
      reopen();
    }
    String outline =
        "size %d root %s calls %d"
            .formatted(
                log.head().size(),
                HexFormat.of().formatHex(log.root(log.head().size())),
                disk.calls());
    log.close();
    anchor.close();
    if (random.nextInt(3) == 0) {
      rot();
    }
    return new Tally(acks, failures, crashes, outline);
  }

  // ---- a round ----

  /** Draws what is to go wrong; whether it is nothing but a full disk. */
  private boolean threaten() {
    threatened = true;
    switch (random.nextInt(7)) {
      case 0, 1 -> disk.loseThePowerIn(1 + random.nextInt(60));
      case 2 -> disk.faults(new Faults(300, 20, 0, 20));
      case 3 -> {
        disk.capacity(disk.usedBytes() + random.nextInt(6_000));
        return true;
      }
      case 4 -> {
        disk.faults(new Faults(300, 20, 20, 60));
        disk.loseThePowerIn(1 + random.nextInt(90));
      }
      case 5 -> disk.faults(new Faults(0, 0, 0, 150));
      default -> threatened = false;
    }
    return false;
  }

  private void step() {
    draws.passTime(random.nextInt(3) - (random.nextInt(10) == 0 ? 5 : 0));
    switch (random.nextInt(16)) {
      case 0 -> checkpoint();
      case 1 -> staleWriter();
      case 2, 3 -> {
        List<Append> group = new ArrayList<>();
        for (int left = 1 + random.nextInt(6); left > 0; left--) {
          group.add(draw());
        }
        append(group);
      }
      default -> append(List.of(draw()));
    }
  }

  private Append draw() {
    Append append = draws.draw();
    return switch (random.nextInt(8)) {
      case 0 -> append.at(Durability.MEMORY);
      case 1 -> append.at(Durability.OS);
      default -> append;
    };
  }

  private void appendMany() {
    for (int batch = 0; batch < 3; batch++) {
      List<dev.stele.core.gate.Admitted> events = new ArrayList<>();
      for (int i = 0; i < 90; i++) {
        events.add(TestGate.event("stream-0", "many-%d-%d".formatted(batch, i), "payload " + i));
      }
      append(List.of(Append.of(events)));
    }
  }

  private void append(List<Append> appends) {
    Step step = new Step(appends, draws.now());
    List<AppendResult> results;
    try {
      results =
          appends.size() == 1 ? List.of(log.append(appends.getFirst())) : log.appendAll(appends);
    } catch (StorageFailed e) {
      failed(e);
      judge(step);
      return;
    }
    long before = model.size();
    history.add(step);
    for (int i = 0; i < appends.size(); i++) {
      String expected = model.append(appends.get(i), step.now());
      require(
          expected.equals(Histories.describe(results.get(i))),
          "the model says '%s', the log '%s'",
          expected,
          Histories.describe(results.get(i)));
      if (results.get(i) instanceof AppendResult.Appended ack) {
        acks++;
        // A commit that took effect has overwritten what a failed one may have left.
        doubtful.clear();
        Durability asked = appends.get(i).durability();
        require(
            ack.durability().compareTo(asked) >= 0,
            "asked for %s, acknowledged as %s",
            asked,
            ack.durability());
        if (ack.durability() == Durability.DURABLE) {
          durableSteps = history.size();
        }
        ack.proof().ifPresent(proof -> handOut(proof.checkpoint(), Optional.of(proof.path())));
      } else if (results.get(i) instanceof AppendResult.AlreadyPresent
          && appends.get(i).durability() == Durability.DURABLE) {
        durableSteps = history.size();
      }
    }
    readBack(before);
  }

  /** Compares what was just appended with the log, and keeps its bytes. */
  private void readBack(long before) {
    for (StoredEvent event : readAll(before)) {
      compare(event);
      records.add(event.record());
    }
    require(
        records.size() == model.size(), "%d records for %d events", records.size(), model.size());
  }

  private List<StoredEvent> readAll(long after) {
    List<StoredEvent> all = new ArrayList<>();
    for (long at = after; ; at = after + all.size()) {
      List<StoredEvent> some = log.read(at, 50);
      if (some.isEmpty()) {
        return all;
      }
      all.addAll(some);
    }
  }

  private void compare(StoredEvent event) {
    long at = event.position();
    require(at <= model.size(), "event %d is not known", at);
    EventDraft draft = model.appended().get((int) at - 1);
    require(isOf(event, draft), "event %d is %s, not %s", at, event, draft);
  }

  private static boolean isOf(List<StoredEvent> events, Histories.Model candidate) {
    return events.size() == candidate.size()
        && (events.isEmpty() || isOf(events.getLast(), candidate.appended().getLast()));
  }

  private static boolean isOf(StoredEvent event, EventDraft draft) {
    return event.stream().equals(draft.stream())
        && event.type().equals(draft.type())
        && event.id().equals(draft.id())
        && event.subject().equals(draft.subject())
        && Arrays.equals(event.payload().orElse(null), draft.payload())
        && names(event.claims()).equals(names(draft.claims()));
  }

  private static List<String> names(List<Claim> claims) {
    return claims.stream()
        .map(
            claim ->
                claim.scope()
                    + ":"
                    + new String(claim.key(), StandardCharsets.ISO_8859_1)
                    + ":"
                    + claim.expiresAtMillis())
        .toList();
  }

  private void failed(StorageFailed failure) {
    failures++;
    if (!threatened) {
      throw new AssertionError("a call failed on a calm disk", failure);
    }
  }

  /** Asks the engine whether a commit that failed is in the log all the same. */
  private void judge(Step step) {
    long size = engine.head(LogId.MAIN).size();
    if (size == model.size()) {
      doubtful.add(step);
      return;
    }
    history.add(step);
    long before = model.size();
    step.appends().forEach(append -> model.append(append, step.now()));
    require(size == model.size(), "a failed commit left %d events", size);
    readBack(before);
  }

  private void checkpoint() {
    try {
      SignedCheckpoint checkpoint = log.checkpoint();
      doubtful.clear();
      require(
          checkpoint.checkpoint().size() == model.size(),
          "a checkpoint of another size: %s",
          checkpoint);
      handOut(checkpoint, Optional.empty());
    } catch (StorageFailed e) {
      failed(e);
    }
  }

  private void handOut(SignedCheckpoint checkpoint, Optional<InclusionProof> path) {
    handed.add(new Handed(checkpoint, path));
    durableSteps = history.size();
  }

  /** A writer that believes in an older end of the log gets nothing into it. */
  private void staleWriter() {
    long size = model.size();
    if (size < 2) {
      return;
    }
    StoredEvent old = log.get(size - 1).orElseThrow();
    CommitResult result =
        engine.commit(
            LogId.MAIN,
            new Head(size - 1, old.link()),
            new Batch(List.of(), List.of(), null),
            Durability.OS);
    require(result instanceof CommitResult.HeadMoved, "a stale writer was told %s", result);
  }

  /** The disk was full and is not any more: the log goes on as if nothing had been. */
  private void goOnWithSpace() {
    require(readAll(0).size() == model.size(), "a full disk is not read whole");
    disk.calm();
    threatened = false;
    append(List.of(draw()));
    checkpoint();
  }

  private void end() {
    if (disk.powerIsOut()) {
      loseThePower();
      return;
    }
    switch (random.nextInt(3)) {
      case 0 -> {
        try {
          log.close();
          durableSteps = history.size();
          anchor.close();
        } catch (StorageFailed e) {
          failed(e);
        }
        leave();
      }
      case 1 -> disk.killProcess();
      default -> loseThePower();
    }
  }

  private void leave() {
    if (disk.powerIsOut()) {
      loseThePower();
    } else {
      disk.killProcess();
    }
  }

  private void loseThePower() {
    crashes++;
    disk.crash();
  }

  // ---- reopening ----

  private EventLog open() {
    anchor = parts.anchor(seen, ANCHOR);
    anchor.take();
    engine = parts.engine(seen, JOURNAL);
    LogOptions options =
        LogOptions.withAnchor(anchor)
            .with(() -> Instant.ofEpochMilli(draws.now()), salts)
            .checkpointEvery(Duration.ofMillis(20));
    return EventLog.open(engine, LogId.MAIN, KEYS, options);
  }

  /** A process that is stopped while it opens the log leaves nothing worse than it found. */
  private void reopenUnderThreat() {
    disk.calm();
    threaten();
    try {
      requireIntact(open());
    } catch (StorageFailed e) {
      failed(e);
    }
    disk.calm();
    leaveOrCrash();
  }

  private void leaveOrCrash() {
    if (random.nextBoolean()) {
      loseThePower();
    } else {
      leave();
    }
  }

  private void reopen() {
    disk.calm();
    threatened = false;
    log = open();
    requireIntact(log);
    List<StoredEvent> events = readAll(0);
    require(events.size() == log.head().size(), "%d of %d", events.size(), log.head().size());
    takeUpModel(events);
    for (StoredEvent event : events) {
      compare(event);
      int at = (int) event.position() - 1;
      if (at < records.size()) {
        require(
            Arrays.equals(event.record(), records.get(at)),
            "event %d is not the one that was acknowledged",
            event.position());
      }
    }
    while (records.size() > events.size()) {
      records.removeLast();
    }
    for (StoredEvent event : events.subList(records.size(), events.size())) {
      records.add(event.record());
    }
    model.compareStreams(log);
    checkHandedOut(events);
  }

  private static void requireIntact(EventLog opened) {
    require(opened.verdict() instanceof Verdict.Intact, "the log opens as %s", opened.verdict());
  }

  /** Finds out which commits are there, and lets the model know these and no others. */
  private void takeUpModel(List<StoredEvent> events) {
    doubtful.addFirst(new Step(List.of(), 0));
    for (Step maybe : doubtful) {
      Histories.Model candidate = new Histories.Model();
      List<Step> steps = new ArrayList<>(history);
      steps.add(maybe);
      for (int applied = 0; applied <= steps.size(); applied++) {
        if (applied >= durableSteps && isOf(events, candidate)) {
          history.clear();
          history.addAll(steps.subList(0, applied));
          model = candidate;
          draws.model(model);
          doubtful.clear();
          return;
        }
        if (applied < steps.size()) {
          Step step = steps.get(applied);
          step.appends().forEach(append -> candidate.append(append, step.now()));
        }
      }
    }
    throw new AssertionError(
        "not what was appended: %d events after reopening; %d were known, in %d commits of which %d are durable"
            .formatted(events.size(), model.size(), history.size(), durableSteps));
  }

  private void checkHandedOut(List<StoredEvent> events) {
    long size = log.head().size();
    byte[] root = log.root(size);
    long anchored = anchor.last().map(Simulation::sizeOf).orElse(-1L);
    for (Handed each : handed) {
      require(
          each.size() <= anchored, "the anchor knows %d, %d was handed out", anchored, each.size());
      require(
          engine.checkpoints(LogId.MAIN, each.size(), 1).stream()
              .anyMatch(kept -> Arrays.equals(kept.note(), each.checkpoint().bytes())),
          "the log has not kept the checkpoint of %d, which was handed out",
          each.size());
      require(each.size() <= size, "%d events of %d signed for", size, each.size());
      require(
          log.consistency(each.size(), size).verify(each.checkpoint().checkpoint().root(), root),
          "the checkpoint of %d is not of this log any more",
          each.size());
      each.path()
          .ifPresent(
              path ->
                  require(
                      path.verify(
                          events.get((int) path.index()).link(),
                          each.checkpoint().checkpoint().root()),
                      "the proof of event %d does not hold",
                      path.index() + 1));
    }
  }

  private static long sizeOf(byte[] note) {
    return switch (SignedCheckpoint.open(note, KEYS.signer().vkey())) {
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint opened) -> opened.checkpoint().size();
      case SignedCheckpoint.Opening.Refused(String reason) ->
          throw new AssertionError("the anchor holds another note: " + reason);
    };
  }

  /** A bit flips while the machine is off: it is noticed, or nothing is missing. */
  private void rot() {
    disk.killProcess();
    Optional<Path> rotten = disk.rot();
    try {
      EventLog opened = open();
      if (opened.verdict() instanceof Verdict.Intact) {
        require(
            opened.head().size() == model.size(),
            "a bit of %s flipped, and of %d events %d verify",
            rotten,
            model.size(),
            opened.head().size());
      }
    } catch (StorageFailed noticed) {
      failures++;
    }
  }

  // The annotation it asks for would bring a library along.
  @SuppressWarnings("AnnotateFormatMethod")
  private static void require(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new AssertionError(message.formatted(arguments));
    }
  }
}
