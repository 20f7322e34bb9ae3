package dev.stele.nostr.relay;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.NostrFilter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One thing a relay's operator wants: a small function. A relay asks a list of them in order, and
 * the first that refuses decides.
 *
 * <p>A policy is asked before an event's id and signature are checked, so that what is not wanted
 * costs little. It is thread-safe.
 */
public sealed interface Policy {
  /**
   * Which events may come in. A request to vanish (NIP-62) passes by who its author is: a relay has
   * to heed it from everybody.
   */
  @FunctionalInterface
  non-sealed interface OfEvents extends Policy {
    /** Judges an event that a client wants to have kept. */
    Ruling judge(NostrEvent event, Client client);
  }

  /** Which filters may be asked for, in REQ, COUNT and NEG-OPEN. */
  @FunctionalInterface
  non-sealed interface OfRequests extends Policy {
    /** Judges the filters of one request. */
    Ruling judge(List<NostrFilter> filters, Client client);
  }

  /** Which events may go out, of those that match; others are left out without a word. */
  @FunctionalInterface
  non-sealed interface OfReading extends Policy {
    /** Tells whether a client may read an event. */
    boolean mayRead(NostrEvent event, Client client);

    /** The kinds that it may keep from anybody; empty where it may be any. */
    default Optional<Set<Integer>> keepsBack() {
      return Optional.empty();
    }
  }

  /** Kinds that only those may read who have a part in an event. */
  record PartiesOnly(Set<Integer> kinds) implements OfReading {
    /** Copies the set. */
    public PartiesOnly {
      kinds = Set.copyOf(kinds);
    }

    @Override
    public boolean mayRead(NostrEvent event, Client client) {
      return !kinds.contains(event.kind())
          || client.keys().contains(event.pubkey())
          || event.tags().stream()
              .anyMatch(
                  tag ->
                      tag.size() >= 2
                          && tag.getFirst().equals("p")
                          && client.keys().contains(tag.get(1)));
    }

    @Override
    public Optional<Set<Integer>> keepsBack() {
      return Optional.of(kinds);
    }
  }

  /** Nobody writes but these authors. */
  static OfEvents onlyAuthors(Set<PublicKey> authors) {
    Set<String> allowed = hex(authors);
    return (event, client) ->
        allowed.contains(event.pubkey())
            ? Ruling.PASS
            : new Ruling.Refuse(Prefix.RESTRICTED, "this author may not write here");
  }

  /** These authors do not write. */
  static OfEvents notAuthors(Set<PublicKey> authors) {
    Set<String> denied = hex(authors);
    return (event, client) ->
        denied.contains(event.pubkey())
            ? new Ruling.Refuse(Prefix.BLOCKED, "this author may not write here")
            : Ruling.PASS;
  }

  /** No kinds are taken but these. */
  static OfEvents onlyKinds(Set<Integer> kinds) {
    Set<Integer> allowed = Set.copyOf(kinds);
    return (event, client) ->
        allowed.contains(event.kind())
            ? Ruling.PASS
            : new Ruling.Refuse(Prefix.BLOCKED, "kind " + event.kind() + " is not taken here");
  }

  /** These kinds are not taken. */
  static OfEvents notKinds(Set<Integer> kinds) {
    Set<Integer> denied = Set.copyOf(kinds);
    return (event, client) ->
        denied.contains(event.kind())
            ? new Ruling.Refuse(Prefix.BLOCKED, "kind " + event.kind() + " is not taken here")
            : Ruling.PASS;
  }

  /** Nobody writes before a key of theirs has authenticated (NIP-42). */
  static OfEvents authenticatedWriters() {
    return (event, client) ->
        client.isAuthenticated()
            ? Ruling.PASS
            : new Ruling.Refuse(Prefix.AUTH_REQUIRED, "who writes here must authenticate");
  }

  /** Each origin writes so many events a minute. */
  static OfEvents eventRate(TokenBuckets buckets) {
    return (event, client) ->
        buckets.take(client.origin())
            ? Ruling.PASS
            : new Ruling.Refuse(Prefix.RATE_LIMITED, "too many events; wait a little");
  }

  /**
   * So much work went into each id (NIP-13): its leading zero bits, and a {@code nonce} tag that
   * says the author aimed for as many.
   */
  static OfEvents proofOfWork(int bits) {
    if (bits < 0 || bits > 256) {
      throw new IllegalArgumentException("an id has 256 bits, not " + bits);
    }
    return (event, client) -> {
      int done = Math.min(ProofOfWork.bits(event.id()), ProofOfWork.target(event));
      return bits == 0 || done >= bits
          ? Ruling.PASS
          : new Ruling.Refuse(
              Prefix.PROOF_OF_WORK, "%d bits of work are wanted, not %d".formatted(bits, done));
    };
  }

  /** No event has more tags or a longer content, in characters. */
  static OfEvents size(int maxTags, int maxContentChars) {
    return (event, client) -> {
      if (event.tags().size() > maxTags) {
        return new Ruling.Refuse(Prefix.INVALID, "at most %d tags are taken".formatted(maxTags));
      }
      return event.content().codePointCount(0, event.content().length()) > maxContentChars
          ? new Ruling.Refuse(
              Prefix.INVALID,
              "at most %d characters of content are taken".formatted(maxContentChars))
          : Ruling.PASS;
    };
  }

  /** No event is dated before a time so long ago. */
  static OfEvents notOlderThan(Duration age, InstantSource clock) {
    return (event, client) ->
        event.createdAt() < clock.instant().minus(age).getEpochSecond()
            ? new Ruling.Refuse(Prefix.INVALID, "created_at is too long ago")
            : Ruling.PASS;
  }

  /** No event is dated further ahead than this. */
  static OfEvents notAheadBy(Duration lead, InstantSource clock) {
    return (event, client) ->
        event.createdAt() > clock.instant().plus(lead).getEpochSecond()
            ? new Ruling.Refuse(Prefix.INVALID, "created_at is too far in the future")
            : Ruling.PASS;
  }

  /** Nobody reads before a key of theirs has authenticated (NIP-42). */
  static OfRequests authenticatedReaders() {
    return (filters, client) ->
        client.isAuthenticated()
            ? Ruling.PASS
            : new Ruling.Refuse(Prefix.AUTH_REQUIRED, "who reads here must authenticate");
  }

  /** Nobody reads but those who hold one of these keys. */
  static OfRequests onlyReaders(Set<PublicKey> readers) {
    Set<String> allowed = hex(readers);
    return (filters, client) -> {
      if (!client.isAuthenticated()) {
        return new Ruling.Refuse(Prefix.AUTH_REQUIRED, "who reads here must authenticate");
      }
      return client.keys().stream().anyMatch(allowed::contains)
          ? Ruling.PASS
          : new Ruling.Refuse(Prefix.RESTRICTED, "this key may not read here");
    };
  }

  /** Each origin makes so many requests a minute. */
  static OfRequests requestRate(TokenBuckets buckets) {
    return (filters, client) ->
        buckets.take(client.origin())
            ? Ruling.PASS
            : new Ruling.Refuse(Prefix.RATE_LIMITED, "too many requests; wait a little");
  }

  /**
   * Events of these kinds, such as 4 and 1059, go to nobody but their author and those they name in
   * {@code p} tags.
   */
  static OfReading partiesOnly(Set<Integer> kinds) {
    return new PartiesOnly(kinds);
  }

  private static Set<String> hex(Set<PublicKey> keys) {
    return keys.stream().map(PublicKey::hex).collect(Collectors.toUnmodifiableSet());
  }
}
