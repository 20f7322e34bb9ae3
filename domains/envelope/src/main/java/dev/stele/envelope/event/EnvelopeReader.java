package dev.stele.envelope.event;

import dev.stele.core.proof.Parsed;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads envelopes from their wire bytes: the shape alone, nothing is verified.
 *
 * <p>Whatever the bytes, the answer is a value or what is wrong with them. Thread-safe.
 */
public final class EnvelopeReader {
  /**
   * The most bytes that {@link ReadingRules#COMPATIBLE} reads. Senders' first implementation has no
   * bound; the largest payload that it takes has 12 MB when every character is an escape.
   */
  static final int MAX_COMPATIBLE_BYTES = 16 * 1024 * 1024;

  private EnvelopeReader() {}

  /** Reads one envelope. */
  public static Parsed<SignedEnvelope> read(byte[] wire, ReadingRules rules) {
    if (wire.length > rules.maxBytes()) {
      return new Parsed.Malformed<>(
          "Envelope has %d bytes, more than %d".formatted(wire.length, rules.maxBytes()));
    }
    try {
      JsonReader json = new JsonReader(wire, rules);
      SignedEnvelope envelope = new Envelope(json, rules).read();
      json.end();
      return new Parsed.Value<>(envelope);
    } catch (JsonReader.Flaw flaw) {
      return new Parsed.Malformed<>("Invalid envelope data: " + flaw.reason());
    }
  }

  /**
   * Reads an envelope that lacks its signature, as {@link EnvelopeCreation.Created#wire} writes it;
   * one that has a signature is refused.
   */
  public static Parsed<EnvelopeCreation.Created> readUnsigned(byte[] wire) {
    ReadingRules rules = ReadingRules.STRICT;
    if (wire.length > rules.maxBytes()) {
      return new Parsed.Malformed<>(
          "Envelope has %d bytes, more than %d".formatted(wire.length, rules.maxBytes()));
    }
    try {
      JsonReader json = new JsonReader(wire, rules);
      EnvelopeCreation.Created created = new Envelope(json, rules).readUnsigned();
      json.end();
      return new Parsed.Value<>(created);
    } catch (JsonReader.Flaw flaw) {
      return new Parsed.Malformed<>("Invalid envelope data: " + flaw.reason());
    }
  }

  /**
   * Reads the header of an envelope that was judged before, and passes over the rest by its shape.
   */
  public static Parsed<EnvelopeHeader> readHeader(byte[] wire) {
    ReadingRules rules = ReadingRules.COMPATIBLE;
    try {
      JsonReader json = new JsonReader(wire, rules);
      EnvelopeHeader header = new JudgedEnvelope(json, rules).read();
      json.end();
      return new Parsed.Value<>(header);
    } catch (JsonReader.Flaw flaw) {
      return new Parsed.Malformed<>("Invalid envelope data: " + flaw.reason());
    }
  }

  /** One object with known members, of which each is read as soon as its name is. */
  private abstract static class Members {
    final JsonReader json;
    private final ReadingRules rules;
    private final String path;
    private @Nullable Set<String> seen;

    Members(JsonReader json, ReadingRules rules, String path) {
      this.json = json;
      this.rules = rules;
      this.path = path;
    }

    final void readMembers() {
      if (json.peek() != '{') {
        throw expected("object", json.value(), "");
      }
      seen = rules == ReadingRules.STRICT ? new HashSet<>() : null;
      json.members(this::readMember);
    }

    private void readMember(String name) {
      if (seen != null && !seen.add(name)) {
        throw json.duplicate(name);
      }
      if (!known(name)) {
        if (rules == ReadingRules.STRICT) {
          throw new JsonReader.Flaw(
              "Object contains unknown field `%.40s`%s".formatted(name, place("")));
        }
        json.passOver();
      }
    }

    /** Reads the value of a known member; false, and nothing read, if it is not known. */
    abstract boolean known(String name);

    final String text(String name) {
      return text("str", name);
    }

    private String text(String wanted, String name) {
      if (json.peek() != '"') {
        throw expected(wanted, json.value(), name);
      }
      return json.string();
    }

    final @Nullable String textOrNull(String name) {
      return switch (json.value()) {
        case JsonString(String text) -> text;
        case JsonNull _ -> null;
        case JsonValue other -> throw expected("str | null", other, name);
      };
    }

    /** A text that has one value only. */
    final String constant(String wanted, String name) {
      String found = text(name);
      if (!found.equals(wanted)) {
        throw new JsonReader.Flaw("Invalid enum value '%.40s'%s".formatted(found, place(name)));
      }
      return found;
    }

    final JsonObject object(String name) {
      JsonValue value = json.value();
      if (value instanceof JsonObject object) {
        return object;
      }
      throw expected("object", value, name);
    }

    final @Nullable JsonObject objectOrNull(String name) {
      return switch (json.value()) {
        case JsonObject object -> object;
        case JsonNull _ -> null;
        case JsonValue other -> throw expected("object | null", other, name);
      };
    }

    /** Bytes in standard base64 with exact padding. */
    final byte[] bytes(String name) {
      String text = text("bytes", name);
      byte[] bytes = decode(text);
      if (bytes == null
          || (rules == ReadingRules.STRICT
              && !Base64.getEncoder().encodeToString(bytes).equals(text))) {
        throw new JsonReader.Flaw("Invalid base64 encoded string" + place(name));
      }
      return bytes;
    }

    private static byte @Nullable [] decode(String text) {
      try {
        // The decoder takes missing padding, which is no base64 here.
        return text.length() % 4 == 0 ? Base64.getDecoder().decode(text) : null;
      } catch (IllegalArgumentException e) {
        return null;
      }
    }

    final <T> T required(@Nullable T value, String name) {
      if (value == null) {
        throw new JsonReader.Flaw(
            "Object missing required field `%s`%s".formatted(name, place("")));
      }
      return value;
    }

    private JsonReader.Flaw expected(String wanted, JsonValue found, String name) {
      return new JsonReader.Flaw(
          "Expected `%s`, got `%s`%s".formatted(wanted, found.typeName(), place(name)));
    }

    private String place(String name) {
      String whole = name.isEmpty() ? path : path + "." + name;
      return whole.equals("$") ? "" : " - at `" + whole + "`";
    }
  }

  private static final class Envelope extends Members {
    private final ReadingRules rules;
    private @Nullable EnvelopeHeader header;
    private @Nullable JsonObject payload;
    private @Nullable Signature signature;

    Envelope(JsonReader json, ReadingRules rules) {
      super(json, rules, "$");
      this.rules = rules;
    }

    SignedEnvelope read() {
      readMembers();
      EnvelopeHeader signed = required(header, "header");
      JsonObject content = required(payload, "payload");
      Signature by = required(signature, "signature");
      return new SignedEnvelope(signed, content, by.bytes(), by.publicKey());
    }

    EnvelopeCreation.Created readUnsigned() {
      readMembers();
      if (signature != null) {
        throw new JsonReader.Flaw("the envelope is signed already");
      }
      return new EnvelopeCreation.Created(required(header, "header"), required(payload, "payload"));
    }

    @Override
    boolean known(String name) {
      switch (name) {
        case "header" -> header = new Header(json, rules).read();
        case "payload" -> payload = object(name);
        case "signature" -> signature = new SignatureMembers(json, rules).read();
        default -> {
          return false;
        }
      }
      return true;
    }
  }

  private static final class JudgedEnvelope extends Members {
    private final ReadingRules rules;
    private @Nullable EnvelopeHeader header;

    JudgedEnvelope(JsonReader json, ReadingRules rules) {
      super(json, rules, "$");
      this.rules = rules;
    }

    EnvelopeHeader read() {
      readMembers();
      return required(header, "header");
    }

    @Override
    boolean known(String name) {
      if (!name.equals("header")) {
        return false;
      }
      header = new Header(json, rules).read();
      return true;
    }
  }

  private static final class Header extends Members {
    private @Nullable String id;
    private @Nullable String type;
    private String version = EnvelopeLimits.VERSION;
    private @Nullable String source;
    private @Nullable String issuedAt;
    private @Nullable String expiresAt;
    private @Nullable String nonce;
    private @Nullable String keyId;
    private String algorithm = EnvelopeLimits.ALGORITHM;
    private String canonicalization = EnvelopeLimits.CANONICALIZATION;
    private @Nullable String payloadHash;
    private @Nullable JsonObject context;
    private @Nullable JsonObject extensions;

    Header(JsonReader json, ReadingRules rules) {
      super(json, rules, "$.header");
    }

    EnvelopeHeader read() {
      readMembers();
      return new EnvelopeHeader(
          required(id, "id"),
          required(type, "type"),
          version,
          required(source, "source"),
          required(issuedAt, "issued_at"),
          expiresAt,
          required(nonce, "nonce"),
          required(keyId, "key_id"),
          algorithm,
          canonicalization,
          required(payloadHash, "payload_hash"),
          context,
          extensions);
    }

    @Override
    boolean known(String name) {
      switch (name) {
        case "id" -> id = text(name);
        case "type" -> type = text(name);
        case "version" -> version = text(name);
        case "source" -> source = text(name);
        case "issued_at" -> issuedAt = text(name);
        case "expires_at" -> expiresAt = textOrNull(name);
        case "nonce" -> nonce = text(name);
        case "key_id" -> keyId = text(name);
        case "algorithm" -> algorithm = constant(EnvelopeLimits.ALGORITHM, name);
        case "canonicalization" ->
            canonicalization = constant(EnvelopeLimits.CANONICALIZATION, name);
        case "payload_hash" -> payloadHash = text(name);
        case "context" -> context = objectOrNull(name);
        case "extensions" -> extensions = objectOrNull(name);
        default -> {
          return false;
        }
      }
      return true;
    }
  }

  /** The arrays are handed on and copied there. */
  private record Signature(byte[] bytes, byte[] publicKey) {}

  private static final class SignatureMembers extends Members {
    private byte @Nullable [] bytes;
    private byte @Nullable [] publicKey;

    SignatureMembers(JsonReader json, ReadingRules rules) {
      super(json, rules, "$.signature");
    }

    Signature read() {
      readMembers();
      return new Signature(required(bytes, "signature"), required(publicKey, "public_key"));
    }

    @Override
    boolean known(String name) {
      switch (name) {
        case "signature" -> bytes = bytes(name);
        case "public_key" -> publicKey = bytes(name);
        default -> {
          return false;
        }
      }
      return true;
    }
  }
}
