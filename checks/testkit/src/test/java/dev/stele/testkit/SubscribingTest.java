package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.Subscription;
import dev.stele.testkit.gate.TestGate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SubscribingTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final EventLog log =
      EventLog.open(
          new ReopenableMemory(),
          LogId.MAIN,
          TestLogs.keys(),
          TestLogs.options(5, new MemoryAnchor()));

  private void append(String stream, String id) {
    log.append(Append.of(TestGate.event(stream, id, "p")));
  }

  @Test
  void gives_what_is_there_and_then_what_comes() throws Exception {
    append("a", "1");
    append("a", "2");
    Subscription subscription = log.subscribe(Cursor.BEGINNING);
    assertThat(subscription.next(LONG)).hasSize(2);
    assertThat(subscription.next(Duration.ZERO)).isEmpty();
    append("a", "3");
    assertThat(subscription.next(LONG)).extracting(StoredEvent::position).containsExactly(3L);
    assertThat(subscription.cursor()).isEqualTo(new Cursor(3));
    assertThat(log.subscribe(new Cursor(1)).next(LONG)).hasSize(2);
  }

  @Test
  void loses_and_doubles_nothing_beside_eight_appenders() throws Exception {
    int each = Scale.of(2_000);
    try (ExecutorService threads = Executors.newFixedThreadPool(12)) {
      List<Future<List<Long>>> readers = new ArrayList<>();
      for (int reader = 0; reader < 3; reader++) {
        int most = reader == 2 ? 1 : Integer.MAX_VALUE;
        readers.add(threads.submit(follow(8L * each, most)));
      }
      Future<List<Long>> ofOne = threads.submit(followStream("stream-3", each));
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 0; writer < 8; writer++) {
        String stream = "stream-" + writer;
        writers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    append(stream, stream + "-" + i);
                  }
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
      for (Future<List<Long>> reader : readers) {
        List<Long> seen = reader.get();
        for (int i = 0; i < seen.size(); i++) {
          assertThat(seen.get(i)).isEqualTo(i + 1);
        }
        assertThat(seen).hasSize(8 * each);
      }
      assertThat(ofOne.get()).hasSize(each).isSorted().doesNotHaveDuplicates();
    }
    log.close();
  }

  /** Follows from the beginning, now and then by a new subscription from the old one's cursor. */
  private Callable<List<Long>> follow(long until, int pulls) {
    return () -> {
      List<Long> seen = new ArrayList<>();
      Subscription subscription = log.subscribe(Cursor.BEGINNING);
      int pulled = 0;
      while (seen.size() < until) {
        for (StoredEvent event : subscription.next(LONG)) {
          seen.add(event.position());
        }
        if (++pulled % pulls == 0) {
          subscription = log.subscribe(subscription.cursor());
        }
      }
      return seen;
    };
  }

  private Callable<List<Long>> followStream(String stream, int until) {
    return () -> {
      List<Long> seen = new ArrayList<>();
      Subscription subscription = log.subscribe(Cursor.BEGINNING, stream);
      while (seen.size() < until) {
        for (StoredEvent event : subscription.next(LONG)) {
          assertThat(event.stream()).isEqualTo(stream);
          seen.add(event.position());
        }
      }
      return seen;
    };
  }

  @Test
  void a_reader_that_does_not_read_holds_nobody_up() throws Exception {
    Subscription slow = log.subscribe(Cursor.BEGINNING);
    for (int i = 0; i < 3 * Subscription.MAX_EVENTS / 2; i++) {
      append("a", "id-" + i);
    }
    assertThat(slow.next(LONG)).hasSize(Subscription.MAX_EVENTS);
    assertThat(slow.next(LONG)).hasSize(Subscription.MAX_EVENTS / 2);
  }

  @Test
  void closing_the_log_wakes_who_waits_for_it() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> waiting = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        waiting.add(threads.submit(() -> log.subscribe(Cursor.BEGINNING).next(LONG)));
      }
      log.close();
      for (Future<?> each : waiting) {
        assertThatThrownBy(each::get).hasCauseInstanceOf(LogClosed.class);
      }
    }
  }

  @Test
  void an_interrupt_ends_the_wait_and_loses_nothing() throws Exception {
    Subscription subscription = log.subscribe(Cursor.BEGINNING);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> subscription.next(LONG)).isInstanceOf(InterruptedException.class);
    append("a", "1");
    assertThat(subscription.next(LONG)).hasSize(1);
  }
}
