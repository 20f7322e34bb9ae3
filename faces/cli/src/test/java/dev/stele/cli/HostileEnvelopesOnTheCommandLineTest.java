package dev.stele.cli;

import static dev.stele.cli.EnvelopeShell.CATEGORIES;
import static dev.stele.cli.EnvelopeShell.assertRefused;
import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.testkit.Scale;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever the bytes, {@code verify} and {@code save} end with an answer: exit 1 and a category for
 * what is no genuine envelope, and nothing of it stored.
 *
 * <p>The store has the genuine envelopes already, so that a change that leaves one as it was (other
 * white space) is told apart: it is there already, and {@link Meaning} says by another reader of
 * JSON that it is the same.
 */
@Tag("soak")
class HostileEnvelopesOnTheCommandLineTest {
  private static final long SEED = 20_261_121;

  /** 250 files are one command: opening a store costs more than saving to it. */
  private static final int FILES = 250;

  private static final EnvelopeKey KEY = EnvelopeKey.generate("sensor-1", new Random(SEED));

  @TempDir Path folder;
  private final List<String> genuine = new ArrayList<>();
  private String keys = "";

  @BeforeEach
  void make_a_store_of_two_envelopes() throws IOException {
    Path key = folder.resolve("sensor.key");
    KEY.write(key);
    keys =
        write(
            "keys.json",
            "{\"sensor-1\":\"%s\"}"
                .formatted(Base64.getEncoder().encodeToString(KEY.publicKey()))
                .getBytes(UTF_8));
    assertThat(onStore("register", "--key", key.toString()).exit()).isZero();
    EnvelopeMaker maker = new EnvelopeMaker(InstantSource.system(), new Random(SEED));
    EnvelopeDraft small =
        EnvelopeDraft.of("omen.observed", "tower", KEY.keyId(), JsonObject.of(Map.of("n", 1L)));
    EnvelopeDraft rich =
        EnvelopeDraft.of(
                "omen.observed",
                "tour d'été",
                KEY.keyId(),
                JsonObject.of(Map.of("a", List.of(1L, 2.5, true, Map.of("ü", "\u2028\n\"")))))
            .withContext(JsonObject.of(Map.of("trace", "t-1")));
    for (EnvelopeDraft draft : List.of(small, rich)) {
      assertThat(maker.create(draft))
          .isInstanceOfSatisfying(
              EnvelopeCreation.Created.class,
              created -> genuine.add(new String(created.sign(KEY).wire(), UTF_8)));
      String file = write("genuine.json", genuine.getLast().getBytes(UTF_8));
      assertThat(onStore("save", file).json()).containsEntry("result", "inserted");
    }
  }

  private String write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes).toString();
  }

  private Shell.Result onStore(String command, String... more) {
    return onStore(InputStream.nullInputStream(), command, more);
  }

  private Shell.Result onStore(InputStream stdin, String command, String... more) {
    return steleReading(
        stdin,
        Stream.concat(
                Stream.of(
                    "envelope",
                    command,
                    "--log",
                    "sqlite:" + folder.resolve("store"),
                    "--anchor",
                    folder.resolve("anchors").toString(),
                    "--json"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private Shell.Result strictly(InputStream stdin) {
    return steleReading(stdin, "envelope", "verify", "-", "--keys", keys, "--json");
  }

  private static Shell.Result compatibly(InputStream stdin) {
    return steleReading(stdin, "envelope", "verify", "-", "--compatible", "--json");
  }

  private static InputStream in(byte[] bytes) {
    return new ByteArrayInputStream(bytes);
  }

  private static String category(Map<String, Object> answer, String about) {
    String category = String.valueOf(answer.get("category"));
    assertThat(CATEGORIES).as(about).contains(category);
    assertThat(String.valueOf(answer.get("reason"))).as(about).isNotEmpty();
    return category;
  }

  /** The two envelopes and the key are there, as they were, and nothing else. */
  private void assertNothingStored() {
    assertThat(onStore("stats").json()).containsEntry("events", 3L);
    assertThat(onStore("audit").json()).containsEntry("intact", true).containsEntry("size", 3L);
    for (String envelope : genuine) {
      assertThat(onStore("get", EnvelopeShell.id(envelope)).out()).isEqualTo(envelope + "\n");
    }
  }

  // ---- what is known to be hard ----

  /**
   * @param category of the answer, in both rules
   */
  private record Hostile(String about, byte[] bytes, String category) {
    static Hostile of(String about, String text) {
      return new Hostile(about, text.getBytes(UTF_8), "structure_invalid");
    }

    static Hostile of(String about, byte[] bytes) {
      return new Hostile(about, bytes, "structure_invalid");
    }
  }

  private List<Hostile> listed() {
    String plain = genuine.getFirst();
    String payload = "\"payload\":{\"n\":1}";
    assertThat(plain).contains(payload, "\"source\":\"tower\"");
    List<Hostile> listed = new ArrayList<>();
    listed.add(Hostile.of("nothing", ""));
    listed.add(Hostile.of("one NUL", "\0"));
    listed.add(Hostile.of("NULs", "\0".repeat(5_000)));
    listed.add(Hostile.of("white space", " ".repeat(5_000)));
    for (String type : List.of("null", "true", "0", "-1", "1e999", "\"\"", "[]", "{}")) {
      listed.add(Hostile.of("not an envelope: " + type, type));
      for (String member : List.of("header", "signature")) {
        listed.add(
            Hostile.of(
                "%s is %s".formatted(member, type),
                plain.replaceFirst(
                    "\"%s\":\\{[^}]*}".formatted(member), "\"%s\":%s".formatted(member, type))));
      }
      if (!type.equals("{}")) {
        listed.add(Hostile.of("payload is " + type, plain.replace(payload, "\"payload\":" + type)));
      }
      if (!type.equals("\"\"")) {
        listed.add(
            Hostile.of(
                "source is " + type, plain.replace("\"source\":\"tower\"", "\"source\":" + type)));
      }
    }
    listed.add(Hostile.of("an array of one", "[" + plain + "]"));
    listed.add(Hostile.of("two", plain + plain));
    listed.add(Hostile.of("something behind it", plain + "x"));
    listed.add(Hostile.of("a NUL behind it", plain + "\0"));
    listed.add(Hostile.of("a mark of byte order", "\ufeff" + plain));
    listed.add(Hostile.of("UTF-16", plain.getBytes(UTF_16)));
    listed.add(Hostile.of("a raw NUL in a text", plain.replace("tower", "to\0er")));
    listed.add(Hostile.of("half a surrogate, escaped", plain.replace("tower", "to\\ud800er")));
    listed.add(Hostile.of("the other half, escaped", plain.replace("tower", "to\\udc00er")));
    listed.add(
        Hostile.of(
            "half a surrogate in the payload", plain.replace("{\"n\":1}", "{\"\\udbff\":1}")));
    for (String bytes :
        List.of(
            "\u00ff",
            "\u00c0\u0080",
            "\u00ed\u00a0\u0080",
            "\u00f4\u0090\u0080\u0080",
            "\u00e2\u0082")) {
      listed.add(
          Hostile.of(
              "not UTF-8: " + bytes,
              plain.replace("tower", "to" + bytes + "er").getBytes(ISO_8859_1)));
    }
    for (int cut : List.of(1, 10, plain.length() / 2, plain.length() - 1)) {
      listed.add(Hostile.of("cut at " + cut, plain.substring(0, cut)));
    }
    listed.add(Hostile.of("arrays without an end", "[".repeat(100_000)));
    listed.add(Hostile.of("objects without an end", "{\"a\":".repeat(100_000)));
    listed.add(
        Hostile.of(
            "a deep payload",
            plain.replace(
                payload, "\"payload\":" + "{\"a\":".repeat(50_000) + "1" + "}".repeat(50_000))));
    listed.add(
        Hostile.of(
            "deep where nobody looks",
            plain.replace(payload, payload + ",\"x\":" + "[".repeat(50_000) + "]".repeat(50_000))));
    listed.add(
        Hostile.of(
            "a number without an end", plain.replace("\"n\":1", "\"n\":" + "9".repeat(100_000))));
    listed.add(
        Hostile.of(
            "larger than anybody reads", plain + " ".repeat(ReadingRules.COMPATIBLE.maxBytes())));
    listed.add(
        new Hostile(
            "another payload",
            plain.replace("\"n\":1", "\"n\":2").getBytes(UTF_8),
            "hash_mismatch"));
    listed.add(
        new Hostile(
            "another source",
            plain.replace("tower", "towed").getBytes(UTF_8),
            "signature_invalid"));
    listed.add(
        new Hostile(
            "another type",
            plain.replace("omen.observed", "no.such").getBytes(UTF_8),
            "event_type_invalid"));
    return listed;
  }

  @Test
  void what_is_known_to_be_hard_is_refused_and_leaves_nothing_behind() throws IOException {
    for (Hostile each : listed()) {
      Shell.Result strict = strictly(in(each.bytes()));
      Shell.Result compatible = compatibly(in(each.bytes()));
      Shell.Result saved = onStore("save", write("hostile.json", each.bytes()));
      Shell.Result savedFromStdin = onStore(in(each.bytes()), "save", "-");
      for (Shell.Result result : List.of(strict, compatible, saved, savedFromStdin)) {
        assertRefused(result, each.about());
        assertThat(result.err()).as(each.about()).isEmpty();
        assertThat(category(result.json(), each.about()))
            .as("%s: %s", each.about(), result.out())
            .isEqualTo(each.category());
      }
      assertThat(saved.json()).containsEntry("stored", false).containsEntry("result", "invalid");
      Shell.Result told = steleReading(in(each.bytes()), "envelope", "verify", "-", "--keys", keys);
      assertRefused(told, each.about());
      assertThat(told.out()).as(each.about()).startsWith("not valid: ");
      assertThat(told.out().lines()).as(each.about()).hasSize(1);
    }
    assertNothingStored();
  }

  // ---- without an end ----

  /** Says one byte for ever, and counts how often it was asked for it. */
  private static final class Endless extends InputStream {
    private final byte what;
    private long asked;

    Endless(char what) {
      this.what = (byte) what;
    }

    @Override
    public int read() {
      asked++;
      return what;
    }

    @Override
    public int read(byte[] into, int from, int length) {
      Arrays.fill(into, from, from + length, what);
      asked += length;
      return length;
    }
  }

  @Test
  void what_has_no_end_is_read_up_to_a_bound_and_refused() {
    for (char what : new char[] {' ', '\0', '[', '{', '"', '9', '\u00ff'}) {
      Endless strict = new Endless(what);
      Endless compatible = new Endless(what);
      Endless saved = new Endless(what);
      for (Shell.Result result :
          List.of(strictly(strict), compatibly(compatible), onStore(saved, "save", "-"))) {
        assertRefused(result, "endless " + (int) what);
        assertThat(result.json()).containsEntry("category", "structure_invalid");
      }
      assertThat(strict.asked).isEqualTo(ReadingRules.STRICT.maxBytes() + 1);
      assertThat(compatible.asked).isEqualTo(ReadingRules.COMPATIBLE.maxBytes() + 1);
      assertThat(saved.asked).isEqualTo(ReadingRules.STRICT.maxBytes() + 1);
    }
    assertRefused(stele("envelope", "verify", "/dev/zero", "--keys", keys), "a file without end");
    assertRefused(onStore("save", "/dev/zero"), "a file without end");
    assertNothingStored();
  }

  @Test
  void the_bound_is_exact_and_that_of_the_rules() {
    byte[] largest = padded(ReadingRules.STRICT.maxBytes());
    byte[] larger = padded(ReadingRules.STRICT.maxBytes() + 1);
    assertThat(strictly(in(largest)).exit()).isZero();
    assertThat(onStore(in(largest), "save", "-").json()).containsEntry("result", "already_present");
    assertRefused(strictly(in(larger)), "one byte more");
    assertRefused(onStore(in(larger), "save", "-"), "one byte more");

    assertThat(compatibly(in(larger)).exit()).isZero();
    assertThat(compatibly(in(padded(ReadingRules.COMPATIBLE.maxBytes()))).exit()).isZero();
    assertRefused(compatibly(in(padded(ReadingRules.COMPATIBLE.maxBytes() + 1))), "one byte more");
    assertNothingStored();
  }

  private byte[] padded(int length) {
    byte[] wire = genuine.getFirst().getBytes(UTF_8);
    byte[] padded = Arrays.copyOf(wire, length);
    Arrays.fill(padded, wire.length, length, (byte) ' ');
    return padded;
  }

  // ---- what a terminal would obey ----

  @Test
  void no_terminal_is_told_what_to_do() {
    for (String orders : List.of("\u001b[2J", "\u009b2J", "\r\nvalid: yes", "\u202e", "\u2028")) {
      String escaped = orders.chars().mapToObj("\\\\u%04x"::formatted).collect(joining());
      String unknown = genuine.getFirst().replaceFirst("\\{", "{\"" + escaped + "\":1,");
      Shell.Result refused =
          steleReading(in(unknown.getBytes(UTF_8)), "envelope", "verify", "-", "--keys", keys);
      assertRefused(refused, escaped);
      assertThat(refused.out()).startsWith("not valid: structure_invalid: ");
      assertNoOrders(refused, orders);

      // Compatible rules take any text for an id.
      Shell.Result valid =
          steleReading(in(withId(orders)), "envelope", "verify", "-", "--compatible");
      assertThat(valid.exit()).as(valid.out()).isZero();
      assertNoOrders(valid, orders);
    }
  }

  private static byte[] withId(String id) {
    EnvelopeMaker maker = new EnvelopeMaker(InstantSource.system(), new Random(SEED));
    EnvelopeDraft draft = EnvelopeDraft.of("omen.observed", "tower", KEY.keyId(), JsonObject.EMPTY);
    if (!(maker.create(draft) instanceof EnvelopeCreation.Created made)) {
      throw new AssertionError("an envelope that can be made");
    }
    EnvelopeHeader header = made.header();
    EnvelopeHeader renamed =
        new EnvelopeHeader(
            id,
            header.type(),
            header.version(),
            header.source(),
            header.issuedAt(),
            header.expiresAt(),
            header.nonce(),
            header.keyId(),
            header.algorithm(),
            header.canonicalization(),
            header.payloadHash(),
            header.context(),
            header.extensions());
    return new EnvelopeCreation.Created(renamed, made.payload()).sign(KEY).wire();
  }

  private static void assertNoOrders(Shell.Result result, String orders) {
    assertThat(result.out().lines()).as(result.out()).hasSize(1);
    String line = result.out().strip();
    assertThat(line).contains("\\u%04x".formatted((int) orders.charAt(0)));
    assertThat(line.codePoints().filter(HostileEnvelopesOnTheCommandLineTest::isOrder).count())
        .as(line)
        .isZero();
  }

  private static boolean isOrder(int point) {
    return Character.isISOControl(point) || point == 0x202e || point == 0x2028;
  }

  // ---- what is nearly genuine ----

  @Test
  void whatever_is_changed_is_refused_or_means_the_same() throws IOException {
    Random random = new Random(SEED);
    List<byte[]> wires = new ArrayList<>();
    List<String> sources = new ArrayList<>();
    for (int i = 0; i < Scale.of(10_000); i++) {
      String source = genuine.get(i % genuine.size());
      byte[] wire = source.getBytes(UTF_8);
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        wire = changed(wire, random);
      }
      wires.add(wire);
      sources.add(source);
    }
    int same = 0;
    int passedOver = 0;
    List<Expected> expected = new ArrayList<>();
    for (int i = 0; i < wires.size(); i++) {
      byte[] wire = wires.get(i);
      byte[] source = sources.get(i).getBytes(UTF_8);
      String about = about(i, wire);
      boolean means = Meaning.strict(wire).equals(Meaning.strict(source));
      same += means ? 1 : 0;
      // One mode each, by turns for both envelopes: to read the options costs most of it.
      if (i / genuine.size() % 2 == 0) {
        String verdict = verdict(strictly(in(wire)), about);
        assertThat(verdict.equals("valid")).as(about + verdict).isEqualTo(means);
        expected.add(new Expected(wire, means, Optional.of(verdict)));
      } else {
        if (verdict(compatibly(in(wire)), about).equals("valid")) {
          assertThat(Meaning.compatible(wire)).as(about).isEqualTo(Meaning.compatible(source));
          passedOver += means ? 0 : 1;
        }
        expected.add(new Expected(wire, means, Optional.empty()));
      }
    }
    assertThat(same).as("changes that change nothing").isBetween(1, wires.size() / 2);
    assertThat(passedOver).as("changes that only compatible rules pass over").isPositive();
    for (int from = 0; from < wires.size(); from += FILES) {
      int to = Math.min(wires.size(), from + FILES);
      assertSaved(expected.subList(from, to), from);
    }
    assertNothingStored();
  }

  private static String about(int round, byte[] wire) {
    return "seed %d, round %d: %s "
        .formatted(SEED, round, Base64.getEncoder().encodeToString(wire));
  }

  private static String verdict(Shell.Result result, String about) {
    if (result.exit() == ExitCode.DONE) {
      assertThat(result.json()).as(about).containsEntry("valid", true);
      return "valid";
    }
    assertRefused(result, about);
    assertThat(result.err()).as(about).isEmpty();
    assertThat(result.json()).as(about).containsEntry("valid", false);
    return category(result.json(), about);
  }

  /**
   * What is to come of saving.
   *
   * @param same whether it says what the genuine envelope does
   * @param verdict of a strict verification, where one was asked for
   */
  private record Expected(byte[] wire, boolean same, Optional<String> verdict) {}

  private void assertSaved(List<Expected> all, int first) throws IOException {
    String[] files = new String[all.size()];
    for (int i = 0; i < files.length; i++) {
      files[i] = write("changed-" + i + ".json", all.get(i).wire());
    }
    Shell.Result saved = onStore("save", files);
    assertRefused(saved, "seed %d, rounds from %d".formatted(SEED, first));
    assertThat(saved.err()).isEmpty();
    List<String> lines = saved.out().lines().toList();
    assertThat(lines).hasSameSizeAs(files);
    for (int i = 0; i < files.length; i++) {
      Map<String, Object> answer = TestJson.object(lines.get(i));
      String about = about(first + i, all.get(i).wire()) + lines.get(i);
      if (all.get(i).same()) {
        assertThat(answer)
            .as(about)
            .containsEntry("result", "already_present")
            .containsEntry("position", 2L + (first + i) % genuine.size());
      } else {
        assertThat(answer)
            .as(about)
            .containsEntry("stored", false)
            .containsEntry("result", "invalid");
        String category = category(answer, about);
        all.get(i)
            .verdict()
            .ifPresent(verdict -> assertThat(category).as(about).isEqualTo(verdict));
      }
    }
  }

  private static final List<String> SPLICES =
      List.of(
          "null",
          "0",
          "-1",
          "1e999",
          "\"\"",
          "[]",
          "{}",
          "\"\\u0000\"",
          "\\ud800",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "\\",
          "\0",
          "\u00ff",
          "\ufeff",
          "\u2028",
          " ",
          "\n",
          "\t\r",
          "\"id\":\"x\",",
          "\"x\":{\"y\":[1]},",
          "\"key_id\":\"sensor-1\",",
          "9".repeat(4_400),
          "[".repeat(2_000));

  private static byte[] changed(byte[] wire, Random random) {
    int at = wire.length == 0 ? 0 : random.nextInt(wire.length);
    int to = Math.min(wire.length, at + random.nextInt(20));
    byte[] splice = SPLICES.get(random.nextInt(SPLICES.size())).getBytes(UTF_8);
    return switch (random.nextInt(8)) {
      case 0 -> {
        byte[] flipped = wire.clone();
        if (at < flipped.length) {
          flipped[at] ^= (byte) (1 << random.nextInt(8));
        }
        yield flipped;
      }
      case 1 -> Arrays.copyOf(wire, at);
      case 2 -> spliced(wire, at, at, splice);
      case 3 -> spliced(wire, at, to, splice);
      case 4 -> spliced(wire, wire.length - at, wire.length - at, Arrays.copyOfRange(wire, at, to));
      // White space, which says nothing between two tokens and much inside of one.
      case 5 -> behind(wire, (byte) ',', at, new byte[] {' ', '\n'});
      // A letter as its escape.
      case 6 ->
          at < to && Character.isLetterOrDigit(wire[at])
              ? spliced(wire, at, at + 1, "\\u%04X".formatted(wire[at]).getBytes(UTF_8))
              : behind(wire, (byte) '{', at, " ".getBytes(UTF_8));
      // A member that nobody knows, or that is there twice.
      default -> behind(wire, (byte) '{', at, splice);
    };
  }

  /** Puts something behind the first {@code mark} that comes at or behind a place. */
  private static byte[] behind(byte[] wire, byte mark, int at, byte[] what) {
    int found = at;
    while (found < wire.length && wire[found] != mark) {
      found++;
    }
    return found < wire.length ? spliced(wire, found + 1, found + 1, what) : wire.clone();
  }

  private static byte[] spliced(byte[] wire, int from, int to, byte[] middle) {
    byte[] out = Arrays.copyOf(wire, wire.length - (to - from) + middle.length);
    System.arraycopy(middle, 0, out, from, middle.length);
    System.arraycopy(wire, to, out, from + middle.length, wire.length - to);
    return out;
  }
}
