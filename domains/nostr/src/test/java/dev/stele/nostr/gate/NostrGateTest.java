package dev.stele.nostr.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NostrGateTest {
  private final NostrGate gate = new NostrGate();

  private static NostrEvent event(int kind) {
    byte[] secret = new byte[32];
    secret[31] = 9;
    return NostrKey.fromSecret(secret)
        .sign(1_700_000_000L, kind, List.of(List.of("p", "a".repeat(64))), "hello");
  }

  private Admission judge(String text) {
    return gate.judge(text.getBytes(StandardCharsets.UTF_8), TestLogs.START);
  }

  private static String text(NostrEvent event) {
    return new String(EventJson.write(event), StandardCharsets.UTF_8);
  }

  @Test
  void admits_a_genuine_event_under_its_id_kind_and_author() {
    NostrEvent event = event(1);

    assertThat(judge(" " + text(event) + " "))
        .isInstanceOfSatisfying(
            Admitted.class,
            admitted -> {
              EventDraft draft = admitted.draft();
              assertThat(admitted.by()).hasToString("nostr/1");
              assertThat(draft.stream()).isEqualTo("nostr");
              assertThat(draft.type()).isEqualTo("nostr.1");
              assertThat(draft.id()).isEqualTo(event.id());
              assertThat(draft.subject()).isEqualTo(event.pubkey());
              assertThat(draft.payload()).isEqualTo(EventJson.write(event));
            });
  }

  @Test
  void says_that_its_keys_come_from_the_events() {
    assertThat(gate.keySource()).isEqualTo(KeySource.EVENT);
  }

  @Test
  void lets_ephemeral_events_pass_by_once_they_are_known_to_be_genuine() {
    NostrEvent event = event(20_000);

    assertThat(judge(text(event))).isInstanceOf(Transient.class);
    assertThat(judge(text(event).replace("hello", "hullo")))
        .isInstanceOfSatisfying(
            Rejected.class, refused -> assertThat(refused.code()).isEqualTo("id-mismatch"));
  }

  @Test
  void refuses_another_content_another_signature_and_another_form() {
    String text = text(event(1));

    assertThat(code(judge(text.replace("hello", "hullo")))).isEqualTo("id-mismatch");
    assertThat(code(judge(text.replace(event(1).sig(), event(2).sig()))))
        .isEqualTo("bad-signature");
    assertThat(code(judge("[]"))).isNotEmpty();
  }

  private static String code(Admission admission) {
    return admission instanceof Rejected refused ? refused.code() : "";
  }

  @Test
  void what_it_admitted_is_appended_once_and_audited_whole() {
    MemoryLogEngine engine = new MemoryLogEngine();
    try (EventLog log =
        EventLog.open(
            engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(1, new MemoryAnchor()))) {
      if (judge(text(event(1))) instanceof Admitted admitted) {
        assertThat(log.append(Append.of(admitted))).isInstanceOf(AppendResult.Appended.class);
        assertThat(log.append(Append.of(admitted))).isEqualTo(new AppendResult.AlreadyPresent(1));
      }
      assertThat(audit(engine))
          .isInstanceOfSatisfying(
              Verdict.Intact.class,
              intact -> assertThat(intact.scope().signaturesChecked()).isEqualTo(1));
    }
  }

  @Test
  void an_event_that_no_gate_would_have_admitted_is_found_by_the_audit() {
    String text = text(event(1));
    for (String forged :
        List.of(
            text.replace("hello", "hullo"),
            text.replace(event(1).sig(), event(2).sig()),
            " " + text,
            "{}")) {
      MemoryLogEngine engine = new MemoryLogEngine();
      try (EventLog log =
          EventLog.open(
              engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(1, new MemoryAnchor()))) {
        EventDraft draft =
            EventDraft.of(
                "nostr", "nostr.1", event(1).id(), forged.getBytes(StandardCharsets.UTF_8));
        log.append(Append.of(new Admitted(NostrGate.ID, draft)));
        assertThat(audit(engine))
            .isInstanceOfSatisfying(
                Verdict.Broken.class,
                broken -> {
                  assertThat(broken.at()).isEqualTo(1);
                  assertThat(broken.fault().code()).isEqualTo("signature");
                });
      }
    }
  }

  private static Verdict audit(MemoryLogEngine engine) {
    return Verifier.of(engine, LogId.MAIN, TestLogs.keys().signer().vkey())
        .withAuditors(() -> List.of(new NostrAuditor()))
        .verify();
  }
}
