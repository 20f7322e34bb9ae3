package dev.stele.nostr.store;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogOptions;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.event.StoreSettings;
import dev.stele.nostr.view.Aggregates;
import dev.stele.nostr.view.Graph;
import dev.stele.nostr.view.Part;
import dev.stele.nostr.view.RelayHints;
import dev.stele.nostr.view.Search;
import dev.stele.nostr.view.SyncState;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * How a store is opened.
 *
 * @param durability what {@link StoreOutcome.Stored} means
 * @param relays the URLs of this store, as requests to vanish name it (NIP-62); where nothing is
 *     said, those that it was told last. Others make the view be built again
 * @param sweepEvery how often at most the log is told that time has passed, so that what has
 *     expired is dropped
 * @param followerEvents how many events may wait for a follower
 * @param origin the log's name in its checkpoints, for a store that is made
 * @param anchorFolder where the anchor is, when not in the user's state folder
 * @param owner whose store it is, for tables that are about one person; where nothing is said, who
 *     it was told last. Another makes the view be built again
 * @param clock tells the time
 * @param random makes salts and keys
 */
public record NostrStoreOptions(
    Durability durability,
    Optional<Set<String>> relays,
    Duration sweepEvery,
    int followerEvents,
    String origin,
    Optional<Path> anchorFolder,
    Optional<PublicKey> owner,
    InstantSource clock,
    RandomGenerator random) {
  /** Durable, a sweep a minute, 10,000 events (some 15 MB) for a follower. */
  public static final NostrStoreOptions DEFAULT =
      new NostrStoreOptions(
          Durability.DURABLE,
          Optional.empty(),
          Duration.ofMinutes(1),
          10_000,
          "stele.local/nostr",
          Optional.empty(),
          Optional.empty(),
          InstantSource.system(),
          new SecureRandom());

  /** Checks the bounds and copies the set. */
  public NostrStoreOptions {
    relays = relays.map(Set::copyOf);
    if (followerEvents < 1) {
      throw new IllegalArgumentException(
          "1 event or more waits for a follower, not " + followerEvents);
    }
    if (sweepEvery.isNegative()) {
      throw new IllegalArgumentException("sweeps are zero or more apart, not " + sweepEvery);
    }
  }

  /** The same with another meaning of an ack. */
  public NostrStoreOptions at(Durability other) {
    return new NostrStoreOptions(
        other, relays, sweepEvery, followerEvents, origin, anchorFolder, owner, clock, random);
  }

  /** The same with URLs of its own. */
  public NostrStoreOptions reachedAt(Set<String> urls) {
    return new NostrStoreOptions(
        durability,
        Optional.of(urls),
        sweepEvery,
        followerEvents,
        origin,
        anchorFolder,
        owner,
        clock,
        random);
  }

  /** The same with sweeps at another pace. */
  public NostrStoreOptions sweepingEvery(Duration pace) {
    return new NostrStoreOptions(
        durability, relays, pace, followerEvents, origin, anchorFolder, owner, clock, random);
  }

  /** The same with more or fewer events that may wait for a follower. */
  public NostrStoreOptions queueing(int events) {
    return new NostrStoreOptions(
        durability, relays, sweepEvery, events, origin, anchorFolder, owner, clock, random);
  }

  /** The same with another log's name. */
  public NostrStoreOptions named(String otherOrigin) {
    return new NostrStoreOptions(
        durability,
        relays,
        sweepEvery,
        followerEvents,
        otherOrigin,
        anchorFolder,
        owner,
        clock,
        random);
  }

  /** The same with the anchor in a folder. */
  public NostrStoreOptions anchoredIn(Path folder) {
    return new NostrStoreOptions(
        durability,
        relays,
        sweepEvery,
        followerEvents,
        origin,
        Optional.of(folder),
        owner,
        clock,
        random);
  }

  /** The same of somebody. */
  public NostrStoreOptions withOwner(PublicKey somebody) {
    return new NostrStoreOptions(
        durability,
        relays,
        sweepEvery,
        followerEvents,
        origin,
        anchorFolder,
        Optional.of(somebody),
        clock,
        random);
  }

  /** The same with another clock and other randomness. */
  public NostrStoreOptions with(InstantSource otherClock, RandomGenerator otherRandom) {
    return new NostrStoreOptions(
        durability,
        relays,
        sweepEvery,
        followerEvents,
        origin,
        anchorFolder,
        owner,
        otherClock,
        otherRandom);
  }

  /** What holds: what is said here, and otherwise what was said before. */
  StoreSettings settings(StoreSettings before) {
    return new StoreSettings(owner.or(before::owner), relays.orElse(before.relays()));
  }

  /** The tables that every store has, and those of its owner. */
  static List<Part> parts(StoreSettings settings) {
    List<Part> parts = new ArrayList<>();
    parts.add(new RelayHints());
    settings.owner().ifPresent(key -> parts.add(new Graph(key.hex(), Graph.DEFAULT_DEPTH)));
    parts.add(new SyncState());
    parts.add(new Aggregates());
    parts.add(new Search());
    return parts;
  }

  LogOptions forLog(Anchor anchor) {
    return LogOptions.withAnchor(anchor).with(clock, random);
  }
}
