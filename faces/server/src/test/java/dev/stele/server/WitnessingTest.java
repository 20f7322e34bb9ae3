package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.Cosignature;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.TileReader;
import dev.stele.core.proof.TileVerdict;
import dev.stele.core.proof.VerifierKey;
import dev.stele.core.witness.AddCheckpoint;
import dev.stele.core.witness.FraudProof;
import dev.stele.crypto.Ed25519Key;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.config.Setting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class WitnessingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  private final SignerKey log = SignerKey.of("test.example/log", Ed25519Key.fromSeed(new byte[32]));

  private RunningServer witness(VerifierKey... logs) throws Exception {
    Path keys = folder.resolve("logs");
    Files.write(keys, Stream.of(logs).map(VerifierKey::text).toList());
    return RunningServer.in(
        folder.resolve("witness"),
        config ->
            config
                .with(Setting.WITNESS_NAME, "witness.example/w1")
                .with(Setting.WITNESS_KEY, folder.resolve("witness.key").toString())
                .with(Setting.WITNESS_LOGS, keys.toString()));
  }

  private SignedCheckpoint signed(long size, int rootByte) {
    byte[] root = new byte[32];
    root[0] = (byte) rootByte;
    return SignedCheckpoint.sign(new Checkpoint(log.name(), size, root), log);
  }

  private static Answer add(RunningServer witness, ConsistencyProof proof, SignedCheckpoint to)
      throws Exception {
    return witness.post(
        "/witness/add-checkpoint", "text/plain", new AddCheckpoint(proof, to).bytes());
  }

  @Test
  void aLogThatForksIsNotCosignedAndConvictedByAFile() throws Exception {
    try (RunningServer witness = witness(log.vkey())) {
      assertThat(add(witness, new ConsistencyProof(0, 1, List.of()), signed(1, 7)).status())
          .isEqualTo(200);

      Answer forked = add(witness, new ConsistencyProof(1, 1, List.of()), signed(1, 8));

      assertThat(forked.status()).isEqualTo(409);
      assertThat(forked.header("Content-Type")).isEqualTo("text/x.tlog.size");
      assertThat(forked.text()).isEqualTo("1\n");
      try (Stream<Path> files =
          Files.list(folder.resolve("witness").resolve("witness").resolve("fraud"))) {
        List<Path> proofs = files.toList();
        assertThat(proofs).hasSize(1);
        assertThat(FraudProof.check(Files.readAllBytes(proofs.getFirst()), log.vkey()))
            .isInstanceOf(FraudProof.Finding.Convicted.class);
      }
    }
  }

  @Test
  void whatWasCosignedIsRememberedAfterARestartAndItsLossIsNoticed() throws Exception {
    try (RunningServer witness = witness(log.vkey())) {
      assertThat(add(witness, new ConsistencyProof(0, 1, List.of()), signed(1, 7)).status())
          .isEqualTo(200);
    }
    try (RunningServer witness = witness(log.vkey())) {
      assertThat(add(witness, new ConsistencyProof(0, 1, List.of()), signed(1, 8)).status())
          .isEqualTo(409);
      String hash =
          java.util.HexFormat.of()
              .formatHex(dev.stele.crypto.Sha256.hash(log.name().getBytes(StandardCharsets.UTF_8)));
      assertThat(witness.get("/witness/" + hash + "/checkpoint").text())
          .startsWith("test.example/log\n1\n");
    }
    Path kept = folder.resolve("witness").resolve("witness");
    try (Stream<Path> files = Files.list(kept)) {
      for (Path file :
          files.filter(each -> each.getFileName().toString().length() == 64).toList()) {
        Files.delete(file);
      }
    }
    try (RunningServer witness = witness(log.vkey())) {
      assertThat(add(witness, new ConsistencyProof(0, 1, List.of()), signed(1, 8)).status())
          .isEqualTo(503);
    }
    Files.delete(folder.resolve("witness.key"));
    assertThatThrownBy(() -> witness(log.vkey())).isInstanceOf(StorageFailed.class);
  }

  @Test
  void aStrangersLogAndNonsenseAreRefused() throws Exception {
    try (RunningServer witness = witness()) {
      assertThat(add(witness, new ConsistencyProof(0, 1, List.of()), signed(1, 7)).status())
          .isEqualTo(404);
      assertThat(witness.post("/witness/add-checkpoint", "text/plain", new byte[] {1}).status())
          .isEqualTo(400);
      assertThat(witness.get("/witness/nothing/checkpoint").status()).isEqualTo(404);
    }
    try (RunningServer none = RunningServer.in(folder.resolve("none"))) {
      assertThat(none.post("/witness/add-checkpoint", "text/plain", new byte[] {1}).status())
          .isEqualTo(404);
    }
  }

  @Test
  void aCheckpointIsServedWhenItsQuorumHasCosignedItAndPublishedElsewhere() throws Exception {
    // The log first, without a policy, so that its key is known to the witness.
    Path data = folder.resolve("data");
    VerifierKey key;
    try (RunningServer server = RunningServer.in(data)) {
      server.post("/v1/logs/main/events", "{\"type\":\"t\"}");
      key = server.server().host().find("main").orElseThrow().log().verifierKey();
    }
    try (RunningServer witness = witness(key)) {
      VerifierKey witnessKey = parse(witness.get("/witness/vkey").text().strip());
      Path policy = folder.resolve("policy");
      Files.writeString(
          policy,
          "log %s\nwitness w1 %s %s\nquorum w1\n"
              .formatted(key.text(), witnessKey.text(), witness.uri("/witness")));
      Path elsewhere = folder.resolve("elsewhere");
      try (RunningServer server =
          RunningServer.in(
              data,
              config ->
                  config
                      .with(Setting.WITNESS_POLICY, policy.toString())
                      .with(Setting.PUBLISH, elsewhere.toString()))) {
        server.post("/v1/logs/main/events", "{\"type\":\"t\"}");

        SignedNote served = awaitCosigned(server, 2);

        assertThat(Cosignature.read(served, List.of(witnessKey)))
            .isInstanceOfSatisfying(
                Cosignature.Reading.Cosigned.class,
                cosigned -> assertThat(cosigned.cosignatures()).hasSize(1));
        awaitPublished(elsewhere.resolve("main"), 2);
        assertThat(TileReader.verify(elsewhere.resolve("main"), key))
            .isInstanceOf(TileVerdict.Intact.class);
      }
    }
  }

  private static SignedNote awaitCosigned(RunningServer server, long size) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      Answer answer = server.get("/v1/logs/main/checkpoint");
      if (answer.status() == 200
          && SignedNote.parse(answer.bytes()) instanceof Parsed.Value<SignedNote>(SignedNote note)
          && sizeOf(note).filter(each -> each >= size).isPresent()) {
        return note;
      }
      assertThat(answer.status()).isIn(200, 404);
      Thread.onSpinWait();
    }
    throw new AssertionError("no cosigned checkpoint in " + PATIENCE);
  }

  private static void awaitPublished(Path folder, long size) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      Path file = folder.resolve("checkpoint");
      if (Files.exists(file)
          && SignedNote.parse(Files.readAllBytes(file))
              instanceof Parsed.Value<SignedNote>(SignedNote note)
          && sizeOf(note).filter(each -> each >= size).isPresent()) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("nothing published in " + PATIENCE);
  }

  private static Optional<Long> sizeOf(SignedNote note) {
    return Checkpoint.parse(note.text()) instanceof Parsed.Value<Checkpoint>(Checkpoint checkpoint)
        ? Optional.of(checkpoint.size())
        : Optional.empty();
  }

  private static VerifierKey parse(String text) {
    return switch (VerifierKey.parse(text)) {
      case Parsed.Value<VerifierKey>(VerifierKey key) -> key;
      case Parsed.Malformed<VerifierKey>(String reason) -> throw new AssertionError(reason);
    };
  }
}
