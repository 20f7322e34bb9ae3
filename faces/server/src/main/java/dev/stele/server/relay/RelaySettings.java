package dev.stele.server.relay;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.relay.Policy;
import dev.stele.nostr.relay.RelayInformation;
import dev.stele.nostr.relay.RelayLimits;
import dev.stele.nostr.relay.TokenBuckets;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What a relay's owner wants of it. What it says of itself and what it keeps to come from here
 * both. Immutable.
 *
 * @param log the log it speaks for; by default the first of its kind
 * @param url as clients write it
 * @param name a short one
 * @param description what it is for
 * @param contact where the owner is reached
 * @param owner the owner's key
 * @param writers who may write besides the owner; nobody in it: everybody may
 * @param denied who may not
 * @param auth what needs an authenticated key
 * @param privateKinds kinds that only their author and those they name may read
 * @param workBits that each event's id must show
 * @param eventsAMinute of one address; 0 for no limit
 * @param requestsAMinute of one address; 0 for no limit
 * @param maxContentChars of an event; 0 for no limit but the frame's
 * @param maxTags of an event
 * @param limits of one connection
 * @param maxSubscriptions of all connections together
 * @param maxConnections in all
 * @param maxConnectionsOfAddress from one address
 * @param forwarded the header in which a proxy on this machine says who calls
 * @param heartbeat after how long a silence a client is pinged, and after how long another let go
 * @param patience how long a client may take to read one message
 */
public record RelaySettings(
    Optional<String> log,
    Optional<String> url,
    String name,
    String description,
    Optional<String> contact,
    Optional<PublicKey> owner,
    Set<PublicKey> writers,
    Set<PublicKey> denied,
    Auth auth,
    Set<Integer> privateKinds,
    int workBits,
    int eventsAMinute,
    int requestsAMinute,
    int maxContentChars,
    int maxTags,
    RelayLimits limits,
    int maxSubscriptions,
    int maxConnections,
    int maxConnectionsOfAddress,
    Optional<String> forwarded,
    Duration heartbeat,
    Duration patience) {
  /** What needs an authenticated key (NIP-42). */
  public enum Auth {
    /** Nothing but what is protected or private by itself. */
    OFF,
    /** To write. */
    WRITE,
    /** To write and to read. */
    ALL
  }

  /** Copies the sets. */
  public RelaySettings {
    writers = Set.copyOf(writers);
    denied = Set.copyOf(denied);
    privateKinds = Set.copyOf(privateKinds);
  }

  /** The settings of a configuration that was checked. */
  public static RelaySettings of(ServerConfig config) {
    RelayLimits usual = RelayLimits.DEFAULT;
    int limit = config.number(Setting.RELAY_LIMIT);
    return new RelaySettings(
        text(config, Setting.RELAY_LOG),
        text(config, Setting.RELAY_URL),
        config.text(Setting.RELAY_NAME),
        config.text(Setting.RELAY_DESCRIPTION),
        text(config, Setting.RELAY_CONTACT),
        config.nostrKeys(Setting.RELAY_OWNER).stream().findFirst(),
        config.nostrKeys(Setting.RELAY_WRITERS),
        config.nostrKeys(Setting.RELAY_DENIED),
        auth(config.text(Setting.RELAY_AUTH)),
        config.words(Setting.RELAY_PRIVATE).stream()
            .map(Integer::valueOf)
            .collect(Collectors.toUnmodifiableSet()),
        config.number(Setting.RELAY_WORK),
        config.number(Setting.RELAY_EVENTS),
        config.number(Setting.RELAY_REQUESTS),
        config.number(Setting.RELAY_CONTENT),
        config.number(Setting.RELAY_TAGS),
        new RelayLimits(
            config.number(Setting.RELAY_MESSAGE),
            config.number(Setting.RELAY_SUBSCRIPTIONS),
            config.number(Setting.RELAY_FILTERS),
            limit,
            Math.min(limit, usual.defaultLimit()),
            usual.maxReconciliations(),
            usual.maxReconciledEvents(),
            usual.maxWaitingEvents(),
            usual.pieceEvents(),
            usual.authWindow()),
        config.number(Setting.RELAY_SUBSCRIPTIONS_ALL),
        config.number(Setting.RELAY_CONNECTIONS),
        config.number(Setting.RELAY_CONNECTIONS_ADDRESS),
        text(config, Setting.RELAY_FORWARDED),
        Duration.ofSeconds(config.number(Setting.RELAY_HEARTBEAT)),
        Duration.ofSeconds(config.number(Setting.RELAY_PATIENCE)));
  }

  private static Optional<String> text(ServerConfig config, Setting setting) {
    return config.isSet(setting) ? Optional.of(config.text(setting)) : Optional.empty();
  }

  private static Auth auth(String text) {
    return switch (text) {
      case "write" -> Auth.WRITE;
      case "all" -> Auth.ALL;
      default -> Auth.OFF;
    };
  }

  /** What is asked of each event and request, the cheapest first. */
  List<Policy> policies(LongSupplier nanoTime) {
    List<Policy> policies = new ArrayList<>();
    if (eventsAMinute > 0) {
      policies.add(Policy.eventRate(new TokenBuckets(eventsAMinute, eventsAMinute, nanoTime)));
    }
    if (requestsAMinute > 0) {
      policies.add(
          Policy.requestRate(new TokenBuckets(requestsAMinute, requestsAMinute, nanoTime)));
    }
    if (!denied.isEmpty()) {
      policies.add(Policy.notAuthors(denied));
    }
    if (!writers.isEmpty()) {
      Set<PublicKey> allowed = new HashSet<>(writers);
      owner.ifPresent(allowed::add);
      policies.add(Policy.onlyAuthors(allowed));
    }
    switch (auth) {
      case OFF -> {}
      case WRITE -> policies.add(Policy.authenticatedWriters());
      case ALL -> {
        policies.add(Policy.authenticatedWriters());
        policies.add(Policy.authenticatedReaders());
      }
    }
    if (workBits > 0) {
      policies.add(Policy.proofOfWork(workBits));
    }
    if (maxTags < NostrEvent.MAX_TAGS || maxContentChars > 0) {
      policies.add(Policy.size(maxTags, maxContentChars > 0 ? maxContentChars : Integer.MAX_VALUE));
    }
    if (!privateKinds.isEmpty()) {
      policies.add(Policy.partiesOnly(privateKinds));
    }
    return policies;
  }

  /** What the relay says of itself (NIP-11). */
  public RelayInformation information() {
    return new RelayInformation(
        name,
        description,
        owner.map(PublicKey::hex),
        contact,
        limits,
        new RelayInformation.Rules(
            workBits,
            auth == Auth.ALL,
            !writers.isEmpty() || !denied.isEmpty() || auth != Auth.OFF || workBits > 0,
            OptionalInt.of(maxTags),
            maxContentChars > 0 ? OptionalInt.of(maxContentChars) : OptionalInt.empty(),
            OptionalLong.empty(),
            OptionalLong.empty()));
  }
}
