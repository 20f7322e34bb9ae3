package dev.stele.cli;

import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;

/** Filters as they are given to commands. */
final class NostrFilters {
  private static final String EXAMPLE = "'{\"kinds\": [1], \"limit\": 10}'";

  private NostrFilters() {}

  /**
   * Reads a filter (NIP-01).
   *
   * @throws CannotRun when it is none, or asks for words, which the store's own tables do not have
   */
  static NostrFilter parse(String text) {
    return switch (FilterJson.parse(text)) {
      case ParsedFilter.Malformed(String reason) ->
          throw new CannotRun("bad-filter", Terminal.printable(reason), EXAMPLE);
      case ParsedFilter.Wellformed(NostrFilter filter) -> {
        if (filter.search().isPresent()) {
          throw new CannotRun(
              "bad-filter", "a filter's search is not answered here, but by a relay", EXAMPLE);
        }
        yield filter;
      }
    };
  }
}
