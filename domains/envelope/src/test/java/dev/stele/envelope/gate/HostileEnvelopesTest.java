package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.stele.core.event.Claim;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.JsonObject;
import dev.stele.testkit.Scale;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever the bytes, the gate admits or rejects, and what it admits was really signed. */
class HostileEnvelopesTest {
  private static final List<EnvelopeGate> GATES =
      List.of(
          new EnvelopeGate(Samples.KEYS),
          new EnvelopeGate(EnvelopeVerifier.compatible(), EqualPayload.REJECT, Claim.NEVER));

  private static final List<String> SPLICES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e999",
          "\"\"",
          "[]",
          "{}",
          "\"\\u0000\"",
          "\"\\ud800\"",
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
          "\"id\":\"x\",",
          "9".repeat(4_301),
          "[".repeat(2_000),
          "{\"a\":".repeat(2_000),
          "/*",
          "\ufeff",
          "\r\n");

  private static List<byte[]> originals() {
    JsonObject rich =
        Samples.json(
            "{\"a\":[1,2.5,null,true,{\"ü\":\"\\u2028\\n\"}],\"b\":{\"c\":-0.0,\"d\":1e300}}");
    return List.of(
        Samples.envelope(1).wire(),
        Samples.created(Samples.draft(rich).withContext(rich), 2).sign(Samples.KEY).wire());
  }

  private static void judge(byte[] wire, String about) {
    for (EnvelopeGate gate : GATES) {
      assertThatCode(
              () -> {
                Admission admission = gate.judge(wire, Samples.NOW);
                switch (admission) {
                  case Admitted admitted ->
                      assertThat(gate.judge(admitted.draft().payload(), Samples.NOW))
                          .isInstanceOf(Admitted.class);
                  case Rejected rejected -> assertThat(rejected.reason()).isNotEmpty();
                  default -> throw new AssertionError("an envelope is kept or refused");
                }
              })
          .as("%s: %s", about, Base64.getEncoder().encodeToString(wire))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void changed_bytes_are_judged_without_an_exception() {
    long seed = 20_260_301;
    Random random = new Random(seed);
    for (int i = 0; i < Scale.of(100_000); i++) {
      byte[] wire = originals().get(i & 1).clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        wire = changed(wire, random);
      }
      judge(wire, "seed %d, round %d".formatted(seed, i));
    }
  }

  private static byte[] changed(byte[] wire, Random random) {
    int at = wire.length == 0 ? 0 : random.nextInt(wire.length);
    int to = Math.min(wire.length, at + random.nextInt(20));
    String splice = SPLICES.get(random.nextInt(SPLICES.size()));
    return switch (random.nextInt(5)) {
      case 0 -> flipped(wire, at, random);
      case 1 -> Arrays.copyOf(wire, at);
      case 2 -> spliced(wire, at, at, splice);
      case 3 -> spliced(wire, at, to, splice);
      default ->
          spliced(wire, wire.length - at, wire.length - at, new String(wire, at, to - at, UTF_8));
    };
  }

  private static byte[] flipped(byte[] wire, int at, Random random) {
    byte[] flipped = wire.clone();
    if (at < flipped.length) {
      flipped[at] ^= (byte) (1 << random.nextInt(8));
    }
    return flipped;
  }

  private static byte[] spliced(byte[] wire, int from, int to, String text) {
    byte[] middle = text.getBytes(UTF_8);
    byte[] out = Arrays.copyOf(wire, wire.length - (to - from) + middle.length);
    System.arraycopy(middle, 0, out, from, middle.length);
    System.arraycopy(wire, to, out, from + middle.length, wire.length - to);
    return out;
  }

  @Test
  void no_single_changed_byte_is_another_admitted_envelope() {
    byte[] wire = originals().get(1);
    EnvelopeGate strict = GATES.getFirst();
    for (int at = 0; at < wire.length; at++) {
      byte[] flipped = wire.clone();
      flipped[at] ^= 1;
      if (strict.judge(flipped, Samples.NOW) instanceof Admitted admitted) {
        assertThat(admitted.draft().payload()).as("byte %d", at).isEqualTo(wire);
      }
    }
  }

  @Test
  void random_bytes_are_judged_without_an_exception() {
    long seed = 7;
    Random random = new Random(seed);
    for (int i = 0; i < Scale.of(20_000); i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      judge(noise, "seed %d, round %d".formatted(seed, i));
    }
  }
}
