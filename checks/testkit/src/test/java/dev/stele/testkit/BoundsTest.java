package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.core.engine.LogId;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.GateId;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.Stamp;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Every named limit, at the limit and one past it. */
class BoundsTest {
  private static void holds(int limit, Function<Integer, Object> make) {
    assertThat(make.apply(limit)).isNotNull();
    refused(() -> make.apply(limit + 1));
  }

  private static void refused(ThrowingCallable call) {
    assertThatIllegalArgumentException().isThrownBy(call);
  }

  private static EventDraft draft(String stream, String type, String id, String subject) {
    return new EventDraft(stream, type, id, new byte[0], List.of(), subject);
  }

  private static List<Claim> claims(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Claim.ofEventId("id-" + i, OnDuplicate.REFUSE))
        .toList();
  }

  @Test
  void of_names() {
    holds(EventDraft.MAX_STREAM_BYTES, n -> draft("s".repeat(n), "t", "", ""));
    holds(EventDraft.MAX_TYPE_BYTES, n -> draft("s", "t".repeat(n), "", ""));
    holds(EventDraft.MAX_ID_BYTES, n -> draft("s", "t", "i".repeat(n), ""));
    holds(EventDraft.MAX_SUBJECT_BYTES, n -> draft("s", "t", "", "u".repeat(n)));
    refused(() -> draft("", "t", "", ""));
    refused(() -> draft("s", "", "", ""));
  }

  @Test
  void of_names_are_counted_in_bytes_of_utf8() {
    holds(EventDraft.MAX_TYPE_BYTES / 2, n -> draft("s", "é".repeat(n), "", ""));
    holds(EventDraft.MAX_TYPE_BYTES / 4, n -> draft("s", "😀".repeat(n), "", ""));
    holds(EventDraft.MAX_TYPE_BYTES / 3, n -> draft("s", "€".repeat(n), "", ""));
    refused(() -> draft("s", "half a \ud83d", "", ""));
    refused(() -> draft("s", "\ude00 the other half", "", ""));
  }

  @Test
  void of_payloads() {
    holds(EventDraft.MAX_PAYLOAD_BYTES, n -> EventDraft.of("s", "t", "", new byte[n]));
  }

  @Test
  void of_claims() {
    holds(EventDraft.MAX_CLAIMS, n -> new EventDraft("s", "t", "", new byte[0], claims(n), ""));
    holds(
        Claim.MAX_SCOPE_BYTES,
        n -> new Claim("s".repeat(n), new byte[1], OnDuplicate.REFUSE, Claim.NEVER));
    holds(Claim.MAX_KEY_BYTES, n -> new Claim("s", new byte[n], OnDuplicate.REFUSE, Claim.NEVER));
    refused(() -> new Claim("", new byte[1], OnDuplicate.REFUSE, Claim.NEVER));
    refused(() -> new Claim("a b", new byte[1], OnDuplicate.REFUSE, Claim.NEVER));
    refused(() -> new Claim("é", new byte[1], OnDuplicate.REFUSE, Claim.NEVER));
    refused(() -> new Claim("s", new byte[0], OnDuplicate.REFUSE, Claim.NEVER));
  }

  @Test
  void of_claims_that_take_one_key_twice() {
    Claim once = Claim.ofEventId("id", OnDuplicate.REFUSE);
    Claim again = new Claim(Claim.EVENT_ID_SCOPE, once.key(), OnDuplicate.RETURN_EXISTING, 5);
    Claim elsewhere = new Claim("nonce", once.key(), OnDuplicate.REFUSE, Claim.NEVER);
    assertThat(new EventDraft("s", "t", "", new byte[0], List.of(once, elsewhere), "").claims())
        .hasSize(2);
    refused(() -> new EventDraft("s", "t", "", new byte[0], List.of(once, again), ""));
  }

  @Test
  void of_appends() {
    Admitted event = TestGate.admit(EventDraft.of("s", "t", "", new byte[0]));
    Admitted other = TestGate.admit(EventDraft.of("other", "t", "", new byte[0]));
    holds(Append.MAX_EVENTS, n -> Append.of(Collections.nCopies(n, event)));
    refused(() -> Append.of(List.of()));
    refused(() -> Append.of(List.of(event, other)));
    refused(() -> Append.of(event).stamped(Collections.nCopies(2, new Stamp(1, new byte[16]))));
    refused(() -> Append.of(event).expecting(-1));
    refused(() -> new Stamp(1, new byte[15]));
    refused(() -> new Stamp(1, new byte[17]));
  }

  @Test
  void of_gates() {
    holds(EventRecord.MAX_ADMITTED_BY_BYTES - 11, n -> new GateId("g".repeat(n), 1));
    String longest = "g".repeat(EventRecord.MAX_ADMITTED_BY_BYTES - 11);
    assertThat(new GateId(longest, Integer.MAX_VALUE).toString())
        .hasSize(EventRecord.MAX_ADMITTED_BY_BYTES);
    refused(() -> new GateId("", 1));
    refused(() -> new GateId("a/b", 1));
    refused(() -> new GateId("g", 0));
  }

  @Test
  void of_options() {
    LogOptions options = TestLogs.options(1, new MemoryAnchor());
    refused(() -> options.checkpointEvery(Duration.ofNanos(-1)));
    refused(() -> limits(options, 0, 1));
    refused(() -> limits(options, 1, 0));
    refused(() -> limits(options, 1, 2));
    assertThat(limits(options, 1, 1)).isNotNull();
  }

  private static LogOptions limits(LogOptions options, int queueCapacity, int maxBatch) {
    return new LogOptions(
        options.clock(),
        options.random(),
        options.anchor(),
        options.checkpointEvery(),
        queueCapacity,
        maxBatch,
        options.linger(),
        options.opening(),
        options.whenBroken(),
        options.keptStreams());
  }

  @Test
  void of_everything_at_once_are_kept_by_a_log() {
    ReopenableMemory engine = new ReopenableMemory();
    MemoryAnchor anchor = new MemoryAnchor();
    EventDraft largest =
        new EventDraft(
            "s".repeat(EventDraft.MAX_STREAM_BYTES),
            "t".repeat(EventDraft.MAX_TYPE_BYTES),
            "i".repeat(EventDraft.MAX_ID_BYTES),
            new byte[EventDraft.MAX_PAYLOAD_BYTES],
            IntStream.range(0, EventDraft.MAX_CLAIMS)
                .mapToObj(
                    i -> {
                      byte[] key = new byte[Claim.MAX_KEY_BYTES];
                      key[0] = (byte) i;
                      String scope = "c".repeat(Claim.MAX_SCOPE_BYTES);
                      return new Claim(scope, key, OnDuplicate.REFUSE, Long.MAX_VALUE - 1);
                    })
                .toList(),
            "u".repeat(EventDraft.MAX_SUBJECT_BYTES));
    EventLog log = EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(1, anchor));
    log.append(Append.of(TestGate.admit(largest)));
    var stored = log.get(1).orElseThrow();
    assertThat(stored.stream()).isEqualTo(largest.stream());
    assertThat(stored.claims()).isEqualTo(largest.claims());
    assertThat(stored.subject()).isEqualTo(largest.subject());
    assertThat(stored.payload()).hasValueSatisfying(p -> assertThat(p).hasSize(8 << 20));
    assertThat(stored.record()).hasSizeLessThan(2_673 + 1);
    log.close();
    log = EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(2, anchor));
    assertThat(log.verdict()).isInstanceOf(Verdict.Intact.class);
    log.close();
  }
}
