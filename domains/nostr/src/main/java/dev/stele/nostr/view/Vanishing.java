package dev.stele.nostr.view;

import dev.stele.nostr.event.NostrEvent;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Requests to vanish (NIP-62): whom they are for. */
final class Vanishing {
  /** The kind of a request. */
  static final int KIND = 62;

  private static final String EVERYBODY = "ALL_RELAYS";

  private Vanishing() {}

  /** Whether a request is for a store with these names, or for all. */
  static boolean concerns(NostrEvent request, Set<String> plainNames) {
    for (List<String> tag : request.tags()) {
      if (tag.size() >= 2
          && tag.getFirst().equals("relay")
          && (tag.get(1).equals(EVERYBODY) || plainNames.contains(plain(tag.get(1))))) {
        return true;
      }
    }
    return false;
  }

  /** A relay's URL without what makes no difference: capitals and a slash at the end. */
  static String plain(String url) {
    String lower = url.strip().toLowerCase(Locale.ROOT);
    return lower.endsWith("/") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
