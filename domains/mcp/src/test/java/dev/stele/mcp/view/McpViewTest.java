package dev.stele.mcp.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewStore;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.gate.McpGate;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class McpViewTest {
  private static final long SEED = 33_550;

  /** 600 steps: enough for a full tile of what is erased whole at the end. */
  private static final int PHASE = 600;

  private static final McpGate GATE = new McpGate();
  private static final byte[] MESSAGE =
      "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}".getBytes(StandardCharsets.UTF_8);

  @Test
  void comes_to_the_same_however_it_was_built_also_after_erasing_and_trimming() throws Exception {
    Random random = new Random(SEED);
    try (EventLog log =
            EventLog.open(
                new MemoryLogEngine(),
                LogId.MAIN,
                TestLogs.keys(),
                TestLogs.options(SEED, new MemoryAnchor()));
        ViewStore alongStore = new MemoryViewStore()) {
      ViewRunner along = new ViewRunner(new McpView(), log, alongStore);
      Set<String> closed = new HashSet<>();
      for (int step = 0; step < 1_500; step++) {
        McpScope scope = McpScope.ofSession("s" + random.nextInt(6) + "-" + step / PHASE);
        String stream = String.valueOf(random.nextInt(4));
        String name = new McpStreamName(scope, stream).inLog();
        if (closed.contains(scope.session())) {
          continue;
        }
        switch (random.nextInt(20)) {
          case 0 -> append(log, new McpGate.Input.Session(scope, MESSAGE, "2025-11-25", "alice"));
          case 1 -> {
            if (step % PHASE > PHASE - 100
                && log.lastRevision(McpStreamName.ofSession(scope)) > 0) {
              append(log, new McpGate.Input.SessionEnd(scope));
              closed.add(scope.session());
            }
          }
          case 2 -> {
            if (log.lastRevision(name) > 0 && closed.add(name)) {
              append(log, new McpGate.Input.Completion(scope, stream));
            }
          }
          case 3 -> {
            long last = log.lastRevision(name);
            if (last > 0) {
              log.erase(new Erasure.OfRevisions(name, 1, 1 + random.nextLong(last)));
            }
          }
          case 4 -> {
            if (closed.contains(scope.session())) {
              log.erase(new Erasure.OfRevisions(McpStreamName.ofSession(scope), 1, Long.MAX_VALUE));
            }
          }
          default -> {
            if (!closed.contains(name)) {
              append(
                  log,
                  random.nextInt(5) == 0
                      ? new McpGate.Input.Priming(scope, stream)
                      : new McpGate.Input.Message(scope, stream, MESSAGE));
            }
          }
        }
        if (random.nextInt(7) == 0) {
          along.catchUp();
        }
      }
      assertSameAsReplayed(log, along, "after erasing");

      // Everything of the first phase goes, sessions included, and then its place in the log.
      for (int session = 0; session < 6; session++) {
        McpScope scope = McpScope.ofSession("s" + session + "-0");
        for (int stream = 0; stream < 4; stream++) {
          erase(log, new McpStreamName(scope, String.valueOf(stream)).inLog());
        }
        if (!closed.contains(scope.session())
            && log.lastRevision(McpStreamName.ofSession(scope)) > 0) {
          append(log, new McpGate.Input.SessionEnd(scope));
        }
        erase(log, McpStreamName.ofSession(scope));
      }
      along.catchUp();
      // As a store does: nothing is trimmed that was not erased before.
      long firstLeft =
          along
              .read(
                  tables ->
                      tables.page(Scan.of(McpView.EVENTS).limit(1)).getFirst().integer("position"))
              .value();
      log.trim(firstLeft);
      assertThat(log.firstPosition()).isGreaterThan(256);
      assertSameAsReplayed(log, along, "after trimming");
    }
  }

  private static void erase(EventLog log, String name) {
    if (log.lastRevision(name) > 0) {
      log.erase(new Erasure.OfRevisions(name, 1, Long.MAX_VALUE));
    }
  }

  private static void append(EventLog log, McpGate.Input input) {
    log.append(Append.of((Admitted) GATE.judge(input, Instant.EPOCH)));
  }

  private static void assertSameAsReplayed(EventLog log, ViewRunner along, String when)
      throws Exception {
    along.catchUp();
    try (ViewStore store = new MemoryViewStore()) {
      ViewRunner replayed = new ViewRunner(new McpView(), log, store);
      replayed.catchUp();
      for (Table table :
          List.of(McpView.EVENTS, McpView.STREAMS, McpView.SESSIONS, McpView.TOTALS)) {
        assertThat(rows(along, table))
            .as("%s of seed %d: %s", when, SEED, table.name())
            .isEqualTo(rows(replayed, table));
      }
      assertThat(along.stateHash().value()).as(when).isEqualTo(replayed.stateHash().value());
    }
  }

  private static List<String> rows(ViewRunner runner, Table table) {
    return runner
        .read(
            tables -> {
              List<String> rows = new ArrayList<>();
              tables.forEach(Scan.of(table), row -> rows.add(row.toString()));
              return rows;
            })
        .value();
  }
}
