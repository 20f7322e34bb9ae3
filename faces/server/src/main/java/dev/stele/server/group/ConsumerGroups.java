package dev.stele.server.group;

import dev.stele.cli.Json;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.server.gate.GroupGate;
import dev.stele.server.group.ConsumerGroup.Exhausted;
import dev.stele.server.group.ConsumerGroup.Given;
import dev.stele.server.group.ConsumerGroup.Progress;
import dev.stele.server.json.EventJson;
import dev.stele.server.json.JsonReading;
import dev.stele.server.json.JsonReading.NotJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The consumer groups of a log: each event of a group's goes to one of its consumers, at least
 * once.
 *
 * <pre>
 *   fetch ──► leased ──ack──► noted in the log, done
 *                │ └──back, or the lease ends──► given again ── too often ──► parked
 *                └──park──────────────────────────────────────────────────────► parked
 * </pre>
 *
 * <p>What is acknowledged is durable on return: it is an event of the log, which {@link GroupsView}
 * folds. Leases live in memory. Thread-safe; one group's requests take turns, but for their
 * waiting.
 */
public final class ConsumerGroups {
  /** 1,000 groups of a log. */
  private static final int MAX_GROUPS = 1_000;

  /** 10 seconds for the view to reach the end of a log that was just opened. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final EventLog log;
  private final KeptViews views;
  private final InstantSource clock;
  private final GroupGate gate = new GroupGate();
  private final ReentrantLock turn = new ReentrantLock();

  /** Guarded by the turn, as each group is. */
  private final Map<String, ConsumerGroup> groups = new TreeMap<>();

  private boolean loaded;

  /** Keeps the groups of a log; nothing is read until somebody asks. */
  public ConsumerGroups(EventLog log, KeptViews views, InstantSource clock) {
    this.log = log;
    this.views = views;
    this.clock = clock;
  }

  /** The log takes no note, so nothing was done. */
  public static final class NotNoted extends RuntimeException {
    NotNoted(String message) {
      super(message);
    }
  }

  private interface Work<T> {
    T run() throws InterruptedException;
  }

  private <T> T inTurn(Work<T> work) throws InterruptedException {
    turn.lockInterruptibly();
    try {
      if (!loaded) {
        load();
        loaded = true;
      }
      return work.run();
    } finally {
      turn.unlock();
    }
  }

  private void load() throws InterruptedException {
    Awaited reached = views.await(GroupsView.NAME, log.head().size(), PATIENCE);
    if (!(reached instanceof Awaited.Reached)) {
      throw new NotNoted("the cursors of consumer groups are still being read");
    }
    views.read(
        GroupsView.NAME,
        tables -> {
          tables.forEach(Scan.of(GroupsView.GROUPS), row -> load(row, tables));
          return true;
        });
  }

  private void load(TableRow row, TableReader tables) {
    String name = row.text("name");
    Set<Long> done = new HashSet<>();
    tables.forEach(
        Scan.of(GroupsView.DONE).prefix(name), each -> done.add(each.integer("position")));
    Set<Long> waiting = new HashSet<>();
    tables.forEach(
        Scan.of(GroupsView.AGAIN).prefix(name), each -> waiting.add(each.integer("position")));
    Set<Long> parked = new HashSet<>();
    tables.forEach(
        Scan.of(GroupsView.PARKED).prefix(name), each -> parked.add(each.integer("position")));
    try {
      GroupDefinition definition =
          GroupDefinition.of(
              JsonReading.object(row.text("definition").getBytes(StandardCharsets.UTF_8)));
      groups.put(
          name,
          new ConsumerGroup(
              definition, log, row.integer("through"), done, waiting, parked, System::nanoTime));
    } catch (NotJson e) {
      throw new IllegalStateException("the definition of group " + name + " cannot be read", e);
    }
  }

  /** Every group, by name. */
  public List<Map<String, Object>> all() throws InterruptedException {
    return inTurn(
        () -> {
          List<Map<String, Object>> all = new ArrayList<>();
          groups.forEach((name, group) -> all.add(describe(name, group)));
          return all;
        });
  }

  /** A group, if there is one of that name. */
  public Optional<Map<String, Object>> find(String name) throws InterruptedException {
    return inTurn(() -> Optional.ofNullable(groups.get(name)).map(group -> describe(name, group)));
  }

  private Map<String, Object> describe(String name, ConsumerGroup group) {
    expire(name, group);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.putAll(group.definition().json());
    json.putAll(group.counts());
    return json;
  }

  /** Makes a group; durable on return. */
  public GroupResult create(String name, GroupDefinition definition) throws InterruptedException {
    return inTurn(
        () -> {
          ConsumerGroup there = groups.get(name);
          if (there != null) {
            return there.definition().equals(definition)
                ? new GroupResult.Same(describe(name, there))
                : new GroupResult.Exists(describe(name, there));
          }
          if (groups.size() >= MAX_GROUPS) {
            return new GroupResult.TooMany(MAX_GROUPS);
          }
          note("group.created", name, definition.json());
          ConsumerGroup group =
              new ConsumerGroup(
                  definition,
                  log,
                  definition.after(),
                  Set.of(),
                  Set.of(),
                  Set.of(),
                  System::nanoTime);
          groups.put(name, group);
          return new GroupResult.Created(describe(name, group));
        });
  }

  /** Removes a group with everything about it; durable on return. */
  public boolean remove(String name) throws InterruptedException {
    return inTurn(
        () -> {
          if (!groups.containsKey(name)) {
            return false;
          }
          note("group.removed", name, Map.of());
          groups.remove(name);
          return true;
        });
  }

  /**
   * Leases the next events to a consumer, waiting for one at most so long.
   *
   * @return {@code {"events": [{"attempt": n, "event": { … }}]}}; empty when there is no such group
   */
  public Optional<byte[]> fetch(String name, String consumer, int limit, Duration wait)
      throws InterruptedException {
    long end = System.nanoTime() + wait.toNanos();
    while (true) {
      long head = log.head().size();
      Optional<List<Given>> given =
          inTurn(
              () -> {
                ConsumerGroup group = groups.get(name);
                if (group == null) {
                  return Optional.<List<Given>>empty();
                }
                expire(name, group);
                return Optional.of(group.take(consumer, limit));
              });
      long left = end - System.nanoTime();
      if (given.isEmpty() || !given.get().isEmpty() || left <= 0) {
        return given.map(ConsumerGroups::json);
      }
      // A lease that ends is worth a look too, so that nobody waits longer than a second for it.
      var _ =
          log.subscribe(new dev.stele.core.log.Cursor(head))
              .next(Duration.ofNanos(Math.min(left, Duration.ofSeconds(1).toNanos())));
    }
  }

  private static byte[] json(List<Given> given) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ascii("{\"events\":["));
    for (int i = 0; i < given.size(); i++) {
      out.writeBytes(
          ascii(
              "%s{\"attempt\":%d,\"event\":".formatted(i == 0 ? "" : ",", given.get(i).attempt())));
      out.writeBytes(EventJson.of(given.get(i).event(), false));
      out.write('}');
    }
    out.writeBytes(ascii("]}"));
    return out.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * What a consumer says of events that were leased to it.
   *
   * @param done positions that are done
   * @param back positions to be given again
   * @param park positions that nobody can handle
   * @param reason why they are parked
   */
  public record Settlement(List<Long> done, List<Long> back, List<Long> park, String reason) {
    /** Copies the lists. */
    public Settlement {
      done = List.copyOf(done);
      back = List.copyOf(back);
      park = List.copyOf(park);
    }
  }

  /**
   * Settles what was leased; durable on return. Positions that are leased no more count for
   * nothing: they were given to somebody else, or are done.
   *
   * @return how many were settled; empty when there is no such group
   */
  public Optional<Integer> settle(String name, Settlement settlement) throws InterruptedException {
    return inTurn(
        () -> {
          ConsumerGroup group = groups.get(name);
          if (group == null) {
            return Optional.<Integer>empty();
          }
          expire(name, group);
          List<Long> done = group.leasedOf(settlement.done());
          if (!done.isEmpty()) {
            Progress progress = group.progressWith(done);
            note(
                "group.progressed",
                name,
                Map.of("through", progress.through(), "done", progress.done()));
            group.complete(done);
          }
          List<Long> back = group.leasedOf(settlement.back());
          parkAll(name, group, group.giveBack(back), "given back too often");
          List<Long> park = group.leasedOf(settlement.park());
          for (long position : park) {
            park(name, group, position, group.attemptsOf(position), settlement.reason());
          }
          return Optional.of(done.size() + back.size() + park.size());
        });
  }

  private void expire(String name, ConsumerGroup group) {
    parkAll(name, group, group.expire(), "its leases ended");
  }

  private void parkAll(String name, ConsumerGroup group, List<Exhausted> all, String reason) {
    for (Exhausted each : all) {
      park(name, group, each.position(), each.attempts(), reason);
    }
  }

  private void park(String name, ConsumerGroup group, long position, int attempts, String reason) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("position", position);
    json.put("attempts", attempts);
    json.put("reason", reason);
    note("group.parked", name, json);
    group.park(position);
    Progress progress = group.progressWith(List.of());
    note(
        "group.progressed", name, Map.of("through", progress.through(), "done", List.of(position)));
  }

  /** What is parked, behind a position; empty when there is no such group. */
  public Optional<List<Map<String, Object>>> parked(String name, long after, int limit)
      throws InterruptedException {
    return inTurn(
        () -> {
          if (!groups.containsKey(name)) {
            return Optional.<List<Map<String, Object>>>empty();
          }
          // What was noted a moment ago is to be seen.
          var _ = views.await(GroupsView.NAME, log.head().size(), PATIENCE);
          return Optional.of(
              views
                  .read(
                      GroupsView.NAME,
                      tables ->
                          tables
                              .page(
                                  Scan.of(GroupsView.PARKED)
                                      .after(name, after)
                                      .to(name)
                                      .limit(limit))
                              .stream()
                              .map(ConsumerGroups::parkedJson)
                              .toList())
                  .value());
        });
  }

  private static Map<String, Object> parkedJson(TableRow row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("position", row.integer("position"));
    json.put("attempts", row.integer("attempts"));
    json.put("reason", row.text("reason"));
    json.put("parkedAt", Instant.ofEpochMilli(row.integer("parked_at")).toString());
    return json;
  }

  /**
   * Lets parked events be given again, or drops them; durable on return.
   *
   * @return how many there were; empty when there is no such group
   */
  public Optional<Integer> unpark(String name, List<Long> positions, boolean again)
      throws InterruptedException {
    return inTurn(
        () -> {
          ConsumerGroup group = groups.get(name);
          if (group == null) {
            return Optional.<Integer>empty();
          }
          int unparked = 0;
          for (long position : positions) {
            if (group.isParked(position)) {
              note("group.unparked", name, Map.of("position", position, "again", again));
              group.unpark(position, again);
              unparked++;
            }
          }
          return Optional.of(unparked);
        });
  }

  private void note(String type, String group, Map<String, ?> json) {
    Admission admission =
        gate.judge(
            new GroupGate.Note(type, group, Json.write(json).getBytes(StandardCharsets.UTF_8)),
            clock.instant());
    if (!(admission instanceof Admitted admitted)
        || !(log.append(Append.of(admitted)) instanceof AppendResult.Appended)) {
      throw new NotNoted("the log takes no note of the group");
    }
  }
}
