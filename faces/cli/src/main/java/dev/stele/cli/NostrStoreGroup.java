package dev.stele.cli;

import dev.stele.nostr.event.Npub;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.event.StoreSettings;
import dev.stele.nostr.store.NostrStoreOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a log is opened as a store of Nostr events. */
final class NostrStoreGroup {
  @Option(
      names = "--relay",
      paramLabel = "URL",
      description =
          "Nostr: a URL under which the store is served, as requests to vanish name it; remembered"
              + " until others are given, with which its view is built anew")
  private List<String> relays = new ArrayList<>();

  @Option(
      names = "--owner",
      paramLabel = "NPUB",
      description =
          "Nostr: whose store it is, npub or hex; remembered until another is given, with whom its"
              + " view is built anew")
  private @Nullable String owner;

  /** How the store of a log is opened, which must be there. */
  NostrStoreOptions options(LogOptionGroup log) {
    var _ = log.home();
    NostrStoreOptions options = NostrStoreOptions.DEFAULT;
    if (!relays.isEmpty()) {
      options = options.reachedAt(urls(relays));
    }
    if (owner != null) {
      options = options.withOwner(key(owner));
    }
    NostrStoreOptions mine = options;
    return log.anchorFolder().map(mine::anchoredIn).orElse(mine);
  }

  private static Set<String> urls(List<String> given) {
    try {
      return new StoreSettings(Optional.empty(), Set.copyOf(given)).relays();
    } catch (IllegalArgumentException e) {
      throw new CannotRun(
          "bad-relay", "--relay: " + e.getMessage(), "--relay wss://relay.example.com");
    }
  }

  private static PublicKey key(String text) {
    return Npub.keyOf(text)
        .orElseThrow(
            () -> new CannotRun("bad-owner", "--owner names nobody", "npub1... or 64 hex digits"));
  }
}
