package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519Key;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The verifiers of one file each, in three languages, on proofs of our own log: what they say is
 * what our own verifier says, and what each of them says is the same line.
 */
@Tag("engine")
class ProofsCheckedWithoutSteleTest {
  /** How many proofs' flips go through one process of each verifier: files of some 10 MB. */
  private static final int PROOFS_AT_A_TIME = 10;

  private static final VerifierKey LOG_KEY = TestLogs.keys().signer().vkey();
  private static final SignerKey WITNESS =
      SignerKey.of("witness.example/w1", Ed25519Key.fromSeed(new byte[32]));

  @TempDir static Path folder;

  private static final List<Sample> SAMPLES = new ArrayList<>();

  /** A verifier, and how it is started. */
  enum Language {
    JAVA,
    NODE,
    PYTHON;

    boolean isPresent() {
      return switch (this) {
        case JAVA -> true;
        case NODE ->
            answers("node", "-e", "process.exit(parseInt(process.version.slice(1)) < 18 ? 1 : 0)");
        case PYTHON -> answers("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))");
      };
    }

    /** The command that a reader of the guide would give. */
    List<String> fromSource() {
      return switch (this) {
        case JAVA -> List.of(java(), "--source", "17", verifier("VerifyProof.java"));
        case NODE -> List.of("node", verifier("verify-proof.mjs"));
        // Without -B a folder of compiled code could stay beside it.
        case PYTHON -> List.of("python3", "-B", verifier("verify_proof.py"));
      };
    }

    /** The same without compiling again. */
    List<String> compiled() {
      return switch (this) {
        case JAVA -> List.of(java(), "-cp", folder.resolve("classes").toString(), "VerifyProof");
        case NODE, PYTHON -> fromSource();
      };
    }

    private static boolean answers(String... command) {
      try {
        return new ProcessBuilder(command).start().waitFor() == 0;
      } catch (IOException notThere) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  /**
   * A proof of our log.
   *
   * @param foreignBytes length of the signature lines of other keys, which stand at the end
   */
  private record Sample(String name, byte[] file, int foreignBytes) {}

  /** One question: does the file prove the record, or the one it carries, under the key? */
  private record Case(String name, String vkey, byte[] file, Optional<byte[]> record) {
    String line() {
      Base64.Encoder base64 = Base64.getEncoder();
      return String.join(
          "\t", vkey, base64.encodeToString(file), record.map(base64::encodeToString).orElse("-"));
    }

    /** What our own verifier says. */
    boolean isProvenByStele() {
      if (!(VerifierKey.parse(vkey) instanceof Parsed.Value<VerifierKey>(VerifierKey key))) {
        return false;
      }
      boolean carried = EventProof.check(file, key) instanceof EventProof.Outcome.Proven;
      return switch (TlogProof.parse(file)) {
        case Parsed.Malformed<TlogProof> malformed -> false;
        case Parsed.Value<TlogProof>(TlogProof proof) ->
            record
                .map(
                    entry ->
                        proof.check(entry, key) instanceof TlogProof.Outcome.Proven
                            && (carried || proof.extra().isEmpty()))
                .orElse(carried);
      };
    }
  }

  @BeforeAll
  static void compile_for_java_17_and_prove_events_of_a_log() throws IOException {
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                InputStream.nullInputStream(),
                null,
                null,
                "--release",
                "17",
                "-Xlint:all,-options",
                "-Werror",
                "-d",
                folder.resolve("classes").toString(),
                verifier("VerifyProof.java"));
    assertThat(compiled).as("VerifyProof.java compiles for Java 17, without a warning").isZero();
    SAMPLES.clear();
    ReopenableMemory engine = new ReopenableMemory();
    try (EventLog log =
        EventLog.open(
            engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(5, new MemoryAnchor()))) {
      for (int size : new int[] {1, 2, 3, 4, 7, 8, 33, 64, 100, 255, 256, 257}) {
        for (long next = log.head().size() + 1; next <= size; next++) {
          log.append(Append.of(TestGate.event("s" + next % 3, "id-" + next, "payload " + next)));
        }
        SignedCheckpoint checkpoint = log.checkpoint();
        IntStream.of(1, 2, (size + 1) / 2, size - 1, size)
            .filter(position -> position >= 1 && position <= size)
            .distinct()
            .forEach(position -> SAMPLES.add(sample(log, checkpoint, position)));
      }
    }
    // The distinct positions of sizes 1 to 4 are 1 + 2 + 3 + 4, and five of each size above.
    assertThat(SAMPLES).hasSize(50);
  }

  private static Sample sample(EventLog log, SignedCheckpoint checkpoint, int position) {
    StoredEvent event = log.get(position).orElseThrow();
    // Each seventh without its body, as after an erase; each fifth cosigned.
    boolean erased = SAMPLES.size() % 7 == 6;
    boolean cosigned = SAMPLES.size() % 5 == 4;
    SignedCheckpoint signed =
        cosigned
            ? new SignedCheckpoint(
                checkpoint.checkpoint(),
                SignedNote.sign(checkpoint.note().text(), TestLogs.keys().signer(), WITNESS))
            : checkpoint;
    byte[] file =
        EventProof.build(
            event.record(),
            erased ? Optional.empty() : event.body(),
            position,
            signed,
            log.nodes());
    return new Sample(
        "event %d of %d".formatted(position, checkpoint.checkpoint().size()),
        file,
        signed.bytes().length - checkpoint.bytes().length);
  }

  @ParameterizedTest
  @EnumSource
  void each_is_tried_here(Language language) {
    Assumptions.assumeTrue(
        language.isPresent(),
        () -> language + " IS NOT ON THE PATH: its verifier of proofs is not tested in this run");
    assertThat(Files.exists(Path.of(language.fromSource().getLast()))).isTrue();
  }

  @Test
  void every_proof_of_ours_is_proven_by_each() throws Exception {
    List<Case> cases =
        SAMPLES.stream()
            .map(it -> new Case(it.name, LOG_KEY.text(), it.file, Optional.empty()))
            .toList();
    assertThat(provenAlike(cases)).containsExactlyElementsOf(cases);
  }

  @Test
  void no_flipped_bit_is_proven_but_in_the_signatures_of_others() throws Exception {
    long seed = Objects.requireNonNullElseGet(Long.getLong("stele.seed"), System::nanoTime);
    Random random = new Random(seed);
    int flips = 0;
    for (int first = 0; first < SAMPLES.size(); first += PROOFS_AT_A_TIME) {
      List<Case> cases = new ArrayList<>();
      List<Case> unjudged = new ArrayList<>();
      for (Sample sample : SAMPLES.subList(first, first + PROOFS_AT_A_TIME)) {
        List<Integer> bits = new ArrayList<>();
        IntStream.range(0, sample.file.length * Byte.SIZE).forEach(bits::add);
        Collections.shuffle(bits, random);
        for (int bit : bits.subList(0, Scale.of(bits.size()))) {
          byte[] bent = sample.file.clone();
          bent[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
          Case flipped =
              new Case(
                  "seed %d: %s, bit %d".formatted(seed, sample.name, bit),
                  LOG_KEY.text(),
                  bent,
                  Optional.empty());
          cases.add(flipped);
          // The one part of the file that the format says nothing vouches for: a checker passes
          // over the signatures of keys it was not given, or one unknown witness could spoil any
          // proof.
          if (bit / Byte.SIZE >= sample.file.length - sample.foreignBytes) {
            unjudged.add(flipped);
          }
        }
      }
      assertThat(unjudged).containsAll(provenAlike(cases));
      flips += cases.size();
    }
    assertThat(flips).as("flips tried").isGreaterThan(50);
  }

  @Test
  void what_is_not_a_proof_of_the_record_under_the_key_is_refused_by_each() throws Exception {
    Sample sample = SAMPLES.getLast();
    TlogProof proof = TlogProof.parse(sample.file).orThrow();
    byte[] extra = proof.extra().orElseThrow();
    byte[] record = Arrays.copyOfRange(extra, 5, 5 + ByteBuffer.wrap(extra).getInt(1));
    String text = new String(sample.file, StandardCharsets.UTF_8);
    String bare = text.replaceFirst("extra .*\n", "");
    String path = bare.substring(bare.indexOf("\nindex "), bare.indexOf("\n\n") + 1);
    String lastHash = path.substring(path.lastIndexOf('\n', path.length() - 2) + 1);
    String signatures = text.substring(text.indexOf("\u2014 "));
    String ownLine = signatures.substring(0, signatures.indexOf('\n') + 1);
    String vkey = LOG_KEY.text();
    Optional<byte[]> none = Optional.empty();
    Optional<byte[]> given = Optional.of(record);

    List<Case> good =
        List.of(
            new Case("with its record", vkey, sample.file, given),
            new Case("without the extra line", vkey, utf8(bare), given),
            new Case("signed twice", vkey, utf8(text + ownLine), none));
    List<Case> bad =
        List.of(
            new Case("nothing", vkey, new byte[0], none),
            new Case("another record", vkey, sample.file, Optional.of(utf8("x"))),
            new Case("another record of a bare proof", vkey, utf8(bare), Optional.of(utf8("x"))),
            new Case("no record at all", vkey, utf8(bare), none),
            new Case("a hash less", vkey, utf8(text.replace(lastHash, "")), none),
            new Case("a hash more", vkey, utf8(text.replace(lastHash, lastHash.repeat(2))), none),
            new Case("64 hashes", vkey, utf8(text.replace(lastHash, lastHash.repeat(64))), none),
            new Case("index at the size", vkey, utf8(text.replace("index 256", "index 257")), none),
            new Case("leading zero", vkey, utf8(text.replace("index 256", "index 0256")), none),
            new Case("index of 2^64", vkey, utf8(bare.replace("256", "" + (1L << 62) + 9)), given),
            new Case("carriage returns", vkey, utf8(text.replace("\n", "\r\n")), none),
            new Case("a byte order mark", vkey, utf8("\ufeff" + text), none),
            new Case("space in base64", vkey, utf8(text.replace("=\n", "= \n")), none),
            new Case(
                "an empty extension", vkey, utf8(text.replace("\n\n\u2014", "\n\n\n\u2014")), none),
            new Case(
                "another text", vkey, utf8(text.replace("\n\n\u2014", "\nmore\n\n\u2014")), none),
            new Case("no signature", vkey, utf8(text.replace(ownLine, "")), none),
            new Case("101 signatures", vkey, utf8(text + ownLine.repeat(100)), none),
            new Case(
                "a bad signature behind the good one",
                vkey,
                utf8(text + ownLine.replaceFirst("..=\n$", "AE=\n")),
                none),
            new Case("the key of a witness", WITNESS.vkey().text(), sample.file, none),
            new Case(
                "the witness as the log",
                SignerKey.of(LOG_KEY.name(), Ed25519Key.fromSeed(new byte[32])).vkey().text(),
                sample.file,
                none),
            new Case("a key of another id", vkey.replaceFirst("\\+.", "+x"), sample.file, none),
            new Case("no key", "x", sample.file, none));
    List<Case> all = Stream.concat(good.stream(), bad.stream()).toList();
    assertThat(provenAlike(all)).containsExactlyElementsOf(good);
  }

  @Test
  void of_signatures_on_which_libraries_disagree_only_the_honest_one_is_valid() throws Exception {
    List<Case> cases = new ArrayList<>();
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("odd-signatures.tsv"))) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t", -1))
          .forEach(
              cell ->
                  cases.add(
                      new Case(
                          cell[0],
                          cell[1],
                          Base64.getDecoder().decode(cell[2]),
                          Optional.of(Base64.getDecoder().decode(cell[3])))));
    }
    assertThat(cases).hasSizeGreaterThan(25);
    assertThat(provenAlike(cases)).extracting(Case::name).containsExactly("honest");
  }

  @ParameterizedTest
  @EnumSource
  void the_command_line_tells_proven_refused_and_unable_apart(
      Language language, @TempDir Path files) throws Exception {
    Assumptions.assumeTrue(language.isPresent(), () -> language + " IS NOT ON THE PATH");
    byte[] bent = SAMPLES.getLast().file.clone();
    bent[60] ^= 1; // in the extra line
    String good = Files.write(files.resolve("good"), SAMPLES.getLast().file).toString();
    String bad = Files.write(files.resolve("bad"), bent).toString();
    String key = Files.writeString(files.resolve("key"), LOG_KEY.text() + "\n").toString();
    assertThat(run(language.fromSource(), "--vkey", key, good))
        .startsWith("0 PROVEN: leaf 256 is in the log");
    assertThat(run(language.compiled(), "--json", "--vkey", LOG_KEY.text(), good))
        .startsWith("0 {\"proven\":true,\"origin\":\"test.example/log\",\"size\":257,");
    assertThat(run(language.compiled(), "--vkey", key, bad)).startsWith("1 REFUSED: ");
    assertThat(run(language.compiled(), "--json", "--vkey", key, good, "--record", key))
        .startsWith("1 {\"proven\":false,\"reason\":\"the file carries another record");
    assertThat(run(language.compiled(), "--vkey", key, good + ".gone"))
        .startsWith("2 CANNOT CHECK: ");
    assertThat(run(language.compiled(), "--vkey", "a+b+c", good))
        .startsWith("2 CANNOT CHECK: the key is");
    assertThat(run(language.compiled(), "--vkey", key)).startsWith("2 CANNOT CHECK: usage: ");
    assertThat(run(language.compiled(), "--frobnicate", good))
        .startsWith("2 CANNOT CHECK: there is no option");
  }

  /** The exit code and what was printed. */
  private static String run(List<String> start, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(start);
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + printed;
  }

  /** The cases that all hold proven, after it was made sure that none says anything else. */
  private static List<Case> provenAlike(List<Case> cases) throws Exception {
    Path input = folder.resolve("cases");
    Files.write(input, cases.stream().map(Case::line).toList());
    Map<Language, Process> running = new LinkedHashMap<>();
    for (Language language : Language.values()) {
      if (language.isPresent()) {
        List<String> command = new ArrayList<>(language.compiled());
        command.add("--batch");
        running.put(
            language,
            new ProcessBuilder(command)
                .redirectInput(input.toFile())
                .redirectOutput(folder.resolve(language + ".out").toFile())
                .redirectError(folder.resolve(language + ".err").toFile())
                .start());
      }
    }
    List<Case> proven = cases.stream().filter(Case::isProvenByStele).toList();
    List<String> inJava = List.of();
    for (Map.Entry<Language, Process> one : running.entrySet()) {
      int code = one.getValue().waitFor();
      String errors = Files.readString(folder.resolve(one.getKey() + ".err"));
      assertThat(errors).as("complaints of %s, exit %d", one.getKey(), code).isEmpty();
      List<String> lines = Files.readAllLines(folder.resolve(one.getKey() + ".out"));
      assertThat(lines).as("answers of %s", one.getKey()).hasSameSizeAs(cases);
      List<Case> accepted = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).startsWith("{\"proven\":true,")) {
          accepted.add(cases.get(i));
        }
        if (one.getKey() != Language.JAVA && !lines.get(i).equals(inJava.get(i))) {
          assertThat(lines.get(i))
              .as("%s on %s", one.getKey(), cases.get(i).name)
              .isEqualTo(inJava.get(i));
        }
      }
      assertThat(accepted)
          .as("proven by %s and by Stele", one.getKey())
          .extracting(Case::name)
          .containsExactlyElementsOf(proven.stream().map(Case::name).toList());
      inJava = one.getKey() == Language.JAVA ? lines : inJava;
    }
    return proven;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static String verifier(String file) {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("verifiers").resolve(file))) {
        return at.resolve("verifiers").resolve(file).toString();
      }
    }
    throw new IllegalStateException("verifiers/" + file + " is not above the working directory");
  }
}
