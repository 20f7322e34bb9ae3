package dev.stele.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * What an envelope's bytes say, by a reader that has nothing in common with ours: two texts that
 * differ in white space or escapes say the same.
 */
final class Meaning {
  private static final Set<String> PARTS = Set.of("header", "payload", "signature");
  private static final Set<String> HEADER =
      Set.of(
          "id",
          "type",
          "version",
          "source",
          "issued_at",
          "expires_at",
          "nonce",
          "key_id",
          "algorithm",
          "canonicalization",
          "payload_hash",
          "context",
          "extensions");
  private static final Set<String> SIGNATURE = Set.of("signature", "public_key");

  /** Stands for a name that is passed over; no member is called so. */
  private static final String PASSED_OVER = "";

  private final boolean strict;

  private Meaning(boolean strict) {
    this.strict = strict;
  }

  /** By strict rules: no unknown and no second member. Empty where it says nothing. */
  static Optional<Object> strict(byte[] wire) {
    try {
      return new Meaning(true).of(UTF_8.newDecoder().decode(ByteBuffer.wrap(wire)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** By compatible rules: the last of several members counts, and none that is unknown. */
  static Optional<Object> compatible(byte[] wire) {
    return new Meaning(false).of(new String(wire, UTF_8));
  }

  private Optional<Object> of(String text) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(10_000)
                    .maxNumberLength(1_000_000)
                    .build())
            .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, strict)
            .build();
    try (JsonParser in = factory.createParser(ObjectReadContext.empty(), text)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      Map<String, @Nullable Object> parts = members(in, PARTS);
      if (in.nextToken() != null || (strict && parts.containsKey(PASSED_OVER))) {
        return Optional.empty();
      }
      parts.remove(PASSED_OVER);
      return Optional.of(parts);
    } catch (JacksonException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Map<String, @Nullable Object> members(JsonParser in, Set<String> known) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    if (known.equals(HEADER)) {
      members.put("version", "4.0.0");
      members.put("algorithm", "ed25519");
      members.put("canonicalization", "rfc8785");
      members.put("expires_at", null);
      members.put("context", null);
      members.put("extensions", null);
    }
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      in.nextToken();
      if (!known.contains(name)) {
        members.put(PASSED_OVER, true);
        in.skipChildren();
      } else if (known.equals(PARTS) && in.currentToken() == JsonToken.START_OBJECT) {
        members.put(name, part(in, name));
      } else {
        members.put(name, known.equals(SIGNATURE) ? bytes(in) : value(in));
      }
    }
    if (!known.equals(PARTS) && !strict) {
      members.remove(PASSED_OVER);
    }
    return members;
  }

  private @Nullable Object part(JsonParser in, String name) {
    return switch (name) {
      case "header" -> members(in, HEADER);
      case "signature" -> members(in, SIGNATURE);
      default -> value(in);
    };
  }

  /** Strictly a signature has one spelling; else what it decodes to is what it says. */
  private @Nullable Object bytes(JsonParser in) {
    return strict || in.currentToken() != JsonToken.VALUE_STRING
        ? value(in)
        : ByteBuffer.wrap(Base64.getDecoder().decode(in.getString()));
  }

  private static @Nullable Object value(JsonParser in) {
    return switch (in.currentToken()) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (in.nextToken() != JsonToken.END_OBJECT) {
          String name = in.currentName();
          in.nextToken();
          map.put(name, value(in));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(in));
        }
        yield list;
      }
      case VALUE_STRING -> in.getString();
      case VALUE_NUMBER_INT -> in.getBigIntegerValue();
      case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case null, default -> null;
    };
  }
}
