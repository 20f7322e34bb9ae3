package dev.stele.envelope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.event.Wire;
import dev.stele.envelope.gate.EnvelopeKeyRegistry;
import dev.stele.envelope.gate.EnvelopeVerdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;

/** The keys, the moment and the envelopes of these tests; every byte follows from a seed. */
public final class Samples {
  public static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  public static final EnvelopeKey KEY = EnvelopeKey.generate("gauge-17", new Random(17));
  public static final EnvelopeKey OTHER_KEY = EnvelopeKey.generate("gauge-18", new Random(18));
  public static final EnvelopeKeyRegistry KEYS =
      EnvelopeKeyRegistry.of(
          List.of(
              EnvelopeKeyRegistry.Entry.of(KEY.keyId(), KEY.publicKey()),
              EnvelopeKeyRegistry.Entry.of(OTHER_KEY.keyId(), OTHER_KEY.publicKey())));
  public static final JsonObject PAYLOAD = JsonObject.of(Map.of("celsius", 21.5));

  private Samples() {}

  public static EnvelopeMaker maker(long seed) {
    return new EnvelopeMaker(() -> NOW, new Random(seed));
  }

  public static EnvelopeDraft draft() {
    return draft(PAYLOAD);
  }

  public static EnvelopeDraft draft(JsonObject payload) {
    return EnvelopeDraft.of("observation.recorded", "cellar", KEY.keyId(), payload);
  }

  public static EnvelopeCreation.Created created(EnvelopeDraft draft, long seed) {
    EnvelopeCreation creation = maker(seed).create(draft);
    assertThat(creation).isInstanceOf(EnvelopeCreation.Created.class);
    return (EnvelopeCreation.Created) creation;
  }

  public static SignedEnvelope envelope(long seed) {
    return created(draft(), seed).sign(KEY);
  }

  /** An envelope whose header was changed before it was signed, as no maker would. */
  public static SignedEnvelope signed(EnvelopeHeader header, JsonObject payload) {
    return new EnvelopeCreation.Created(header, payload).sign(KEY.key());
  }

  public static String text(SignedEnvelope envelope) {
    return new String(envelope.wire(), UTF_8);
  }

  public static JsonObject json(String text) {
    return (JsonObject) Wire.read(text.getBytes(UTF_8), ReadingRules.COMPATIBLE).orThrow();
  }

  public static String category(EnvelopeVerdict verdict) {
    return switch (verdict) {
      case EnvelopeVerdict.Valid _ -> "valid";
      case EnvelopeVerdict.Invalid invalid -> invalid.category().wireName();
    };
  }

  public static <T> String reason(Parsed<T> parsed) {
    return parsed instanceof Parsed.Malformed<T>(String reason) ? reason : "";
  }

  /** The bytes of a file of given vectors, or a skipped test where it is not there. */
  public static byte[] given(String file) throws IOException {
    Optional<Path> found =
        folders().stream().map(f -> f.resolve(file)).filter(Files::exists).findFirst();
    Assumptions.assumeTrue(
        found.isPresent(),
        "SKIPPED: no " + file + "; name its folder with -Dstele.vectors=FOLDER to run this test");
    return Files.readAllBytes(found.orElseThrow());
  }

  private static List<Path> folders() {
    String named = System.getProperty("stele.vectors", "");
    if (!named.isEmpty()) {
      return List.of(Path.of(named));
    }
    List<Path> folders = new ArrayList<>();
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      folders.add(p.resolve("shared/vectors"));
    }
    return folders;
  }
}
