package dev.stele.envelope.gate;

import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Ed25519;
import dev.stele.envelope.event.EnvelopeRules;
import dev.stele.envelope.event.JsonArray;
import dev.stele.envelope.event.JsonNull;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.JsonString;
import dev.stele.envelope.event.JsonValue;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.Wire;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads files of keys, in JSON:
 *
 * <pre>
 *   {"key_id": "sensor-A", "public_key": BASE64,      one key; the last four may be absent
 *    "valid_from": TIME, "valid_until": TIME, "revoked_at": TIME, "reason": TEXT}
 *   [KEY, ...]      {NAME: KEY, ...}                  several; the name is the id where the key
 *                                                     has none
 *   {KEY_ID: BASE64, ...}                             the shortest
 *   {"keys": SEVERAL}                                 the same below a name
 * </pre>
 *
 * <p>A public key may be 64 hex digits too.
 *
 * <p>A member that nobody knows is refused, for it may be a restriction misspelled; but for {@code
 * label}, {@code comment}, and {@code seed_hex}, which is nobody's business here. Thread-safe.
 */
public final class EnvelopeKeys {
  private static final Set<String> MEMBERS =
      Set.of("key_id", "public_key", "valid_from", "valid_until", "revoked_at", "reason");
  private static final Set<String> PASSED_OVER = Set.of("label", "comment", "seed_hex");

  private EnvelopeKeys() {}

  /** Why a file is none. Never leaves this class. */
  private static final class Flaw extends RuntimeException {
    private static final long serialVersionUID = 1;

    Flaw(String message) {
      super(message, null, false, false);
    }
  }

  /** Reads a file's bytes. */
  public static Parsed<EnvelopeKeyRegistry> parse(byte[] json) {
    return switch (Wire.read(json, ReadingRules.STRICT)) {
      case Parsed.Malformed<JsonValue>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<JsonValue>(JsonValue value) -> registry(value);
    };
  }

  private static Parsed<EnvelopeKeyRegistry> registry(JsonValue value) {
    try {
      return new Parsed.Value<>(EnvelopeKeyRegistry.of(entries(value)));
    } catch (Flaw | IllegalArgumentException e) {
      return new Parsed.Malformed<>(String.valueOf(e.getMessage()));
    }
  }

  private static List<EnvelopeKeyRegistry.Entry> entries(JsonValue value) {
    List<EnvelopeKeyRegistry.Entry> entries = new ArrayList<>();
    switch (value) {
      case JsonArray(List<JsonValue> elements) -> elements.forEach(each -> add(each, "", entries));
      case JsonObject object when object.members().containsKey("public_key") ->
          add(object, "", entries);
      case JsonObject object when below(object).isPresent() ->
          entries.addAll(entries(below(object).get()));
      case JsonObject object -> object.members().forEach((name, key) -> add(key, name, entries));
      default -> throw new Flaw("a file of keys is an object or an array");
    }
    return entries;
  }

  /** What {@code "keys"} holds, when there is nothing else and it is not one key of that name. */
  private static Optional<JsonValue> below(JsonObject object) {
    return object.members().size() != 1
        ? Optional.empty()
        : object
            .get("keys")
            .filter(
                value ->
                    value instanceof JsonArray
                        || (value instanceof JsonObject keys
                            && !keys.members().containsKey("public_key")));
  }

  private static void add(JsonValue key, String name, List<EnvelopeKeyRegistry.Entry> entries) {
    entries.add(
        switch (key) {
          case JsonObject object -> entry(object, name);
          case JsonString(String base64) when !name.isEmpty() ->
              EnvelopeKeyRegistry.Entry.of(checked(name), publicKey(base64));
          default -> throw new Flaw("a key is an object with key_id and public_key");
        });
  }

  private static EnvelopeKeyRegistry.Entry entry(JsonObject key, String name) {
    for (Map.Entry<String, JsonValue> member : key.members().entrySet()) {
      if (!MEMBERS.contains(member.getKey()) && !PASSED_OVER.contains(member.getKey())) {
        throw new Flaw("nobody knows the member %.40s of a key".formatted(member.getKey()));
      }
    }
    String keyId = text(key, "key_id").orElse(name);
    String publicKey =
        text(key, "public_key").orElseThrow(() -> new Flaw("a key has no public_key"));
    return new EnvelopeKeyRegistry.Entry(
        checked(keyId),
        publicKey(publicKey),
        time(key, "valid_from"),
        time(key, "valid_until"),
        time(key, "revoked_at"),
        text(key, "reason").orElse(""));
  }

  private static String checked(String keyId) {
    Optional<String> flaw = EnvelopeRules.keyId(keyId);
    if (flaw.isPresent()) {
      throw new Flaw(flaw.get());
    }
    return keyId;
  }

  private static byte[] publicKey(String text) {
    try {
      return text.length() == 2 * Ed25519.PUBLIC_KEY_BYTES
          ? HexFormat.of().parseHex(text)
          : Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new Flaw("a public_key is neither base64 nor hex digits");
    }
  }

  private static @Nullable Instant time(JsonObject key, String name) {
    Optional<String> text = text(key, name);
    try {
      return text.isEmpty() ? null : Instant.parse(text.get());
    } catch (DateTimeException e) {
      throw new Flaw("%s is not a time like 2026-01-22T12:00:00Z".formatted(name));
    }
  }

  private static Optional<String> text(JsonObject key, String name) {
    return switch (key.get(name).orElse(JsonNull.NULL)) {
      case JsonString(String text) -> Optional.of(text);
      case JsonNull _ -> Optional.empty();
      default -> throw new Flaw("%s is not a string".formatted(name));
    };
  }
}
