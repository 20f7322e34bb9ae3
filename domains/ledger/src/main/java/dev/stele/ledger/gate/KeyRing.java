package dev.stele.ledger.gate;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a ledger as of one position of its log.
 *
 * <p>Immutable: an act gives another ring.
 */
public final class KeyRing {
  /**
   * The most keys a ledger may ever register: the ring is held in memory and copied by each act.
   */
  public static final int MAX_KEYS = 10_000;

  /** A ring without keys. */
  public static final KeyRing EMPTY = new KeyRing(Map.of());

  /**
   * One key.
   *
   * @param id {@link dev.stele.ledger.event.SignedEvent#keyId}
   * @param publicKey 32 bytes, shared, never written to
   * @param label for people
   * @param registeredAt the position of the act that registered it; it may sign after it
   * @param revokedAt the position of the act that revoked it, or 0
   */
  public record Key(String id, byte[] publicKey, String label, long registeredAt, long revokedAt) {
    /** Whether an event at {@code position} may be signed by this key. */
    public boolean activeAt(long position) {
      return registeredAt < position && (revokedAt == 0 || position < revokedAt);
    }

    /** Whether an event appended now may be signed by this key. */
    public boolean active() {
      return revokedAt == 0;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key that
          && id.equals(that.id)
          && Arrays.equals(publicKey, that.publicKey)
          && label.equals(that.label)
          && registeredAt == that.registeredAt
          && revokedAt == that.revokedAt;
    }

    @Override
    public int hashCode() {
      return id.hashCode();
    }
  }

  private final Map<String, Key> keys;

  private KeyRing(Map<String, Key> keys) {
    this.keys = keys;
  }

  /** The key with this id, revoked or not. */
  public Optional<Key> find(String id) {
    return Optional.ofNullable(keys.get(id));
  }

  /** All keys in the order of their registration. */
  public Collection<Key> keys() {
    return keys.values();
  }

  KeyRing with(Key key) {
    Map<String, Key> changed = new LinkedHashMap<>(keys);
    changed.put(key.id(), key);
    return new KeyRing(java.util.Collections.unmodifiableMap(changed));
  }

  KeyRing revoked(String id, long position) {
    Key key = keys.get(id);
    if (key == null) {
      throw new IllegalArgumentException("no key " + id);
    }
    return with(new Key(id, key.publicKey(), key.label(), key.registeredAt(), position));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyRing that && keys.equals(that.keys);
  }

  @Override
  public int hashCode() {
    return keys.hashCode();
  }

  @Override
  public String toString() {
    return "KeyRing" + keys.keySet();
  }
}
