package dev.stele.nostr.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.store.StoreOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class StoredAndLiveTest {
  private static final int EVENTS = 300;

  private static final RelayLimits LIMITS =
      new RelayLimits(
          64 * 1024, 100, 3, 5_000, 5_000, 2, 100, 50 * EVENTS, 7, Duration.ofMinutes(10));

  @Test
  void whoever_asks_while_others_write_gets_every_event_once() throws InterruptedException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      // Dates in no order, many alike: a scan is somewhere in the middle when one comes.
      notes.add(Talk.note(Talk.ALICE, Talk.NOW - random.nextInt(30), "note " + i));
    }
    Talk talk = new Talk(LIMITS);
    AtomicReference<Throwable> failed = new AtomicReference<>();
    CountDownLatch halfway = new CountDownLatch(1);
    Thread writer =
        Thread.ofPlatform()
            .uncaughtExceptionHandler((thread, thrown) -> failed.set(thrown))
            .start(
                () -> {
                  for (int i = 0; i < EVENTS; i++) {
                    if (i == EVENTS / 4) {
                      halfway.countDown();
                    }
                    assertThat(talk.store.store(notes.get(i)))
                        .isInstanceOf(StoreOutcome.Stored.class);
                  }
                });
    halfway.await();
    RelaySession session = talk.connect();
    List<List<String>> told = new ArrayList<>();
    for (int sub = 0; sub < 50; sub++) {
      told.add(new ArrayList<>());
      sort(session.receive("[\"REQ\",\"" + sub + "\",{}]"), told);
      sort(session.next(), told);
    }
    writer.join();
    assertThat(failed.get()).isNull();
    sort(Talk.rest(session), told);

    List<String> all = notes.stream().map(NostrEvent::id).toList();
    for (List<String> each : told) {
      assertThat(each).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  /** Puts the ids of events to the subscriptions they were told to. */
  private static void sort(List<String> frames, List<List<String>> told) {
    for (String frame : frames) {
      if (frame.startsWith("[\"EVENT\"")) {
        String[] parts = frame.split("\"", 9);
        told.get(Integer.parseInt(parts[3])).add(parts[7]);
      }
    }
  }
}
