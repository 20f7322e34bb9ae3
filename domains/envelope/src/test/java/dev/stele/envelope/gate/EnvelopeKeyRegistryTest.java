package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.proof.SignerKey;
import dev.stele.crypto.Ed25519Key;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys are registered and revoked by acts in the log, and the registry is their fold. */
class EnvelopeKeyRegistryTest {
  private static final LogKeys LOG = TestLogs.keys();
  private static final String ORIGIN = LOG.signer().name();
  private static final EnvelopeKeyGate GATE = new EnvelopeKeyGate(LOG.signer().vkey());
  private static final EnvelopeKey KEY = Samples.KEY;
  private static final Instant T = Samples.NOW;

  private static KeyAct register(EnvelopeKey key) {
    return new KeyAct.Register(ORIGIN, key.keyId(), key.publicKey(), null, null);
  }

  private static KeyAct revoke(EnvelopeKey key, Instant at) {
    return new KeyAct.Revoke(ORIGIN, key.keyId(), key.publicKey(), at, "lost on a train");
  }

  private static Admitted admitted(KeyAct act) {
    Admission admission = GATE.judge(act.sign(LOG.signer()), T);
    assertThat(admission).isInstanceOf(Admitted.class);
    return (Admitted) admission;
  }

  private static EventLog open(MemoryLogEngine engine) {
    return EventLog.open(engine, LogId.MAIN, LOG, TestLogs.options(1, new MemoryAnchor()));
  }

  private static String standing(EnvelopeKeyRegistry keys, EnvelopeKey key) {
    return keys.flaw(key.keyId(), key.publicKey(), T, T).orElse("good");
  }

  @Test
  void the_registry_of_a_log_is_known_as_of_each_position() {
    try (EventLog log = open(new MemoryLogEngine())) {
      log.append(Append.of(admitted(register(KEY))));
      log.append(Append.of(admitted(register(Samples.OTHER_KEY))));
      log.append(Append.of(admitted(revoke(KEY, T.minusSeconds(1)))));
      List<StoredEvent> acts = log.readStream(EnvelopeKeyGate.STREAM, 0, 100);

      EnvelopeKeyRegistry now = EnvelopeKeyRegistry.replay(LOG.signer().vkey(), acts);

      assertThat(standing(now, KEY)).contains("revoked").contains("lost on a train");
      assertThat(standing(now, Samples.OTHER_KEY)).isEqualTo("good");
      assertThat(standing(now.asOf(2), KEY)).isEqualTo("good");
      assertThat(standing(now.asOf(1), Samples.OTHER_KEY)).contains("no key is registered");
      assertThat(standing(now.asOf(0), KEY)).contains("no key is registered");
      assertThat(now.asOf(3)).isEqualTo(now);
      for (int position = 0; position <= 3; position++) {
        assertThat(now.asOf(position))
            .isEqualTo(EnvelopeKeyRegistry.replay(LOG.signer().vkey(), acts.subList(0, position)));
      }
    }
  }

  @Test
  void the_same_act_twice_is_present_already() {
    try (EventLog log = open(new MemoryLogEngine())) {
      assertThat(log.append(Append.of(admitted(register(KEY)))))
          .isInstanceOf(AppendResult.Appended.class);
      assertThat(log.append(Append.of(admitted(register(KEY)))))
          .isEqualTo(new AppendResult.AlreadyPresent(1));
    }
  }

  @Test
  void only_the_logs_own_key_acts() {
    SignerKey stranger = SignerKey.of(ORIGIN, Ed25519Key.generate(new Random(66)));
    SignerKey elsewhere = SignerKey.of("other.example/log", Ed25519Key.generate(new Random(67)));
    KeyAct foreign =
        new KeyAct.Register("other.example/log", KEY.keyId(), KEY.publicKey(), null, null);

    assertThat(GATE.judge(register(KEY).sign(stranger), T))
        .isInstanceOfSatisfying(
            Rejected.class, no -> assertThat(no.code()).isEqualTo("bad-signature"));
    assertThat(GATE.judge(foreign.sign(elsewhere), T)).isInstanceOf(Rejected.class);
    assertThat(GATE.judge("nothing".getBytes(UTF_8), T))
        .isInstanceOfSatisfying(Rejected.class, no -> assertThat(no.code()).isEqualTo("bad-shape"));
    assertThatThrownBy(() -> register(KEY).sign(elsewhere))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void an_act_is_read_as_it_was_written_and_in_no_other_spelling() {
    for (KeyAct act :
        List.of(
            register(KEY),
            new KeyAct.Register(ORIGIN, "a", KEY.publicKey(), T, T.plusSeconds(60)),
            revoke(KEY, T))) {
      assertThat(KeyAct.parse(act.text()).orThrow()).isEqualTo(act);
      for (String other :
          List.of(
              act.text() + "\n",
              act.text().replace("act ", "act  "),
              act.text().replace("id ", "ID "),
              act.text().toUpperCase(Locale.ROOT),
              act.text().replace("12:00:00Z", "12:00:00.000Z").replace("until -", "until  -"))) {
        assertThat(Samples.reason(KeyAct.parse(other))).as(other).isNotEmpty();
      }
    }
  }

  @Test
  void a_revoked_key_never_comes_back_not_even_one_that_was_never_registered() {
    EnvelopeKeyRegistry keys =
        EnvelopeKeyRegistry.EMPTY
            .with(1, revoke(KEY, T))
            .with(2, register(KEY))
            .with(3, revoke(KEY, T.plusSeconds(60)));

    assertThat(standing(keys, KEY)).contains("revoked at " + T);
  }

  @Test
  void keys_of_a_file_stay_when_acts_are_undone() {
    EnvelopeKeyRegistry keys = Samples.KEYS.with(7, revoke(KEY, T));

    assertThat(standing(keys, KEY)).contains("revoked");
    assertThat(standing(keys.asOf(6), KEY)).isEqualTo("good");
  }

  @Test
  void a_registry_is_bounded() {
    List<EnvelopeKeyRegistry.Entry> entries = new ArrayList<>();
    for (int i = 0; i < EnvelopeKeyRegistry.MAX_KEYS; i++) {
      entries.add(EnvelopeKeyRegistry.Entry.of("k" + i, new byte[32]));
    }
    EnvelopeKeyRegistry full = EnvelopeKeyRegistry.of(entries);

    assertThat(standing(full.with(1, register(KEY)), KEY)).contains("no key is registered");
    entries.add(EnvelopeKeyRegistry.Entry.of("one-more", new byte[32]));
    assertThatThrownBy(() -> EnvelopeKeyRegistry.of(entries))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_file_of_keys_has_few_forms() {
    String base64 = Base64.getEncoder().encodeToString(KEY.publicKey());
    String hex = HexFormat.of().formatHex(KEY.publicKey());
    String key = "{\"key_id\":\"gauge-17\",\"public_key\":\"" + base64 + "\"}";
    for (String file :
        List.of(
            key,
            "[" + key + "]",
            "{\"keys\":[" + key + "]}",
            "{\"gauge-17\":" + key + "}",
            "{\"A\":" + key + "}",
            "{\"gauge-17\":{\"public_key\":\"" + base64 + "\",\"seed_hex\":\"00\"}}",
            "{\"keys\":{\"A\":" + key + "}}",
            "{\"keys\":{\"gauge-17\":\"" + hex + "\"}}",
            "{\"gauge-17\":\"" + base64 + "\"}")) {
      assertThat(EnvelopeKeys.parse(file.getBytes(UTF_8)).orThrow())
          .as(file)
          .isEqualTo(
              EnvelopeKeyRegistry.of(
                  List.of(EnvelopeKeyRegistry.Entry.of("gauge-17", KEY.publicKey()))));
    }
    String dated =
        key.replace(
            "}",
            ",\"valid_from\":\"2026-01-01T00:00:00Z\",\"valid_until\":null,"
                + "\"revoked_at\":\"2026-02-01T00:00:00Z\",\"reason\":\"lost\"}");
    assertThat(EnvelopeKeys.parse(dated.getBytes(UTF_8)).orThrow().keys())
        .containsExactly(
            new EnvelopeKeyRegistry.Entry(
                "gauge-17",
                KEY.publicKey(),
                Instant.parse("2026-01-01T00:00:00Z"),
                null,
                Instant.parse("2026-02-01T00:00:00Z"),
                "lost"));
    for (String no :
        List.of(
            "",
            "1",
            "[1]",
            "{\"a b\":\"" + base64 + "\"}",
            "{\"a\":\"AAAA\"}",
            "{\"a\":\"?\"}",
            key.replace("}", ",\"revoked\":\"2026-02-01T00:00:00Z\"}"),
            key.replace("}", ",\"valid_from\":\"soon\"}"),
            key.replace("}", ",\"valid_from\":1}"),
            "[" + key + "," + key + "]")) {
      assertThat(Samples.reason(EnvelopeKeys.parse(no.getBytes(UTF_8)))).as(no).isNotEmpty();
    }
  }
}
