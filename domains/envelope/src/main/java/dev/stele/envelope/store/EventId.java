package dev.stele.envelope.store;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Ids of envelopes, in the spellings in which people and PostgreSQL write UUIDs. */
final class EventId {
  private static final Pattern DASHED =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private static final Pattern BARE = Pattern.compile("[0-9a-f]{32}");

  private EventId() {}

  /** Whether an id is spelled so that its lower case is the one spelling that is stored. */
  static boolean isSpelledOut(String id) {
    return DASHED.matcher(id.toLowerCase(Locale.ROOT)).matches();
  }

  /** The one spelling that is stored: lower case, with dashes; empty when it is no UUID. */
  static Optional<String> of(String text) {
    if (text.length() > 38) {
      return Optional.empty();
    }
    String id = text.toLowerCase(Locale.ROOT);
    if (id.startsWith("{") && id.endsWith("}")) {
      id = id.substring(1, id.length() - 1);
    }
    if (BARE.matcher(id).matches()) {
      id =
          String.join(
              "-",
              id.substring(0, 8),
              id.substring(8, 12),
              id.substring(12, 16),
              id.substring(16, 20),
              id.substring(20));
    }
    return DASHED.matcher(id).matches() ? Optional.of(id) : Optional.empty();
  }
}
