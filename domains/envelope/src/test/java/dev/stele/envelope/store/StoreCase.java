package dev.stele.envelope.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stele.core.proof.Parsed;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.EnvelopeTime;
import dev.stele.envelope.event.JsonArray;
import dev.stele.envelope.event.JsonNull;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.JsonString;
import dev.stele.envelope.event.JsonValue;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.event.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A scenario of {@code store_cases.json}: envelopes, steps, what the reference answered to each,
 * and the advice for a better store.
 */
record StoreCase(
    String name, String backend, Map<String, byte[]> envelopes, List<Step> steps, String better) {
  private static final String FILE = "store_cases.json";

  /** One step; {@code result} is what the reference gave, empty for steps that only prepare. */
  record Step(String op, JsonObject given) {
    String text(String member) {
      return StoreCase.text(given, member);
    }

    Optional<JsonObject> result() {
      return given.get("result").map(JsonObject.class::cast);
    }

    /** What the reference answered, in one word each way of answering. */
    Reference reference() {
      JsonObject result = result().orElseThrow(() -> new AssertionError("no result: " + given));
      if (result.get("raises").isPresent()) {
        return Reference.raised(StoreCase.text(result, "raises"));
      }
      if (result.get("returns_envelope_id").isPresent()) {
        return new Reference.Envelope(StoreCase.text(result, "returns_envelope_id"));
      }
      JsonValue returned =
          result
              .get("returns")
              .orElseThrow(() -> new AssertionError("a result of an unknown form: " + result));
      return returned instanceof JsonNull ? new Reference.None() : new Reference.Value(returned);
    }
  }

  /** How the reference answered. */
  sealed interface Reference {
    /** Nothing: stored, swallowed, or not there. */
    record None() implements Reference {}

    record Envelope(String id) implements Reference {}

    record Value(JsonValue value) implements Reference {}

    record Replay() implements Reference {}

    record IdTaken() implements Reference {}

    /** Any other exception. */
    record Failure(String type) implements Reference {}

    static Reference raised(String type) {
      if (type.endsWith(".ReplayDetectedError")) {
        return new Replay();
      }
      if (type.equals("psycopg2.errors.UniqueViolation")) {
        return new IdTaken();
      }
      if (type.startsWith("psycopg2.")
          || type.startsWith("lmdb.")
          || type.matches("(Value|Runtime|Type|Key)Error")) {
        return new Failure(type);
      }
      throw new AssertionError("the reference raised what is not known here: " + type);
    }

    default String word() {
      return switch (this) {
        case None _ -> "none";
        case Envelope _ -> "envelope";
        case Value _ -> "value";
        case Replay _ -> "replay";
        case IdTaken _ -> "id taken";
        case Failure _ -> "failure";
      };
    }
  }

  /**
   * The scenarios: those in the folder that {@code stele.vectors} names, else those committed here.
   */
  static List<StoreCase> all() throws IOException {
    String folder = System.getProperty("stele.vectors", "");
    Path named = Path.of(folder).resolve(FILE);
    byte[] bytes;
    if (!folder.isEmpty() && Files.exists(named)) {
      bytes = Files.readAllBytes(named);
    } else {
      try (InputStream in = Objects.requireNonNull(StoreCase.class.getResourceAsStream(FILE))) {
        bytes = in.readAllBytes();
      }
    }
    JsonObject file = (JsonObject) Wire.read(bytes, ReadingRules.COMPATIBLE).orThrow();
    return objects(file.get("cases").orElseThrow()).stream().map(StoreCase::of).toList();
  }

  private static StoreCase of(JsonObject given) {
    Map<String, byte[]> envelopes = new LinkedHashMap<>();
    ((JsonObject) given.get("envelopes").orElseThrow())
        .members()
        .forEach((name, wire) -> envelopes.put(name, ((JsonString) wire).value().getBytes(UTF_8)));
    return new StoreCase(
        text(given, "name"),
        text(given, "backend"),
        envelopes,
        objects(given.get("steps").orElseThrow()).stream()
            .map(step -> new Step(text(step, "op"), step))
            .toList(),
        text(given, "better"));
  }

  private static List<JsonObject> objects(JsonValue array) {
    return ((JsonArray) array).elements().stream().map(JsonObject.class::cast).toList();
  }

  private static String text(JsonObject object, String member) {
    return object
        .get(member)
        .filter(JsonString.class::isInstance)
        .map(value -> ((JsonString) value).value())
        .orElseThrow(() -> new AssertionError("no text '%s' in %s".formatted(member, object)));
  }

  byte[] wire(String envelope) {
    return Objects.requireNonNull(envelopes.get(envelope), envelope);
  }

  /** The envelopes that can be read at all, whatever else is wrong with them. */
  List<SignedEnvelope> readable() {
    return envelopes.values().stream()
        .map(wire -> EnvelopeReader.read(wire, ReadingRules.COMPATIBLE))
        .filter(Parsed.Value.class::isInstance)
        .map(Parsed::orThrow)
        .toList();
  }

  static Instant issued(SignedEnvelope envelope) {
    return EnvelopeTime.parse(envelope.header().issuedAt()).orElse(Instant.EPOCH);
  }

  Instant firstIssued() {
    return readable().stream().map(StoreCase::issued).min(Comparator.naturalOrder()).orElseThrow();
  }

  Instant lastIssued() {
    return readable().stream().map(StoreCase::issued).max(Comparator.naturalOrder()).orElseThrow();
  }
}
