package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogId;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.EventRun;
import dev.stele.testkit.gate.TestGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ARunOfEventsTest {
  private static final int SIZE = 37;
  private static final int SIGNED = 30;

  private final EventLog log =
      EventLog.open(
          new ReopenableMemory(),
          LogId.MAIN,
          TestLogs.keys(),
          TestLogs.options(11, new MemoryAnchor()));

  private Checkpoint signed = new Checkpoint("none", 1, new byte[32]);

  @BeforeEach
  void write_a_log_that_is_signed_for_but_for_its_end() {
    for (int i = 1; i <= SIZE; i++) {
      log.append(Append.of(TestGate.event("stream-" + i % 3, "id-" + i, "payload " + i)));
      if (i == SIGNED) {
        signed = log.checkpoint().checkpoint();
      }
    }
  }

  @AfterEach
  void close() {
    log.close();
  }

  private List<EventRun.Entry> entries(int first, int last) {
    List<EventRun.Entry> entries = new ArrayList<>();
    for (StoredEvent event : log.read(first - 1, last - first + 1)) {
      entries.add(new EventRun.Entry(event.record(), event.body()));
    }
    return entries;
  }

  private EventRun.Outcome check(int first, int last, List<EventRun.Entry> entries) {
    return EventRun.check(first, entries, log.prove(last, SIGNED).path(), signed);
  }

  @Test
  void is_proven_wherever_it_begins_and_ends_within_what_is_signed() {
    for (int first = 1; first <= SIGNED; first++) {
      for (int last = first; last <= SIGNED; last++) {
        assertThat(check(first, last, entries(first, last)))
            .isInstanceOfSatisfying(
                EventRun.Outcome.Proven.class, proven -> assertThat(proven.events()).isNotEmpty());
      }
    }
  }

  @Test
  void gives_the_events_in_their_order() {
    assertThat(check(5, 9, entries(5, 9)))
        .isInstanceOfSatisfying(
            EventRun.Outcome.Proven.class,
            proven -> {
              assertThat(proven.events())
                  .extracting(CheckedEvent::position)
                  .containsExactly(5L, 6L, 7L, 8L, 9L);
              assertThat(proven.events().getLast().payload().orElseThrow())
                  .asString()
                  .isEqualTo("payload 9");
            });
  }

  @Test
  void is_refused_at_the_event_of_which_any_bit_is_flipped() {
    for (int position = 3; position <= 6; position++) {
      EventRun.Entry truth = entries(position, position).getFirst();
      for (int bit = 0; bit < 8 * truth.record().length; bit++) {
        assertThat(
                replaced(position, new EventRun.Entry(flipped(truth.record(), bit), truth.body())))
            .isEqualTo(position);
      }
      byte[] body = truth.body().orElseThrow();
      for (int bit = 0; bit < 8 * body.length; bit++) {
        assertThat(
                replaced(
                    position, new EventRun.Entry(truth.record(), Optional.of(flipped(body, bit)))))
            .isEqualTo(position);
      }
    }
  }

  /** Where the run of the events 3 to 6 is refused when one of them is another. */
  private long replaced(int position, EventRun.Entry other) {
    List<EventRun.Entry> entries = entries(3, 6);
    entries.set(position - 3, other);
    return switch (check(3, 6, entries)) {
      case EventRun.Outcome.Proven _ -> 0;
      case EventRun.Outcome.Refused(long at, String _) -> at;
    };
  }

  private static byte[] flipped(byte[] bytes, int bit) {
    byte[] flipped = bytes.clone();
    flipped[bit / 8] ^= (byte) (1 << bit % 8);
    return flipped;
  }

  @Test
  void is_refused_without_one_in_its_middle_or_in_another_order() {
    List<EventRun.Entry> gap = entries(3, 6);
    gap.remove(1);
    assertThat(check(3, 6, gap)).isInstanceOf(EventRun.Outcome.Refused.class);
    List<EventRun.Entry> swapped = entries(3, 6);
    swapped.set(1, swapped.set(2, swapped.get(1)));
    assertThat(check(3, 6, swapped)).isInstanceOf(EventRun.Outcome.Refused.class);
    assertThat(check(4, 6, entries(3, 5))).isInstanceOf(EventRun.Outcome.Refused.class);
  }

  @Test
  void is_refused_beyond_what_is_signed_and_with_the_path_of_another_tree() {
    assertThat(EventRun.check(31, entries(31, 31), log.prove(31, SIZE).path(), signed))
        .isInstanceOf(EventRun.Outcome.Refused.class);
    assertThat(EventRun.check(5, entries(5, 5), log.prove(5, SIZE).path(), signed))
        .isInstanceOf(EventRun.Outcome.Refused.class);
  }

  @Test
  void proves_the_record_of_an_event_whose_body_is_not_there() {
    List<EventRun.Entry> entries = entries(3, 6);
    entries.set(1, new EventRun.Entry(entries.get(1).record(), Optional.empty()));
    assertThat(check(3, 6, entries))
        .isInstanceOfSatisfying(
            EventRun.Outcome.Proven.class,
            proven -> assertThat(proven.events().get(1).payload()).isEmpty());
  }

  @Test
  void answers_any_bytes() {
    List<EventRun.Entry> nothing =
        List.of(new EventRun.Entry(new byte[0], Optional.of(new byte[0])));
    assertThat(EventRun.check(1, nothing, List.of(new byte[1]), signed))
        .isInstanceOf(EventRun.Outcome.Refused.class);
    assertThatThrownBy(() -> EventRun.check(0, nothing, List.of(), signed))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EventRun.check(1, List.of(), List.of(), signed))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
