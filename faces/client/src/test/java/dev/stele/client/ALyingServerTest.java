package dev.stele.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.client.ScriptedServer.Asked;
import dev.stele.client.ScriptedServer.Reply;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.witness.FraudProof;
import dev.stele.crypto.Ed25519Key;
import dev.stele.testkit.Scale;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ALyingServerTest {
  private static final long SEED = 20_261_121;

  private static final String NOTHING =
      "{\"events\":[],\"after\":30,\"headPosition\":30,\"more\":true}";

  private final EventLog log = TrueLog.empty(1);
  private final SignedCheckpoint at20 = TrueLog.grow(log, 20);
  private final SignedCheckpoint at30 = TrueLog.grow(log, 10);
  private final TrustStore trust = TrustStore.inMemory();
  private final ScriptedServer server;
  private final SteleClient client;
  private final RemoteLog remote;

  ALyingServerTest() throws IOException {
    server = new ScriptedServer(log);
    client = SteleClient.connect(server.uri(), ClientOptions.trusting(trust));
    remote = client.log("main", TrustPolicy.of(TrueLog.KEY));
  }

  @BeforeEach
  void trust_twenty_events() {
    server.show(at20);
    assertThat(remote.verifiedHead()).isEqualTo(new HeadCheck.Verified(at20));
    server.show(at30);
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
    log.close();
  }

  private Distrust distrustOfHead() {
    return switch (remote.verifiedHead()) {
      case HeadCheck.Verified(SignedCheckpoint head) ->
          throw new AssertionError("believed: " + head.note());
      case HeadCheck.Distrusted(Distrust why) -> why;
    };
  }

  private Distrust distrustOf(long position) {
    return switch (remote.getVerified(position)) {
      case EventCheck.Distrusted(Distrust why) -> why;
      case EventCheck.NotSignedYet notYet -> throw new AssertionError(notYet.toString());
      case EventCheck.Trimmed trimmed -> throw new AssertionError(trimmed.toString());
      case EventCheck.Verified(ProvenEvent proven) ->
          throw new AssertionError("believed: " + proven.event().position());
    };
  }

  private void trustedIs(SignedCheckpoint expected) {
    assertThat(trust.head(TrueLog.KEY)).contains(expected);
  }

  /** Replaces the answer of one route. */
  private void lie(String end, UnaryOperator<Reply> lie) {
    server.script((asked, truth) -> asked.isFor(end) ? lie.apply(truth) : truth);
  }

  @Test
  void that_tells_the_truth_is_believed() {
    assertThat(remote.verifiedHead()).isEqualTo(new HeadCheck.Verified(at30));
    trustedIs(at30);
    assertThat(remote.getVerified(25))
        .isInstanceOfSatisfying(
            EventCheck.Verified.class,
            verified -> {
              assertThat(verified.proven().event().id()).isEqualTo("id-25");
              assertThat(verified.proven().against()).isEqualTo(at30);
            });
  }

  @Test
  void that_rewinds_is_refused_and_what_was_trusted_stays() {
    assertThat(remote.verifiedHead()).isInstanceOf(HeadCheck.Verified.class);
    server.show(at20);
    assertThat(distrustOfHead()).isEqualTo(new Distrust.Rewound(at30, at20));
    trustedIs(at30);
  }

  @Test
  void that_forks_at_the_same_size_is_convicted() {
    try (EventLog fork = TrueLog.empty(2)) {
      SignedCheckpoint other = TrueLog.grow(fork, 20);
      server.tellOf(fork);
      Distrust why = distrustOfHead();
      assertThat(why.code()).isEqualTo("forked");
      FraudProof fraud = ((Distrust.Forked) why).fraud().orElseThrow();
      assertThat(FraudProof.check(fraud.bytes(), TrueLog.KEY))
          .isEqualTo(new FraudProof.Finding.Convicted(at20.checkpoint(), other.checkpoint()));
      trustedIs(at20);
    }
  }

  @Test
  void that_forks_and_grows_is_refused() {
    try (EventLog fork = TrueLog.empty(2)) {
      SignedCheckpoint other = TrueLog.grow(fork, 33);
      server.tellOf(fork);
      assertThat(distrustOfHead())
          .isInstanceOfSatisfying(
              Distrust.Forked.class,
              forked -> {
                assertThat(forked.trusted()).isEqualTo(at20);
                assertThat(forked.offered()).isEqualTo(other);
                assertThat(forked.fraud()).isEmpty();
              });
      trustedIs(at20);
    }
  }

  @Test
  void that_shows_no_consistency_is_refused() {
    lie("/consistency", _ -> Reply.problem(404, "not-found", ""));
    assertThat(distrustOfHead().code()).isEqualTo("forked");
    lie("/consistency", _ -> Reply.text(200, "{\"path\":[]}"));
    assertThat(distrustOfHead().code()).isEqualTo("forked");
    lie("/consistency", _ -> Reply.text(200, "{\"path\":[1]}"));
    assertThat(distrustOfHead().code()).isEqualTo("unreadable");
    trustedIs(at20);
  }

  @Test
  void that_signs_with_another_key_is_refused() {
    LogKeys strangers = LogKeys.generate(TrueLog.KEY.name(), new Random(7));
    server.show(SignedCheckpoint.sign(at30.checkpoint(), strangers.signer()));
    assertThat(distrustOfHead())
        .isInstanceOfSatisfying(
            Distrust.OtherKey.class, other -> assertThat(other.trusted()).isEqualTo(TrueLog.KEY));
    trustedIs(at20);
  }

  @Test
  void that_signs_for_another_log_with_the_same_key_is_refused() {
    Ed25519Key seed = Ed25519Key.fromSeed(new byte[32]);
    SignerKey other = SignerKey.of("other.example/log", seed);
    Checkpoint elsewhere = new Checkpoint("other.example/log", 30, at30.checkpoint().root());
    server.show(SignedCheckpoint.sign(elsewhere, other));
    assertThat(distrustOfHead().code()).isEqualTo("other-key");
  }

  @Test
  void that_flips_any_bit_of_a_checkpoint_is_refused() {
    byte[] note = at30.bytes();
    for (int bit = 0; bit < 8 * note.length; bit++) {
      byte[] flipped = flipped(note, bit);
      lie("/checkpoint", _ -> new Reply(200, flipped, Map.of()));
      assertThat(distrustOfHead().code()).as("bit %d", bit).isIn("not-signed", "other-key");
    }
    trustedIs(at20);
  }

  @Test
  void that_flips_a_bit_of_a_consistency_path_is_refused() {
    eachOf(
        log.consistency(20, 30).path(),
        "/consistency",
        _ -> assertThat(distrustOfHead().code()).isEqualTo("forked"));
    trustedIs(at20);
  }

  @Test
  void that_flips_a_bit_of_an_inclusion_path_is_refused() {
    eachOf(
        log.prove(7, 20).path(),
        "/proof",
        bit -> assertThat(distrustOf(7).code()).as("bit %d", bit).isEqualTo("false-event"));
  }

  /** Flips bits of hashes in an answer, some of them, drawn by a seed. */
  private void eachOf(List<byte[]> path, String route, Consumer<Integer> check) {
    Random random = new Random(SEED);
    for (byte[] hash : path) {
      for (int i = 0; i < Scale.of(100); i++) {
        int bit = random.nextInt(256);
        String truth = HexFormat.of().formatHex(hash);
        String lie = HexFormat.of().formatHex(flipped(hash, bit));
        lie(route, reply -> reply.replacing(truth, lie));
        check.accept(bit);
      }
    }
  }

  @Test
  void that_flips_any_bit_of_a_record_or_a_body_is_refused_at_its_position() {
    StoredEvent event = log.get(7).orElseThrow();
    for (byte[] truth : List.of(event.record(), event.body().orElseThrow())) {
      for (int bit = 0; bit < 8 * truth.length; bit++) {
        byte[] flipped = flipped(truth, bit);
        lie("/events", reply -> reply.replacing(base64(truth), base64(flipped)));
        assertThat(distrustOf(7))
            .as("bit %d", bit)
            .isInstanceOfSatisfying(
                Distrust.FalseEvent.class, lie -> assertThat(lie.position()).isEqualTo(7));
      }
    }
  }

  @Test
  void that_flips_a_bit_anywhere_in_an_answer_is_refused_or_tells_the_same() {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    int[] refused = new int[1];
    for (int i = 0; i < Scale.of(10_000); i++) {
      String route = List.of("/events", "/proof").get(i % 2);
      lie(
          route,
          truth -> {
            byte[] flipped = flipped(truth.body(), random.nextInt(8 * truth.body().length));
            return new Reply(truth.status(), flipped, Map.of());
          });
      switch (remote.getVerified(7)) {
        case EventCheck.Distrusted _ -> refused[0]++;
        case EventCheck.NotSignedYet notYet -> throw new AssertionError(notYet.toString());
        case EventCheck.Trimmed trimmed -> throw new AssertionError(trimmed.toString());
        case EventCheck.Verified(ProvenEvent proven) -> {
          assertThat(proven.event().id()).isEqualTo("id-7");
          assertThat(proven.event().payload().orElseThrow()).asString().isEqualTo("payload 7");
        }
      }
    }
    assertThat(refused[0]).isGreaterThan(Scale.of(10_000) / 4);
  }

  @Test
  void that_gives_another_event_in_the_place_of_one_is_refused() {
    server.script((asked, truth) -> asked.isFor("/events") ? page(8, truth) : truth);
    assertThat(distrustOf(7)).isEqualTo(new Distrust.Withheld(7, 7));
    server.script(
        (asked, truth) ->
            asked.isFor("/events")
                ? page(8, truth).replacing("\"position\":8", "\"position\":7")
                : truth);
    assertThat(distrustOf(7).code()).isEqualTo("false-event");
  }

  private Reply page(long position, Reply truth) {
    String event = ScriptedServer.json(log.get(position).orElseThrow(), true);
    return Reply.text(
        truth.status(),
        "{\"events\":[%s],\"after\":%d,\"headPosition\":30,\"more\":true}"
            .formatted(event, position));
  }

  @Test
  void that_leaves_out_an_event_within_a_page_is_refused() {
    String seventh = ScriptedServer.json(log.get(7).orElseThrow(), true) + ",";
    lie("/events", reply -> reply.replacing(seventh, ""));
    assertThat(remote.readVerified(0, 15))
        .isInstanceOfSatisfying(
            RunCheck.Distrusted.class,
            distrusted -> assertThat(distrusted.why().code()).isEqualTo("false-event"));
  }

  @Test
  void that_shows_nothing_of_what_it_has_signed_is_refused() {
    lie("/events", _ -> Reply.text(200, NOTHING));
    assertThat(distrustOf(7)).isEqualTo(new Distrust.Withheld(7, 20));
    lie("/events", _ -> Reply.text(200, "<html>a proxy's page</html>"));
    assertThat(distrustOf(7).code()).isEqualTo("unreadable");
    lie("/proof", _ -> Reply.problem(404, "not-found", ""));
    assertThat(distrustOf(7).code()).isEqualTo("false-event");
  }

  @Test
  void that_shows_another_key_than_the_pinned_one_is_refused() {
    LogKeys strangers = LogKeys.generate("stranger.example", new Random(7));
    assertThat(client.log("main", TrustPolicy.of(strangers.signer().vkey())).verifiedHead())
        .isInstanceOfSatisfying(
            HeadCheck.Distrusted.class,
            distrusted -> assertThat(distrusted.why().code()).isEqualTo("other-key"));
    lie("/vkey", _ -> Reply.text(200, strangers.signer().vkey().text()));
    assertThat(client.log("main", TrustPolicy.onFirstUse()).verifiedHead())
        .isEqualTo(new HeadCheck.Verified(at30));
  }

  @Test
  void is_not_believed_without_a_key_and_believed_on_first_use_if_asked_for_by_name() {
    SteleClient fresh = SteleClient.connect(server.uri(), ClientOptions.inMemory());
    assertThat(fresh.log("main").verifiedHead())
        .isInstanceOfSatisfying(
            HeadCheck.Distrusted.class,
            distrusted -> assertThat(distrusted.why().code()).isEqualTo("no-key"));
    assertThat(fresh.log("main", TrustPolicy.onFirstUse()).verifiedHead())
        .isEqualTo(new HeadCheck.Verified(at30));
    assertThat(fresh.log("main").verifiedHead()).isEqualTo(new HeadCheck.Verified(at30));
    fresh.close();
  }

  @Test
  void is_not_asked_for_events_before_its_head_is_believed() {
    LogKeys strangers = LogKeys.generate(TrueLog.KEY.name(), new Random(7));
    server.show(SignedCheckpoint.sign(at30.checkpoint(), strangers.signer()));
    server.asked.clear();
    assertThat(distrustOf(25).code()).isEqualTo("other-key");
    assertThat(server.asked)
        .extracting(Asked::path)
        .containsOnly(ScriptedServer.MAIN + "/checkpoint");
  }

  @Test
  void that_keeps_back_a_body_is_refused_unless_the_log_has_signed_that_it_was_erased() {
    String body = ScriptedServer.quoted(log.get(7).orElseThrow().body().orElseThrow());
    lie("/events", reply -> reply.replacing(body, "null"));
    assertThat(distrustOf(7)).isEqualTo(new Distrust.Withheld(7, 7));
    log.erase(new Erasure.OfEvent(7));
    server.script((_, truth) -> truth);
    assertThat(remote.getVerified(7))
        .isInstanceOfSatisfying(
            EventCheck.Verified.class,
            verified -> assertThat(verified.proven().event().payload()).isEmpty());
    assertThat(distrustOfHidden(8)).isEqualTo(new Distrust.Withheld(8, 8));
  }

  @Test
  void that_begins_later_is_refused_unless_the_log_has_signed_that_it_was_trimmed() {
    server.show(TrueLog.grow(log, 570));
    assertThat(remote.verifiedHead()).isInstanceOf(HeadCheck.Verified.class);
    String first = ScriptedServer.json(log.get(257).orElseThrow(), true);
    lie(
        "/events",
        _ ->
            Reply.text(
                200,
                "{\"events\":[%s],\"after\":257,\"headPosition\":600,\"more\":false}"
                    .formatted(first)));
    assertThat(distrustOf(7)).isEqualTo(new Distrust.Withheld(7, 256));
    log.trim(257);
    server.script((_, truth) -> truth);
    assertThat(remote.getVerified(7)).isEqualTo(new EventCheck.Trimmed(256));
    assertThat(remote.getVerified(257)).isInstanceOf(EventCheck.Verified.class);
  }

  private Distrust distrustOfHidden(long position) {
    String body = ScriptedServer.quoted(log.get(position).orElseThrow().body().orElseThrow());
    lie("/events", reply -> reply.replacing(body, "null"));
    return distrustOf(position);
  }

  private static byte[] flipped(byte[] bytes, int bit) {
    byte[] flipped = Arrays.copyOf(bytes, bytes.length);
    flipped[bit / 8] ^= (byte) (1 << bit % 8);
    return flipped;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
