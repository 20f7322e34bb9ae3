package dev.stele.core.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NoteSignature;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignerKey;
import dev.stele.crypto.Ed25519Key;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** A witness that knows one log, and what the log and others send to it. */
class WitnessTest {
  private static final long TIME = 1_700_000_000;

  private final HeapWitnessMemory memory = new HeapWitnessMemory();
  private final Witness witness = witness(memory);
  private final ExampleLog log = new ExampleLog("told", 40);
  private final ExampleLog fork = new ExampleLog("denied", 40);

  @Test
  void theFirstCheckpointIsCosignedWithTheTimeOfTheClock() {
    assertThat(add(log.request(0, 5)))
        .isEqualTo(
            new Witness.Answer.Cosigned(
                ExampleLog.WITNESS.cosign(log.checkpoint(5).checkpoint(), TIME)));
    assertThat(keptSize()).isEqualTo(5);
  }

  @Test
  void aLogGrowsUnderItsWitnessStepByStepAndInLeaps() {
    long at = 0;
    for (long size : new long[] {0, 1, 2, 3, 8, 8, 13, 32, 33, 40}) {
      assertThat(add(log.request(at, size))).isInstanceOf(Witness.Answer.Cosigned.class);
      assertThat(keptSize()).isEqualTo(size);
      at = size;
    }
  }

  @Test
  void nothingIsCosignedThatCouldNotBeKept() {
    WitnessMemory broken =
        new WitnessMemory() {
          @Override
          public Optional<SignedCheckpoint> last(String origin) {
            return Optional.empty();
          }

          @Override
          public boolean advance(Optional<SignedCheckpoint> from, SignedCheckpoint to) {
            throw new IllegalStateException("the disk is full");
          }
        };
    assertThatThrownBy(() -> witness(broken).addCheckpoint(log.request(0, 5).bytes()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aProofFromElsewhereIsAnsweredWithTheSizeKept() {
    assertThat(add(log.request(3, 5))).isEqualTo(new Witness.Answer.StandsElsewhere(0));
    add(log.request(0, 5));
    assertThat(add(log.request(0, 8))).isEqualTo(new Witness.Answer.StandsElsewhere(5));
    assertThat(add(log.request(3, 4))).isEqualTo(new Witness.Answer.StandsElsewhere(5));
    assertThat(add(log.request(8, 13))).isEqualTo(new Witness.Answer.StandsElsewhere(5));
    assertThat(keptSize()).isEqualTo(5);
  }

  @Test
  void aForkIsNotCosignedWhateverTheProof() {
    add(log.request(0, 5));
    assertThat(add(fork.request(5, 8))).isEqualTo(new Witness.Answer.NotConsistent());
    ConsistencyProof honest = ConsistencyProof.build(5, 8, log);
    assertThat(add(new AddCheckpoint(honest, fork.checkpoint(8))))
        .isEqualTo(new Witness.Answer.NotConsistent());
    assertThat(keptSize()).isEqualTo(5);
  }

  @Test
  void anotherRootForTheSizeKeptIsAForkAndConvictsTheLog() {
    add(log.request(0, 5));
    Witness.Answer answer = add(fork.request(5, 5));
    assertThat(answer).isInstanceOf(Witness.Answer.Forked.class);
    Witness.Answer.Forked forked = (Witness.Answer.Forked) answer;
    assertThat(forked.keptSize()).isEqualTo(5);
    assertThat(FraudProof.check(forked.fraud().orElseThrow().bytes(), ExampleLog.VKEY))
        .isEqualTo(
            new FraudProof.Finding.Convicted(
                log.checkpoint(5).checkpoint(), fork.checkpoint(5).checkpoint()));
    assertThat(memory.last(ExampleLog.ORIGIN)).contains(log.checkpoint(5));
  }

  @Test
  void twoKeysOfOneLogThatDisagreeAreAForkThatConvictsNeither() {
    SignerKey second = SignerKey.of(ExampleLog.ORIGIN, Ed25519Key.fromSeed(new byte[32]));
    Witness both =
        new Witness(List.of(ExampleLog.VKEY, second.vkey()), ExampleLog.WITNESS, memory, clock());
    both.addCheckpoint(log.request(0, 5).bytes());
    SignedCheckpoint other = SignedCheckpoint.sign(fork.checkpoint(5).checkpoint(), second);
    AddCheckpoint request = new AddCheckpoint(ConsistencyProof.build(5, 5, fork), other);
    assertThat(both.addCheckpoint(request.bytes()))
        .isEqualTo(new Witness.Answer.Forked(5, Optional.empty()));
  }

  @Test
  void aProofThatIsNotEmptyWhereItMustBeIsWrong() {
    List<byte[]> path = List.of(new byte[Merkle.HASH_BYTES]);
    SignedCheckpoint five = log.checkpoint(5);
    assertThat(add(new AddCheckpoint(new ConsistencyProof(0, 5, path), five)))
        .isEqualTo(new Witness.Answer.NotConsistent());
    add(log.request(0, 5));
    assertThat(add(new AddCheckpoint(new ConsistencyProof(5, 5, path), five)))
        .isEqualTo(new Witness.Answer.NotConsistent());
  }

  @Test
  void anUnknownLogIsSaidToBeUnknownBeforeAnySignatureIsLookedAt() {
    SignerKey stranger = SignerKey.of("other.example/log", Ed25519Key.fromSeed(new byte[32]));
    SignedCheckpoint foreign =
        SignedCheckpoint.sign(
            new Checkpoint("other.example/log", 5, log.checkpoint(5).checkpoint().root()),
            stranger);
    assertThat(add(new AddCheckpoint(ConsistencyProof.build(0, 5, log), foreign)))
        .isEqualTo(new Witness.Answer.UnknownLog("other.example/log"));
  }

  @Test
  void aKnownLogNeedsASignatureOfAKnownKey() {
    SignerKey stranger = SignerKey.of(ExampleLog.ORIGIN, Ed25519Key.fromSeed(new byte[32]));
    SignedCheckpoint forged = SignedCheckpoint.sign(log.checkpoint(5).checkpoint(), stranger);
    ConsistencyProof proof = ConsistencyProof.build(0, 5, log);
    assertThat(add(new AddCheckpoint(proof, forged))).isInstanceOf(Witness.Answer.NotSigned.class);
    SignedCheckpoint alsoSigned = forged.with(log.checkpoint(5).note().signatures());
    assertThat(add(new AddCheckpoint(proof, alsoSigned)))
        .isInstanceOf(Witness.Answer.Cosigned.class);
  }

  @Test
  void linesThatAnyoneMayHaveAddedAreNotKept() {
    NoteSignature junk = new NoteSignature("anyone", 7, new byte[50_000]);
    SignedCheckpoint padded = log.checkpoint(5).with(List.of(junk));
    add(new AddCheckpoint(ConsistencyProof.build(0, 5, log), padded));
    assertThat(memory.last(ExampleLog.ORIGIN)).contains(log.checkpoint(5));
  }

  @Test
  void anOldSizeBeyondTheNewOneMakesNoSense() {
    add(log.request(0, 8));
    AddCheckpoint backwards =
        new AddCheckpoint(new ConsistencyProof(8, 5, List.of()), log.checkpoint(5));
    assertThat(add(backwards)).isInstanceOf(Witness.Answer.Malformed.class);
    assertThat(keptSize()).isEqualTo(8);
  }

  @Test
  void aBodyThatIsNoRequestMakesNoSense() {
    assertThat(witness.addCheckpoint(new byte[0])).isInstanceOf(Witness.Answer.Malformed.class);
  }

  @Test
  void everyFlippedBitOfARequestIsRefusedOrAsksForTheSameTree() {
    add(log.request(0, 5));
    byte[] good = log.request(5, 8).bytes();
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bent = good.clone();
      bent[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(witness.addCheckpoint(bent))
          .as("bit %d", bit)
          .isNotInstanceOf(Witness.Answer.Cosigned.class);
    }
    assertThat(keptSize()).isEqualTo(5);
  }

  @Test
  void whateverIsAskedNoTwoCosignedTreesContradictEachOther() {
    long seed = Long.getLong("stele.seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<SignedCheckpoint> cosigned = new ArrayList<>();
    for (int round = 0; round < 400; round++) {
      ExampleLog told = random.nextInt(3) == 0 ? fork : log;
      long from = random.nextBoolean() ? keptSize() : random.nextLong(20);
      long to = from + random.nextLong(3);
      if (to <= 40) {
        AddCheckpoint request = told.request(from, to);
        if (add(request) instanceof Witness.Answer.Cosigned) {
          cosigned.add(request.checkpoint());
        }
      }
    }
    assertThat(cosigned).as("seed %d", seed).hasSizeGreaterThan(5);
    boolean real = cosigned.contains(log.checkpoint(keptSize()));
    ExampleLog one = real ? log : fork;
    assertThat(cosigned.stream().filter(c -> c.checkpoint().size() > 0))
        .as("seed %d", seed)
        .allSatisfy(c -> assertThat(c).isEqualTo(one.checkpoint(c.checkpoint().size())));
  }

  @Test
  void ofTwoHistoriesThatAreSentAtOnceOneIsCosigned() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Witness.Answer>> both = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        AddCheckpoint request = (i % 2 == 0 ? log : fork).request(0, 5 + i / 2);
        // Two witnesses with one key and one memory, as two processes would be.
        Witness asked = i % 3 == 0 ? witness(memory) : witness;
        both.add(() -> asked.addCheckpoint(request.bytes()));
      }
      int cosigned = 0;
      for (Future<Witness.Answer> answer : threads.invokeAll(both)) {
        if (answer.get() instanceof Witness.Answer.Cosigned) {
          cosigned++;
        }
      }
      assertThat(cosigned).isOne();
      assertThat(memory.advances).hasValue(1);
    }
  }

  @Test
  void anAnswerBecomesTheReplyOfTheProtocol() {
    assertThat(WitnessReply.of(add(log.request(3, 5))))
        .isEqualTo(new WitnessReply(409, "text/x.tlog.size", "0\n"));
    WitnessReply reply = WitnessReply.of(add(log.request(0, 5)));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body())
        .startsWith("\u2014 witness.example/w1 BNLYMwAAAABlU/EA")
        .endsWith("=\n");
    assertThat(WitnessReply.of(add(fork.request(5, 5))))
        .isEqualTo(new WitnessReply(409, "text/x.tlog.size", "5\n"));
    assertThat(WitnessReply.of(add(fork.request(5, 8))).status()).isEqualTo(422);
    assertThat(WitnessReply.of(witness.addCheckpoint(new byte[3])).status()).isEqualTo(400);
    assertThat(WitnessReply.of(new Witness.Answer.NotSigned("no")).status()).isEqualTo(403);
    assertThat(WitnessReply.of(new Witness.Answer.UnknownLog("x")).status()).isEqualTo(404);
  }

  @Test
  void theKeyOfAWitnessIsNoLogsKey() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Witness(
                    List.of(ExampleLog.WITNESS.vkey()), ExampleLog.WITNESS, memory, clock()));
    assertThat(witness.vkey()).isEqualTo(ExampleLog.WITNESS.vkey());
  }

  private Witness.Answer add(AddCheckpoint request) {
    return witness.addCheckpoint(request.bytes());
  }

  private long keptSize() {
    return memory.last(ExampleLog.ORIGIN).map(kept -> kept.checkpoint().size()).orElse(0L);
  }

  private static Witness witness(WitnessMemory memory) {
    return new Witness(List.of(ExampleLog.VKEY), ExampleLog.WITNESS, memory, clock());
  }

  private static InstantSource clock() {
    return InstantSource.fixed(Instant.ofEpochSecond(TIME));
  }
}
