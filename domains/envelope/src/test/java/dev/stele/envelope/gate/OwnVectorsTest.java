package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Envelopes whose bytes and verdicts are committed in {@code vectors.tsv}: a change of any byte of
 * the format, or of any verdict, is seen here first.
 *
 * <p>Each line has name, compatible verdict, strict verdict, SHA-256 of the canonical header, of
 * the canonical payload, identity, wire text; {@code -} stands for what cannot be read.
 */
class OwnVectorsTest {
  private static final Map<String, String> PAYLOADS =
      Map.of(
          "empty", "{}",
          "order",
              "{\"\ud83d\ude00\":1,\"\ue000\":2,\"é\":3,\"a\":4,\"\":5,\"Z\":6,\"10\":7,\"9\":8}",
          "numbers", "{\"a\":[0,-0,0.0,-0.0,1,1.0,1e16,1e-5,12345678901234567890,5e-324,1e22]}",
          "text", "{\"t\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\\u2028\\ud83d\\ude00é\"}",
          "nested", "{\"a\":[{\"b\":[[],{},null,true,false]},\"c\"]}");

  static List<String> lines() {
    List<String> lines = new ArrayList<>();
    int seed = 100;
    for (String name : PAYLOADS.keySet().stream().sorted().toList()) {
      JsonObject payload = Samples.json(Objects.requireNonNull(PAYLOADS.get(name)));
      lines.add(line(name, Samples.text(signed(Samples.draft(payload), seed++))));
    }
    EnvelopeDraft draft = Samples.draft();
    String plain = Samples.text(signed(draft, seed));
    lines.add(line("plain", plain));
    JsonObject aside = Samples.json("{\"b\":{\"z\":1.50,\"a\":\"ü\"},\"a\":[1]}");
    lines.add(
        line(
            "aside",
            Samples.text(signed(draft.withContext(aside).withExtensions(JsonObject.EMPTY), seed))));
    lines.add(line("spaced", plain.replace(":", ": ").replace("12: 00: 00", "12:00:00")));
    lines.add(line("escaped", plain.replace("cellar", "\\u0063\\u0065llar")));
    lines.add(line("unknown", plain.replace("{\"header\"", "{\"x\":{},\"header\"")));
    lines.add(line("duplicate", plain.replace("{\"celsius\"", "{\"celsius\":0,\"celsius\"")));
    lines.add(line("other-payload", plain.replace("21.5", "21.6")));
    lines.add(line("other-source", plain.replace("cellar", "cellas")));
    lines.add(line("other-type", plain.replace("observation.recorded", "seth.caught")));
    lines.add(line("other-key-id", plain.replace("gauge-17", "gauge-18")));
    lines.add(line("unknown-type", plain.replace("observation.recorded", "cellar.flooded")));
    lines.add(line("other-version", plain.replace("4.0.0", "4.0.1")));
    lines.add(line("future", Samples.text(signed(draft.withIssuedAt("2026-03-01T12:05:01Z"), 1))));
    lines.add(line("old", Samples.text(signed(draft.withIssuedAt("2026-02-20T12:00:00Z"), 1))));
    lines.add(line("cut", plain.substring(0, 100)));
    lines.add(line("array", "[" + plain + "]"));
    return lines;
  }

  private static SignedEnvelope signed(EnvelopeDraft draft, long seed) {
    return Samples.created(draft, seed).sign(Samples.KEY);
  }

  private static String line(String name, String wire) {
    byte[] bytes = wire.getBytes(UTF_8);
    String hashes = "-\t-\t-";
    if (EnvelopeReader.read(bytes, ReadingRules.COMPATIBLE)
        instanceof Parsed.Value<SignedEnvelope>(SignedEnvelope envelope)) {
      hashes =
          String.join(
              "\t",
              hex(Sha256.hash(envelope.canonicalHeader())),
              hex(Sha256.hash(envelope.canonicalPayload())),
              hex(envelope.hash()));
    }
    return String.join(
        "\t",
        name,
        Samples.category(EnvelopeVerifier.compatible().verify(bytes, Samples.NOW)),
        Samples.category(EnvelopeVerifier.strict(Samples.KEYS).verify(bytes, Samples.NOW)),
        hashes,
        wire);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static List<String> committed() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(OwnVectorsTest.class.getResourceAsStream("vectors.tsv"))) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  @Test
  void bytes_hashes_and_verdicts_are_the_committed_ones() throws IOException {
    assertThat(lines()).containsExactlyElementsOf(committed());
  }

  @Test
  void the_verdict_on_a_committed_wire_is_the_committed_one() throws IOException {
    for (String committed : committed()) {
      String[] fields = committed.split("\t", -1);
      assertThat(line(fields[0], fields[6])).isEqualTo(committed);
    }
  }
}
