package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519Key;
import dev.stele.testkit.Example;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.ReopenableMemory;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the console's verifier says of a proof is what the JVM's says, for every bit of it. */
class ThePagesVerifierInNodeTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final SignerKey LOG = TestLogs.keys().signer();
  private static final SignerKey WITNESS =
      SignerKey.of("witness.example/w1", Ed25519Key.fromSeed(new byte[32]));

  /** 300 leaves: over a tile's 256, and every shape of a tree up to there. */
  private static final int LARGEST = 300;

  private static final GrownTree TREE = new GrownTree(LARGEST);

  @TempDir Path folder;

  private NodeVerifier node;

  @BeforeEach
  void unpack() throws IOException {
    node = NodeVerifier.in(folder);
  }

  @Test
  void a_path_of_every_size_leads_to_the_root() throws Exception {
    List<String> questions = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int size = 1; size <= LARGEST; size++) {
      for (int index : new int[] {0, size / 3, size / 2, size - 1}) {
        questions.add(inclusion(index, size));
        expected.add("holds\t" + HEX.formatHex(TREE.root(size)));
      }
    }
    assertThat(node.answers(questions)).isEqualTo(expected);
  }

  @Test
  void a_path_of_every_leaf_leads_to_the_root() throws Exception {
    List<String> questions = new ArrayList<>();
    for (int index = 0; index < LARGEST; index++) {
      questions.add(inclusion(index, LARGEST));
    }
    assertThat(node.answers(questions)).containsOnly("holds\t" + HEX.formatHex(TREE.root(LARGEST)));
  }

  @Test
  void the_subtrees_beside_a_path_cover_all_leaves_but_its_own() throws Exception {
    assertThat(
            node.answers(
                List.of(
                    "siblings\t5\t8",
                    "siblings\t6\t7",
                    "siblings\t0\t1",
                    // The largest tree there can be.
                    "siblings\t9223372036854775806\t9223372036854775807")))
        .satisfiesExactly(
            small -> assertThat(small).isEqualTo("holds\t4-5L 6-8R 0-4L"),
            edge -> assertThat(edge).isEqualTo("holds\t4-6L 0-4L"),
            alone -> assertThat(alone).isEqualTo("holds\t"),
            huge -> assertThat(huge.split(" ")).hasSize(62));
  }

  @Test
  void a_path_of_another_length_is_refused() throws Exception {
    List<String> questions = new ArrayList<>();
    for (int size = 2; size <= LARGEST; size += 7) {
      String good = inclusion(size / 2, size);
      questions.add(good.substring(0, good.lastIndexOf('\t') + 1));
      questions.add(good + "," + "ab".repeat(32));
      questions.add(good.substring(0, good.length() - 2));
    }
    questions.add("inclusion\t" + "00".repeat(32) + "\t5\t5\t");
    questions.add("inclusion\t" + "00".repeat(32) + "\t-1\t5\t");
    questions.add("inclusion\t" + "00".repeat(32) + "\t0\t9223372036854775808\t");
    assertThat(node.answers(questions)).allMatch(answer -> answer.startsWith("refused\t"));
  }

  @Test
  void no_flipped_bit_of_a_path_leads_to_the_root() throws Exception {
    for (int size : new int[] {2, 7, 256, LARGEST}) {
      List<String> questions = new ArrayList<>();
      InclusionProof proof = InclusionProof.build(size / 2, size, TREE);
      for (int hash = 0; hash < proof.path().size(); hash++) {
        for (int bit = 0; bit < Merkle.HASH_BYTES * 8; bit++) {
          List<byte[]> path = new ArrayList<>(proof.path());
          path.set(hash, flipped(path.get(hash), bit));
          questions.add(inclusion(TREE.node(0, size / 2), size / 2, size, path));
        }
      }
      for (int bit = 0; bit < Merkle.HASH_BYTES * 8; bit++) {
        questions.add(
            inclusion(flipped(TREE.node(0, size / 2), bit), size / 2, size, proof.path()));
      }
      assertThat(node.answers(questions))
          .as("roots of a tree of %d", size)
          .hasSize(256 * (1 + proof.path().size()))
          .doesNotContain("holds\t" + HEX.formatHex(TREE.root(size)));
    }
  }

  @Test
  void a_tree_continues_every_smaller_one() throws Exception {
    List<String> questions = new ArrayList<>();
    for (int to = 0; to <= LARGEST; to += to < 40 ? 1 : 13) {
      for (int from = 0; from <= to; from++) {
        questions.add(consistency(ConsistencyProof.build(from, to, TREE), root(from), root(to)));
      }
    }
    assertThat(questions).hasSizeGreaterThan(3_000);
    assertThat(node.answers(questions)).containsOnly("holds\tcontinues");
  }

  @Test
  void what_continues_is_what_continues_for_the_jvm() throws Exception {
    List<String> questions = new ArrayList<>();
    List<Boolean> expected = new ArrayList<>();
    for (int[] sizes : new int[][] {{1, 2}, {3, 7}, {8, 9}, {64, 300}, {255, 300}, {300, 300}}) {
      ConsistencyProof proof = ConsistencyProof.build(sizes[0], sizes[1], TREE);
      byte[] older = root(sizes[0]);
      byte[] newer = root(sizes[1]);
      for (int bit = 0; bit < Merkle.HASH_BYTES * 8; bit++) {
        ask(questions, expected, proof, flipped(older, bit), newer);
        ask(questions, expected, proof, older, flipped(newer, bit));
        for (int hash = 0; hash < proof.path().size(); hash++) {
          List<byte[]> path = new ArrayList<>(proof.path());
          path.set(hash, flipped(path.get(hash), bit));
          ask(questions, expected, with(proof, path), older, newer);
        }
      }
      for (int from = 0; from <= sizes[1]; from++) {
        ConsistencyProof moved = new ConsistencyProof(from, sizes[1], proof.path());
        ask(questions, expected, moved, older, newer);
      }
      List<byte[]> longer = new ArrayList<>(proof.path());
      longer.add(older);
      ask(questions, expected, with(proof, longer), older, newer);
      if (!proof.path().isEmpty()) {
        List<byte[]> shorter = proof.path().subList(0, proof.path().size() - 1);
        ask(questions, expected, with(proof, shorter), older, newer);
      }
    }
    List<Boolean> answers =
        node.answers(questions).stream().map(answer -> answer.startsWith("holds")).toList();
    assertThat(answers).isEqualTo(expected);
    // Each proof holds once: where the size that was moved came back to its own.
    assertThat(expected).filteredOn(holds -> holds).hasSize(6);
  }

  @Test
  void every_flipped_bit_of_a_checkpoint_is_refused() throws Exception {
    SignedCheckpoint signed = checkpoint(LARGEST);
    byte[] note = signed.bytes();
    List<String> questions = new ArrayList<>();
    for (int bit = 0; bit < note.length * 8; bit++) {
      questions.add(open(LOG.vkey(), flipped(note, bit)));
    }
    assertThat(node.answers(questions)).allMatch(answer -> answer.startsWith("refused\t"));
    assertThat(node.answers(List.of(open(LOG.vkey(), note))))
        .containsExactly(
            "holds\ttest.example/log 300 %s 0".formatted(HEX.formatHex(TREE.root(LARGEST))));
  }

  @Test
  void signatures_of_others_come_along_and_the_log_s_own_counts() throws Exception {
    Checkpoint checkpoint = new Checkpoint(LOG.name(), LARGEST, TREE.root(LARGEST), List.of());
    byte[] both = SignedNote.sign(checkpoint.text(), LOG, WITNESS).bytes();
    byte[] witness = SignedNote.sign(checkpoint.text(), WITNESS).bytes();
    String otherKey = SignerKey.of(LOG.name(), Ed25519Key.fromSeed(new byte[32])).vkey().text();
    assertThat(
            node.answers(
                List.of(
                    open(LOG.vkey(), both),
                    open(LOG.vkey(), witness),
                    open(WITNESS.vkey(), both),
                    "checkpoint\t" + otherKey + "\t" + HEX.formatHex(both),
                    "checkpoint\t" + LOG.vkey().text() + "x\t" + HEX.formatHex(both),
                    "checkpoint\t\t" + HEX.formatHex(both))))
        .satisfiesExactly(
            good -> assertThat(good).startsWith("holds\t").endsWith(" 1"),
            none -> assertThat(none).isEqualTo("refused\tno signature on it is by the key"),
            foreign -> assertThat(foreign).startsWith("refused\tit is of the log test.example"),
            other -> assertThat(other).isEqualTo("refused\tno signature on it is by the key"),
            odd -> assertThat(odd).startsWith("refused\tthe key is not"),
            empty -> assertThat(empty).startsWith("refused\tthe key is not"));
  }

  @Test
  void notes_that_the_jvm_does_not_open_are_refused() throws Exception {
    String note = new String(checkpoint(7).bytes(), StandardCharsets.UTF_8);
    String signature = note.substring(note.indexOf('\u2014'));
    List<String> bad =
        List.of(
            "",
            "\n\n",
            "\ufeff" + note,
            note.replace("\n", "\r\n"),
            note.replace("\n7\n", "\n07\n"),
            note.replace("\n7\n", "\n+7\n"),
            note.replace("\n7\n", "\n9223372036854775808\n"),
            note.replace("=\n\n", "\n\n"),
            note.replace("\n\n", "\n\n\n"),
            note.replace(signature, ""),
            note.replace('\u2014', '-'),
            note + signature.repeat(100),
            note + "x".repeat(1_000_000),
            note + signature.replaceFirst("..=\n$", "AE=\n"),
            note.stripTrailing());
    for (String each : bad) {
      assertThat(SignedCheckpoint.open(NodeVerifier.utf8(each), LOG.vkey()))
          .isInstanceOf(SignedCheckpoint.Opening.Refused.class);
    }
    assertThat(
            node.answers(
                bad.stream().map(each -> open(LOG.vkey(), NodeVerifier.utf8(each))).toList()))
        .allMatch(answer -> answer.startsWith("refused\t"));
  }

  @Test
  void of_signatures_on_which_libraries_disagree_only_the_honest_one_is_valid() throws Exception {
    List<String> names = new ArrayList<>();
    List<String> questions = new ArrayList<>();
    for (String line : Files.readAllLines(oddSignatures())) {
      if (!line.startsWith("#")) {
        String[] cell = line.split("\t", -1);
        String proof = new String(Base64.getDecoder().decode(cell[2]), StandardCharsets.UTF_8);
        String note = proof.substring(proof.indexOf("\n\n") + 2);
        names.add(cell[0]);
        questions.add("checkpoint\t" + cell[1] + "\t" + HEX.formatHex(NodeVerifier.utf8(note)));
      }
    }
    assertThat(names).hasSizeGreaterThan(25).startsWith("honest");
    List<String> answers = node.answers(questions);
    assertThat(answers.getFirst()).startsWith("holds\todd.example/log 1 ");
    assertThat(answers.subList(1, answers.size()))
        .containsOnly("refused\tits signature is not valid");
  }

  @Test
  void records_and_bodies_say_in_the_browser_what_they_say_in_the_log() throws Exception {
    ReopenableMemory engine = new ReopenableMemory();
    Example.write(engine, new MemoryAnchor());
    List<StoredEvent> events = new ArrayList<>();
    try (EventLog log =
        EventLog.open(
            engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(2, new MemoryAnchor()))) {
      for (int position = 1; position <= log.head().size(); position++) {
        events.add(log.get(position).orElseThrow());
      }
    }
    List<String> questions = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (StoredEvent event : events) {
      questions.add("leaf\t" + HEX.formatHex(event.record()));
      expected.add("holds\t" + HEX.formatHex(event.link()));
    }
    questions.add("record\t" + HEX.formatHex(events.get(1).record()));
    questions.add("body\t" + HEX.formatHex(events.get(1).body().orElseThrow()));
    expected.add(
        "holds\t2|%s|c6d5ac5d48d3203c1f82314b98ce890090f5a7f60cb262765b18c7685ce246cc|%d|2|orders|order-placed|order-17|test/1|1:%d"
            .formatted(
                HEX.formatHex(events.get(0).link()),
                events.get(1).recordedAt().toEpochMilli(),
                TestLogs.START.toEpochMilli() + 60_000));
    expected.add(
        "holds\talice|event-id:%s:true:for good,nonce:01020304:false:until 2023-11-14T22:14:20.000Z|%s"
            .formatted(
                HEX.formatHex(NodeVerifier.utf8("order-17")),
                HEX.formatHex(NodeVerifier.utf8("two chairs"))));
    List<String> answers = node.answers(questions);
    // The salt is random, and with it the hash of the body.
    assertThat(answers.get(3).replaceFirst("\\|[0-9a-f]{64}\\|(?=\\d)", "|#|"))
        .isEqualTo(expected.get(3).replaceFirst("\\|[0-9a-f]{64}\\|(?=\\d)", "|#|"));
    assertThat(answers.subList(0, 3)).isEqualTo(expected.subList(0, 3));
    assertThat(answers.get(4)).isEqualTo(expected.get(4));
  }

  @Test
  void no_cut_record_is_read() throws Exception {
    List<String> questions = new ArrayList<>();
    try (EventLog log =
        EventLog.open(
            new MemoryLogEngine(),
            LogId.MAIN,
            TestLogs.keys(),
            TestLogs.options(3, new MemoryAnchor()))) {
      log.append(Append.of(TestGate.admit(EventDraft.of("s", "t", "i", new byte[3]))));
      byte[] record = log.get(1).orElseThrow().record();
      for (int length = 0; length < record.length; length++) {
        questions.add("record\t" + HEX.formatHex(record, 0, length));
      }
      questions.add("record\t" + HEX.formatHex(record) + "00");
    }
    assertThat(node.answers(questions)).allMatch(answer -> answer.startsWith("refused\t"));
  }

  @Test
  void random_trees_are_judged_alike() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    GrownTree tree = new GrownTree(5_000);
    List<String> questions = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      int size = 1 + random.nextInt(5_000);
      int index = random.nextInt(size);
      InclusionProof proof = InclusionProof.build(index, size, tree);
      questions.add(inclusion(tree.node(0, index), index, size, proof.path()));
      expected.add("holds\t" + HEX.formatHex(tree.root(size)));
    }
    assertThat(node.answers(questions)).as("seed %d", seed).isEqualTo(expected);
  }

  /** The vectors of the testkit, which are not on a class path. */
  private static Path oddSignatures() {
    String file = "checks/testkit/src/test/resources/dev/stele/testkit/odd-signatures.tsv";
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve(file))) {
        return at.resolve(file);
      }
    }
    throw new IllegalStateException(file + " is not above the working directory");
  }

  private static void ask(
      List<String> questions,
      List<Boolean> expected,
      ConsistencyProof proof,
      byte[] oldRoot,
      byte[] newRoot) {
    questions.add(consistency(proof, oldRoot, newRoot));
    expected.add(proof.verify(oldRoot, newRoot));
  }

  private static ConsistencyProof with(ConsistencyProof proof, List<byte[]> path) {
    return new ConsistencyProof(proof.oldSize(), proof.newSize(), path);
  }

  private static byte[] root(int size) {
    return size == 0 ? Merkle.emptyRoot() : TREE.root(size);
  }

  private static String inclusion(int index, int size) {
    return inclusion(
        TREE.node(0, index), index, size, InclusionProof.build(index, size, TREE).path());
  }

  private static String inclusion(byte[] leaf, int index, int size, List<byte[]> path) {
    return "inclusion\t%s\t%d\t%d\t%s".formatted(HEX.formatHex(leaf), index, size, joined(path));
  }

  private static String consistency(ConsistencyProof proof, byte[] oldRoot, byte[] newRoot) {
    return "consistency\t%d\t%d\t%s\t%s\t%s"
        .formatted(
            proof.oldSize(),
            proof.newSize(),
            HEX.formatHex(oldRoot),
            HEX.formatHex(newRoot),
            joined(proof.path()));
  }

  private static String open(VerifierKey key, byte[] note) {
    return "checkpoint\t" + key.text() + "\t" + HEX.formatHex(note);
  }

  private static SignedCheckpoint checkpoint(int size) {
    return SignedCheckpoint.sign(new Checkpoint(LOG.name(), size, TREE.root(size), List.of()), LOG);
  }

  private static String joined(List<byte[]> path) {
    return path.stream().map(HEX::formatHex).collect(Collectors.joining(","));
  }

  private static byte[] flipped(byte[] bytes, int bit) {
    byte[] other = bytes.clone();
    other[bit / 8] ^= (byte) (1 << bit % 8);
    return other;
  }
}
