package dev.stele.envelope.gate;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which public keys an id names, from when to when: the root of trust of strict verification.
 *
 * <p>It comes from a file ({@link EnvelopeKeys}), from the key acts of a log ({@link #replay}), or
 * both. An id may name several keys at once, so that one can follow another. Immutable: each act
 * gives another registry.
 */
public final class EnvelopeKeyRegistry {
  /** The most keys a registry holds: it is kept in memory. Acts for more count for nothing. */
  public static final int MAX_KEYS = 10_000;

  /**
   * So long after a gate has judged an envelope the log has recorded it, or the caller was slower
   * than any should be. Within it an honest log may hold what a revocation came just too late for.
   */
  static final Duration RECORDED_WITHIN = Duration.ofMinutes(5);

  /** A registry without keys: it admits nothing. */
  public static final EnvelopeKeyRegistry EMPTY = new EnvelopeKeyRegistry(Map.of(), List.of());

  /**
   * One key under one id.
   *
   * @param keyId the id
   * @param publicKey 32 bytes; copied
   * @param validFrom the first moment at which it counts, or null for always
   * @param validUntil the first moment at which it counts no more, or null for never
   * @param revokedAt the moment from which it admits nothing whatever an envelope claims, or null
   * @param reason why it was revoked, or empty
   */
  public record Entry(
      String keyId,
      byte[] publicKey,
      @Nullable Instant validFrom,
      @Nullable Instant validUntil,
      @Nullable Instant revokedAt,
      String reason) {
    /** Checks the length and copies the key. */
    public Entry {
      if (publicKey.length != Ed25519.PUBLIC_KEY_BYTES) {
        throw new IllegalArgumentException("a public key has 32 bytes, not " + publicKey.length);
      }
      publicKey = publicKey.clone();
    }

    /** A key that always counts. */
    public static Entry of(String keyId, byte[] publicKey) {
      return new Entry(keyId, publicKey, null, null, null, "");
    }

    /** Returns a copy of the public key. */
    @Override
    public byte[] publicKey() {
      return publicKey.clone();
    }

    boolean isOf(byte[] key) {
      return Arrays.equals(publicKey, key);
    }

    Entry revoked(Instant at, String why) {
      return revokedAt != null && !at.isBefore(revokedAt)
          ? this
          : new Entry(keyId, publicKey, validFrom, validUntil, at, why);
    }

    /** Why this key admits nothing that was issued and is judged then; empty if it does. */
    Optional<String> flaw(Instant issuedAt, Instant now) {
      Instant later = issuedAt.isAfter(now) ? issuedAt : now;
      Instant earlier = issuedAt.isAfter(now) ? now : issuedAt;
      if (revokedAt != null && !later.isBefore(revokedAt)) {
        return Optional.of(
            "the key was revoked at " + revokedAt + (reason.isEmpty() ? "" : ": " + reason));
      }
      if (validFrom != null && earlier.isBefore(validFrom)) {
        return Optional.of("the key is not valid before " + validFrom);
      }
      return validUntil != null && !later.isBefore(validUntil)
          ? Optional.of("the key is not valid from %s on".formatted(validUntil))
          : Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Entry that
          && keyId.equals(that.keyId)
          && isOf(that.publicKey)
          && Objects.equals(validFrom, that.validFrom)
          && Objects.equals(validUntil, that.validUntil)
          && Objects.equals(revokedAt, that.revokedAt)
          && reason.equals(that.reason);
    }

    @Override
    public int hashCode() {
      return 31 * keyId.hashCode() + Arrays.hashCode(publicKey);
    }
  }

  private record Placed(long position, KeyAct act) {}

  private final Map<String, List<Entry>> entries;
  private final List<Entry> configured;
  private final List<Placed> acts;

  private EnvelopeKeyRegistry(Map<String, List<Entry>> entries, List<Entry> configured) {
    this(entries, configured, List.of());
  }

  private EnvelopeKeyRegistry(
      Map<String, List<Entry>> entries, List<Entry> configured, List<Placed> acts) {
    this.entries = entries;
    this.configured = configured;
    this.acts = acts;
  }

  /**
   * A registry of these keys.
   *
   * @throws IllegalArgumentException for more than {@value #MAX_KEYS}, or for one key twice under
   *     one id
   */
  public static EnvelopeKeyRegistry of(List<Entry> keys) {
    if (keys.size() > MAX_KEYS) {
      throw new IllegalArgumentException(
          "a registry holds at most %d keys, not %d".formatted(MAX_KEYS, keys.size()));
    }
    Map<String, List<Entry>> entries = new LinkedHashMap<>();
    for (Entry key : keys) {
      List<Entry> named = entries.computeIfAbsent(key.keyId(), _ -> new ArrayList<>());
      if (named.stream().anyMatch(other -> other.isOf(key.publicKey))) {
        throw new IllegalArgumentException("one key stands twice under the id " + key.keyId());
      }
      named.add(key);
    }
    return new EnvelopeKeyRegistry(frozen(entries), List.copyOf(keys));
  }

  private static Map<String, List<Entry>> frozen(Map<String, List<Entry>> entries) {
    entries.replaceAll((_, named) -> List.copyOf(named));
    return Collections.unmodifiableMap(entries);
  }

  /**
   * The registry that the acts among {@code events} make, each judged again: who holds the rows
   * cannot add a key without the log's signature. Other events are passed over.
   *
   * @param log the log's public key
   * @param events in order of position
   */
  public static EnvelopeKeyRegistry replay(VerifierKey log, Iterable<StoredEvent> events) {
    return EMPTY.withActs(log, events);
  }

  /** This registry and the acts among {@code events}, as {@link #replay} takes them up. */
  public EnvelopeKeyRegistry withActs(VerifierKey log, Iterable<StoredEvent> events) {
    Folding folding = new Folding(this);
    for (StoredEvent event : events) {
      if (event.admittedBy().equals(EnvelopeKeyGate.ID.toString())) {
        event
            .payload()
            .flatMap(note -> EnvelopeKeyGate.act(log, note))
            .ifPresent(act -> folding.apply(event.position(), act));
      }
    }
    return folding.done();
  }

  /**
   * This registry after one more act.
   *
   * @param position where the act stands; acts come in order of position
   */
  public EnvelopeKeyRegistry with(long position, KeyAct act) {
    Folding folding = new Folding(this);
    folding.apply(position, act);
    return folding.done();
  }

  /** The registry as it was after the events up to {@code position}: later acts are undone. */
  public EnvelopeKeyRegistry asOf(long position) {
    if (acts.isEmpty() || acts.getLast().position <= position) {
      return this;
    }
    Folding folding = new Folding(of(configured));
    for (Placed placed : acts) {
      if (placed.position <= position) {
        folding.apply(placed.position, placed.act);
      }
    }
    return folding.done();
  }

  /** The keys that {@code keyId} names, revoked or not; empty for an id that nobody knows. */
  public List<Entry> find(String keyId) {
    return entries.getOrDefault(keyId, List.of());
  }

  /** All keys. */
  public List<Entry> keys() {
    return entries.values().stream().flatMap(List::stream).toList();
  }

  /**
   * Why an envelope of this id and key, issued and judged then, has no standing; empty if it has.
   *
   * <p>A key must count both when the envelope says that it was issued and when it is judged: who
   * steals a key can write any time into a header.
   */
  public Optional<String> flaw(String keyId, byte[] publicKey, Instant issuedAt, Instant now) {
    List<Entry> named = find(keyId);
    if (named.isEmpty()) {
      return Optional.of("no key is registered under this key_id");
    }
    for (Entry entry : named) {
      if (entry.isOf(publicKey)) {
        return entry.flaw(issuedAt, now);
      }
    }
    return Optional.of("the public key is not one that is registered under this key_id");
  }

  /**
   * The same for an envelope that is in the log already: the time of recording stands for that of
   * the judgement, and was up to {@link #RECORDED_WITHIN} later.
   */
  Optional<String> flawInLog(String keyId, byte[] publicKey, Instant issuedAt, Instant recordedAt) {
    Optional<String> flaw = flaw(keyId, publicKey, issuedAt, issuedAt);
    return flaw.isPresent()
        ? flaw
        : find(keyId).stream()
            .filter(entry -> entry.isOf(publicKey) && entry.revokedAt() != null)
            .filter(entry -> !recordedAt.minus(RECORDED_WITHIN).isBefore(entry.revokedAt()))
            .findFirst()
            .map(entry -> "the key was revoked at " + entry.revokedAt());
  }

  /** Takes up acts, one after another. */
  private static final class Folding {
    private final Map<String, List<Entry>> entries;
    private final List<Entry> configured;
    private final List<Placed> acts;
    private int size;

    Folding(EnvelopeKeyRegistry from) {
      this.entries = new LinkedHashMap<>(from.entries);
      this.configured = from.configured;
      this.acts = new ArrayList<>(from.acts);
      this.size = entries.values().stream().mapToInt(List::size).sum();
    }

    void apply(long position, KeyAct act) {
      List<Entry> named = new ArrayList<>(entries.getOrDefault(act.keyId(), List.of()));
      byte[] publicKey = act.publicKey();
      int at = 0;
      while (at < named.size() && !named.get(at).isOf(publicKey)) {
        at++;
      }
      boolean known = at < named.size();
      if (!known && size >= MAX_KEYS) {
        return;
      }
      Entry entry =
          switch (act) {
            // A revoked key never comes back.
            case KeyAct.Register register ->
                known && named.get(at).revokedAt() != null
                    ? named.get(at)
                    : new Entry(
                        act.keyId(),
                        publicKey,
                        register.validFrom(),
                        register.validUntil(),
                        null,
                        "");
            case KeyAct.Revoke revoke ->
                (known ? named.get(at) : Entry.of(act.keyId(), publicKey))
                    .revoked(revoke.at(), revoke.reason());
          };
      if (known) {
        named.set(at, entry);
      } else {
        named.add(entry);
        size++;
      }
      entries.put(act.keyId(), List.copyOf(named));
      acts.add(new Placed(position, act));
    }

    EnvelopeKeyRegistry done() {
      return new EnvelopeKeyRegistry(
          Collections.unmodifiableMap(entries), configured, List.copyOf(acts));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EnvelopeKeyRegistry that && entries.equals(that.entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return "EnvelopeKeyRegistry" + entries.keySet();
  }
}
