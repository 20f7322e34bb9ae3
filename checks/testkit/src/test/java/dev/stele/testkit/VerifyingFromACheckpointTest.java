package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.testkit.gate.TestGate;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VerifyingFromACheckpointTest {
  private static final int BEFORE = 700;
  private static final int AFTER = 900;

  private final LogEngine engine = new ReopenableMemory();
  private Checkpoint trusted = new Checkpoint("none", 1, new byte[32], List.of());

  @BeforeEach
  void write_a_log_with_a_checkpoint_in_its_middle() {
    try (EventLog log =
        EventLog.open(
            engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(3, new MemoryAnchor()))) {
      for (int i = 1; i <= BEFORE + AFTER; i++) {
        log.append(Append.of(TestGate.event("stream-" + i % 3, "id-" + i, "payload " + i)));
        if (i == BEFORE) {
          trusted = log.checkpoint().checkpoint();
        }
      }
    }
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private Verdict verify(LogEngine rows, Checkpoint from) {
    return Verifier.of(rows, LogId.MAIN, TestLogs.keys().signer().vkey())
        .withIndexKey(TestLogs.keys().indexKey())
        .from(from)
        .verify();
  }

  /** The same rows, with one byte of the payload of one event changed. */
  private LogEngine tampered(long position) {
    return new ForwardingEngine(engine) {
      @Override
      public List<Row> read(LogId log, long after, int limit) {
        return super.read(log, after, limit).stream().map(row -> change(row, position)).toList();
      }
    };
  }

  private static Row change(Row row, long position) {
    byte[] body = row.body();
    if (row.position() != position || body == null) {
      return row;
    }
    byte[] changed = body.clone();
    changed[changed.length - 1] ^= 1;
    return new Row(row.position(), row.link(), row.record(), changed, row.keys());
  }

  @Test
  void gives_the_root_of_a_full_check() {
    Verdict full = Verifier.of(engine, LogId.MAIN, TestLogs.keys().signer().vkey()).verify();

    assertThat(full).isInstanceOf(Verdict.Intact.class);
    assertThat(verify(engine, trusted))
        .isInstanceOfSatisfying(
            Verdict.Intact.class,
            intact -> assertThat(intact.root()).isEqualTo(((Verdict.Intact) full).root()));
  }

  @Test
  void finds_what_was_changed_after_it_at_its_position() {
    for (long position : List.of(BEFORE + 1L, BEFORE + 400L, (long) BEFORE + AFTER)) {
      assertThat(verify(tampered(position), trusted))
          .isInstanceOfSatisfying(
              Verdict.Broken.class,
              broken -> {
                assertThat(broken.at()).isEqualTo(position);
                assertThat(broken.fault().code()).isEqualTo("payload");
              });
    }
  }

  @Test
  void takes_what_is_before_it_as_proven() {
    assertThat(verify(tampered(5), trusted)).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void refuses_a_checkpoint_of_another_history_or_of_more_than_there_is() {
    Checkpoint other = new Checkpoint(trusted.origin(), trusted.size(), new byte[32], List.of());
    Checkpoint more =
        new Checkpoint(trusted.origin(), BEFORE + AFTER + 1, trusted.root(), List.of());

    assertThat(verify(engine, other)).isInstanceOf(Verdict.Broken.class);
    assertThat(verify(engine, more)).isInstanceOf(Verdict.Broken.class);
  }
}
