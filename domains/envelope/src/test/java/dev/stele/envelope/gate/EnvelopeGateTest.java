package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EnvelopeGateTest {
  private static final LogKeys LOG = TestLogs.keys();
  private static final Instant NOW = Samples.NOW;
  private static final EnvelopeGate GATE = new EnvelopeGate(Samples.KEYS);

  private static EnvelopeGate gate(EqualPayload equalPayload) {
    return new EnvelopeGate(EnvelopeVerifier.strict(Samples.KEYS), equalPayload, Claim.NEVER);
  }

  private static Admitted admitted(EnvelopeGate gate, byte[] wire) {
    assertThat(gate.judge(wire, NOW)).isInstanceOf(Admitted.class);
    return (Admitted) gate.judge(wire, NOW);
  }

  private static EventLog open(MemoryLogEngine engine) {
    return EventLog.open(
        engine,
        LogId.MAIN,
        LOG,
        TestLogs.options(1, new MemoryAnchor()).with(() -> NOW, new Random(1)));
  }

  private static SignedEnvelope changed(SignedEnvelope envelope, String id, String nonce) {
    EnvelopeHeader header = envelope.header();
    return Samples.signed(
        new EnvelopeHeader(
            id,
            header.type(),
            header.version(),
            "attic",
            header.issuedAt(),
            header.expiresAt(),
            nonce,
            header.keyId(),
            header.algorithm(),
            header.canonicalization(),
            header.payloadHash(),
            null,
            null),
        envelope.payload());
  }

  @Test
  void admits_a_genuine_envelope_in_its_one_spelling_with_its_claims_in_order() {
    SignedEnvelope envelope = Samples.envelope(1);
    EnvelopeHeader header = envelope.header();

    EventDraft draft =
        admitted(gate(EqualPayload.REJECT), (" " + Samples.text(envelope)).getBytes(UTF_8)).draft();

    assertThat(draft.stream()).isEqualTo("envelope/cellar");
    assertThat(draft.type()).isEqualTo("observation.recorded");
    assertThat(draft.id()).isEqualTo(header.id());
    assertThat(draft.subject()).isEqualTo("gauge-17");
    assertThat(draft.payload()).isEqualTo(envelope.wire());
    assertThat(draft.claims())
        .containsExactly(
            new Claim("envelope", envelope.hash(), OnDuplicate.RETURN_EXISTING, Claim.NEVER),
            Claim.ofEventId(header.id(), OnDuplicate.REFUSE),
            new Claim(
                "envelope-nonce",
                ("gauge-17\0" + header.nonce()).getBytes(UTF_8),
                OnDuplicate.REFUSE,
                Claim.NEVER),
            new Claim(
                "envelope-content",
                HexFormat.of().parseHex(header.payloadHash()),
                OnDuplicate.REFUSE,
                Claim.NEVER));
    assertThat(admitted(GATE, envelope.wire()).draft().claims()).hasSize(3);
  }

  @Test
  void says_which_rules_it_judges_by_and_where_its_keys_come_from() {
    EnvelopeGate compatible =
        new EnvelopeGate(EnvelopeVerifier.compatible(), EqualPayload.ALLOW, Claim.NEVER);

    assertThat(GATE.id()).isEqualTo(new GateId("envelope", 1));
    assertThat(GATE.keySource()).isEqualTo(KeySource.REGISTRY);
    assertThat(compatible.id()).isEqualTo(new GateId("envelope-compatible", 1));
    assertThat(compatible.keySource()).isEqualTo(KeySource.EVENT);
    assertThat(admitted(compatible, Samples.envelope(1).wire()).by()).isEqualTo(compatible.id());
  }

  @Test
  void keeps_no_state_so_takes_no_guard() {
    EnvelopeVerifier guarded = EnvelopeVerifier.strict(Samples.KEYS).withGuard((_, _, _) -> true);

    assertThatThrownBy(() -> new EnvelopeGate(guarded, EqualPayload.ALLOW, Claim.NEVER))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_judgement_carries_the_envelope_or_the_verdict() {
    EnvelopeGate.Judgement good = GATE.judgeEnvelope(Samples.envelope(1).wire(), NOW);
    EnvelopeGate.Judgement bad = GATE.judgeEnvelope("{}".getBytes(UTF_8), NOW);

    assertThat(good.verdict())
        .isInstanceOfSatisfying(
            EnvelopeVerdict.Valid.class,
            valid -> assertThat(valid.envelope()).isEqualTo(Samples.envelope(1)));
    assertThat(bad.verdict()).isInstanceOf(EnvelopeVerdict.Invalid.class);
    assertThat(bad.admission())
        .isInstanceOfSatisfying(
            Rejected.class, no -> assertThat(no.code()).isEqualTo("structure_invalid"));
  }

  @Test
  void what_compatible_verification_takes_and_no_event_can_hold_is_rejected() {
    EnvelopeGate compatible =
        new EnvelopeGate(EnvelopeVerifier.compatible(), EqualPayload.ALLOW, Claim.NEVER);
    SignedEnvelope envelope = Samples.envelope(1);
    String nonce = envelope.header().nonce();

    for (String id : List.of("", "i".repeat(1_025))) {
      assertThat(compatible.judge(changed(envelope, id, nonce).wire(), NOW))
          .isInstanceOf(Rejected.class);
    }
    assertThat(admitted(compatible, changed(envelope, "ID", nonce).wire()).draft().id())
        .isEqualTo("id");
  }

  @Test
  void the_same_envelope_is_present_already_and_another_with_its_id_or_nonce_is_refused() {
    SignedEnvelope envelope = Samples.envelope(1);
    SignedEnvelope other = Samples.envelope(2);
    try (EventLog log = open(new MemoryLogEngine())) {
      assertThat(log.append(Append.of(admitted(GATE, envelope.wire()))))
          .isInstanceOf(AppendResult.Appended.class);

      assertThat(
              log.append(
                  Append.of(
                      admitted(GATE, Samples.text(envelope).replace(",", ", ").getBytes(UTF_8)))))
          .isEqualTo(new AppendResult.AlreadyPresent(1));
      assertThat(append(log, changed(envelope, other.header().id(), envelope.header().nonce())))
          .isEqualTo("envelope-nonce");
      assertThat(append(log, changed(envelope, envelope.header().id(), other.header().nonce())))
          .isEqualTo("event-id");
      assertThat(append(log, other)).isEqualTo("Appended");
    }
  }

  private static String append(EventLog log, SignedEnvelope envelope) {
    AppendResult result = log.append(Append.of(admitted(GATE, envelope.wire())));
    return result instanceof AppendResult.Refused refused
        ? refused.claim().scope()
        : result.getClass().getSimpleName();
  }

  @Test
  void equal_payloads_are_what_the_policy_says() {
    for (EqualPayload policy : EqualPayload.values()) {
      try (EventLog log = open(new MemoryLogEngine())) {
        log.append(Append.of(admitted(gate(policy), Samples.envelope(1).wire())));
        AppendResult second =
            log.append(Append.of(admitted(gate(policy), Samples.envelope(2).wire())));
        switch (policy) {
          case ALLOW -> assertThat(second).isInstanceOf(AppendResult.Appended.class);
          case REJECT -> assertThat(second).isInstanceOf(AppendResult.Refused.class);
          case RETURN_EXISTING -> assertThat(second).isEqualTo(new AppendResult.AlreadyPresent(1));
        }
      }
    }
  }

  // ---- the audit ----

  private static Verdict audit(MemoryLogEngine engine, EnvelopeAuditor auditor) {
    return Verifier.of(engine, LogId.MAIN, LOG.signer().vkey())
        .withAuditors(() -> List.of(auditor))
        .verify();
  }

  private static Admitted act(KeyAct act) {
    return (Admitted) new EnvelopeKeyGate(LOG.signer().vkey()).judge(act.sign(LOG.signer()), NOW);
  }

  private static KeyAct register() {
    return new KeyAct.Register(
        LOG.signer().name(), "gauge-17", Samples.KEY.publicKey(), null, null);
  }

  private static KeyAct revoke(Instant at) {
    return new KeyAct.Revoke(LOG.signer().name(), "gauge-17", Samples.KEY.publicKey(), at, "lost");
  }

  @Test
  void what_it_admitted_is_audited_whole_also_after_its_key_is_revoked() {
    MemoryLogEngine engine = new MemoryLogEngine();
    try (EventLog log = open(engine)) {
      log.append(Append.of(act(register())));
      int seed = 10;
      for (EqualPayload policy : EqualPayload.values()) {
        SignedEnvelope envelope =
            Samples.created(Samples.draft(JsonObject.of(Map.of("n", seed))), seed++)
                .sign(Samples.KEY);
        assertThat(log.append(Append.of(admitted(gate(policy), envelope.wire()))))
            .isInstanceOf(AppendResult.Appended.class);
      }
      log.append(Append.of(act(revoke(NOW.minus(Duration.ofHours(1))))));

      assertThat(audit(engine, EnvelopeAuditor.of(LOG.signer().vkey())))
          .isInstanceOfSatisfying(
              Verdict.Intact.class,
              intact -> assertThat(intact.scope().signaturesChecked()).isGreaterThan(3));
    }
  }

  @Test
  void an_envelope_whose_key_had_no_standing_is_found() {
    List<List<KeyAct>> before =
        List.of(List.of(), List.of(register(), revoke(NOW.minus(Duration.ofHours(1)))));
    for (List<KeyAct> acts : before) {
      MemoryLogEngine engine = new MemoryLogEngine();
      try (EventLog log = open(engine)) {
        acts.forEach(act -> log.append(Append.of(act(act))));
        log.append(Append.of(admitted(GATE, Samples.envelope(1).wire())));

        assertThat(audit(engine, EnvelopeAuditor.of(LOG.signer().vkey())))
            .isInstanceOfSatisfying(
                Verdict.Broken.class,
                broken -> {
                  assertThat(broken.at()).isEqualTo(acts.size() + 1);
                  assertThat(broken.fault().detail()).contains("no standing");
                });
        assertThat(audit(engine, EnvelopeAuditor.withoutKeys(LOG.signer().vkey())))
            .isInstanceOf(Verdict.Intact.class);
        if (acts.isEmpty()) {
          assertThat(audit(engine, EnvelopeAuditor.of(LOG.signer().vkey(), Samples.KEYS)))
              .isInstanceOf(Verdict.Intact.class);
        }
      }
    }
  }

  @Test
  void an_event_that_no_gate_would_have_admitted_is_found() {
    SignedEnvelope envelope = Samples.envelope(1);
    EventDraft good = admitted(GATE, envelope.wire()).draft();
    String text = Samples.text(envelope);
    List<EventDraft> forged = new ArrayList<>();
    for (String payload :
        List.of(
            text.replace("21.5", "21.6"),
            text.replace("cellar", "cellas"),
            " " + text,
            "{}",
            text.replace("\"public_key\":\"", "\"public_key\":\"A"))) {
      forged.add(
          new EventDraft(
              good.stream(),
              good.type(),
              good.id(),
              payload.getBytes(UTF_8),
              good.claims(),
              good.subject()));
    }
    List<Claim> claims = good.claims();
    for (List<Claim> others :
        List.of(
            List.<Claim>of(),
            claims.subList(0, 2),
            List.of(claims.get(1), claims.get(0), claims.get(2)),
            List.of(
                claims.get(0),
                claims.get(1),
                new Claim("envelope-nonce", new byte[] {1}, OnDuplicate.REFUSE, Claim.NEVER)))) {
      forged.add(
          new EventDraft(
              good.stream(), good.type(), good.id(), good.payload(), others, good.subject()));
    }
    forged.add(
        new EventDraft(
            "envelope/attic", good.type(), good.id(), good.payload(), claims, good.subject()));
    forged.add(
        new EventDraft(
            good.stream(), "seth.caught", good.id(), good.payload(), claims, good.subject()));
    forged.add(
        new EventDraft(good.stream(), good.type(), "", good.payload(), claims, good.subject()));
    forged.add(
        new EventDraft(good.stream(), good.type(), good.id(), good.payload(), claims, "gauge-18"));
    for (EventDraft draft : forged) {
      MemoryLogEngine engine = new MemoryLogEngine();
      try (EventLog log = open(engine)) {
        log.append(Append.of(new Admitted(EnvelopeGate.STRICT, draft)));

        assertThat(audit(engine, EnvelopeAuditor.of(LOG.signer().vkey(), Samples.KEYS)))
            .as(draft.toString())
            .isInstanceOfSatisfying(
                Verdict.Broken.class, broken -> assertThat(broken.at()).isEqualTo(1));
      }
    }
  }

  @Test
  void a_key_act_that_the_log_never_signed_is_found() {
    Admitted good = act(register());
    String note = new String(good.draft().payload(), UTF_8);
    MemoryLogEngine engine = new MemoryLogEngine();
    try (EventLog log = open(engine)) {
      log.append(
          Append.of(
              new Admitted(
                  EnvelopeKeyGate.ID,
                  new EventDraft(
                      good.draft().stream(),
                      good.draft().type(),
                      good.draft().id(),
                      note.replace("gauge-17", "gauge-99").getBytes(UTF_8),
                      good.draft().claims(),
                      good.draft().subject()))));

      assertThat(audit(engine, EnvelopeAuditor.of(LOG.signer().vkey())))
          .isInstanceOf(Verdict.Broken.class);
    }
  }
}
