package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.testkit.gate.TestGate;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Between the commit that stores a checkpoint and the anchor that records it nobody is shown it:
 * who saw it could neither be given its events nor a proof that leads to it.
 */
class ACheckpointIsShownTest {
  /** An anchor whose record of a checkpoint can be held up. */
  private static final class SlowAnchor implements Anchor {
    private final MemoryAnchor anchor = new MemoryAnchor();
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    volatile boolean slow;

    @Override
    public Optional<byte[]> last() {
      return anchor.last();
    }

    @Override
    public void record(byte[] signedNote) {
      if (slow) {
        begun.countDown();
        awaitUninterruptibly(goOn);
      }
      anchor.record(signedNote);
    }

    @Override
    public String describe() {
      return anchor.describe();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void only_when_its_anchor_has_recorded_it_and_its_events_can_be_read() throws Exception {
    SlowAnchor anchor = new SlowAnchor();
    try (EventLog log =
            EventLog.open(
                new ReopenableMemory(), LogId.MAIN, TestLogs.keys(), TestLogs.options(5, anchor));
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      SignedCheckpoint before = log.checkpoint();
      anchor.slow = true;
      Future<?> append =
          threads.submit(() -> log.append(Append.of(TestGate.event("a", "1", "p")).proven()));
      anchor.begun.await();
      try {
        assertThat(log.latestCheckpoint()).contains(before);
        assertThat(log.head().size()).isEqualTo(before.checkpoint().size());
      } finally {
        anchor.goOn.countDown();
      }
      append.get();
      assertThat(log.latestCheckpoint().orElseThrow().checkpoint().size()).isEqualTo(1);
      assertThat(log.head().size()).isEqualTo(1);
      assertThat(anchor.last()).contains(log.latestCheckpoint().orElseThrow().bytes());
    }
  }
}
