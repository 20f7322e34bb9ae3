package dev.stele.cli;

import dev.stele.nostr.store.NostrStoreOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options that say how a log is opened as a store of Nostr events. */
final class NostrStoreGroup {
  @Option(
      names = "--relay",
      paramLabel = "URL",
      description =
          "Nostr: a URL under which the store is served, as requests to vanish name it; with others"
              + " than the last time its view is built anew")
  private List<String> relays = new ArrayList<>();

  /** How the store of a log is opened, which must be there. */
  NostrStoreOptions options(LogOptionGroup log) {
    var _ = log.home();
    NostrStoreOptions options = NostrStoreOptions.DEFAULT.reachedAt(Set.copyOf(relays));
    return log.anchorFolder().map(options::anchoredIn).orElse(options);
  }
}
