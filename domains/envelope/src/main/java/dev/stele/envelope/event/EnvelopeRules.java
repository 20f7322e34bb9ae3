package dev.stele.envelope.event;

import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What an envelope keeps when it is made, and again when it is verified strictly. Each rule answers
 * what is wrong, if anything. Thread-safe.
 */
public final class EnvelopeRules {
  /**
   * Names that a payload, a context and extensions may not have at their top level, so that nobody
   * takes a sender's word for a header's.
   */
  public static final Set<String> RESERVED_NAMES =
      Set.of(
          "header",
          "signature",
          "payload_hash",
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
          "context",
          "extensions");

  private static final int UUID_LENGTH = 36;

  private EnvelopeRules() {}

  /** An id is a random UUID (RFC 9562, version 4) in lower case. */
  public static Optional<String> id(String id) {
    return isUuid4(id)
        ? Optional.empty()
        : Optional.of("id is not a UUID of version 4 in lower case");
  }

  private static boolean isUuid4(String id) {
    if (id.length() != UUID_LENGTH || id.charAt(14) != '4' || "89ab".indexOf(id.charAt(19)) < 0) {
      return false;
    }
    try {
      return UUID.fromString(id).toString().equals(id);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A source has at most 128 code points, and none of them is NUL. */
  public static Optional<String> source(String source) {
    if (source.codePointCount(0, source.length()) > EnvelopeLimits.MAX_SOURCE_POINTS) {
      return Optional.of("Source exceeds maximum allowed length");
    }
    return source.indexOf('\0') >= 0
        ? Optional.of("source contains a NUL character")
        : Optional.empty();
  }

  /** A key id has 1 to 64 of {@code A-Z a-z 0-9 _ -}. */
  public static Optional<String> keyId(String keyId) {
    return !keyId.isEmpty()
            && keyId.length() <= EnvelopeLimits.MAX_KEY_ID_LENGTH
            && keyId.chars().allMatch(EnvelopeRules::isKeyIdCharacter)
        ? Optional.empty()
        : Optional.of("key_id is not 1 to 64 of A-Z a-z 0-9 _ -");
  }

  private static boolean isKeyIdCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }

  /** No reserved name stands at the top level of {@code object}. */
  public static Optional<String> names(String what, JsonObject object) {
    for (String name : object.members().keySet()) {
      if (RESERVED_NAMES.contains(name)) {
        return Optional.of("%s has a member with the reserved name %s".formatted(what, name));
      }
    }
    return Optional.empty();
  }

  /** A context, or extensions: no reserved names, at most 65,536 canonical bytes. */
  public static Optional<String> dictionary(String what, JsonObject object) {
    Optional<String> flaw = names(what, object);
    if (flaw.isPresent()) {
      return flaw;
    }
    int size = Canonical.bytes(object).length;
    return size > EnvelopeLimits.MAX_DICTIONARY_BYTES
        ? Optional.of(
            "%s has %d canonical bytes, more than %d"
                .formatted(what, size, EnvelopeLimits.MAX_DICTIONARY_BYTES))
        : Optional.empty();
  }
}
