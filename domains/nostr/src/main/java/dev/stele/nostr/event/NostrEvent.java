package dev.stele.nostr.event;

import dev.stele.crypto.Schnorr;
import dev.stele.crypto.Sha256;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A Nostr event (NIP-01), in shape. {@link #check} tells whether it is genuine.
 *
 * <p>Immutable.
 *
 * @param id the SHA-256 of {@link EventJson#commitment}, as 64 lower-case hex digits
 * @param pubkey the author's BIP-340 public key, as 64 lower-case hex digits
 * @param createdAt seconds since 1970 by the author's word, 0 to {@link #MAX_CREATED_AT}
 * @param kind 0 to {@link #MAX_KIND}
 * @param tags at most {@link #MAX_TAGS}; a tag may be empty, as some clients write them
 * @param content any text without lone surrogates, as every string in {@code tags}
 * @param sig the author's signature of the id's 32 bytes, as 128 lower-case hex digits
 */
public record NostrEvent(
    String id,
    String pubkey,
    long createdAt,
    int kind,
    List<List<String>> tags,
    String content,
    String sig) {

  /** The greatest kind (NIP-01). */
  public static final int MAX_KIND = 65_535;

  /** 2^53 - 1: beyond it clients that read numbers as doubles would hash another integer. */
  public static final long MAX_CREATED_AT = (1L << 53) - 1;

  /** The most tags; the longest contact lists seen in public have about half as many. */
  public static final int MAX_TAGS = 5_000;

  /** As many digits as {@link #MAX_CREATED_AT} has. */
  private static final int MAX_TIME_DIGITS = 16;

  private static final int HASH_DIGITS = 64;
  private static final int SIGNATURE_DIGITS = 128;

  /**
   * Makes an event, copying {@code tags}.
   *
   * @throws IllegalArgumentException if a component is out of its bounds
   */
  public NostrEvent {
    tags = tags.stream().map(List::copyOf).toList();
    Optional<String> flaw = flaw(id, pubkey, createdAt, kind, tags, content, sig);
    if (flaw.isPresent()) {
      throw new IllegalArgumentException(flaw.get());
    }
  }

  /** Returns what a relay keeps of events of this kind. */
  public KindClass kindClass() {
    return KindClass.of(kind);
  }

  /** Returns the value of the first tag of this name that has one. */
  public Optional<String> firstValue(String tag) {
    for (List<String> each : tags) {
      if (each.size() >= 2 && each.getFirst().equals(tag)) {
        return Optional.of(each.get(1));
      }
    }
    return Optional.empty();
  }

  /**
   * Returns when the event expires (NIP-40), in seconds since 1970: what the first {@code
   * expiration} tag says. Empty where there is none, or it says no number from 0 to {@link
   * #MAX_CREATED_AT} in digits alone: a time that nobody can read is no reason to drop an event.
   */
  public OptionalLong expiresAt() {
    Optional<String> said = firstValue("expiration");
    if (said.isEmpty() || said.get().isEmpty() || said.get().length() > MAX_TIME_DIGITS) {
      return OptionalLong.empty();
    }
    long time = 0;
    for (int i = 0; i < said.get().length(); i++) {
      char c = said.get().charAt(i);
      if (c < '0' || c > '9') {
        return OptionalLong.empty();
      }
      time = 10 * time + (c - '0');
    }
    return time <= MAX_CREATED_AT ? OptionalLong.of(time) : OptionalLong.empty();
  }

  /**
   * Tells whether the event is genuine: first whether the id is its hash, then, at some ten times
   * the cost, whether the signature is the author's.
   */
  public EventVerdict check() {
    byte[] hash = Sha256.hash(EventJson.commitment(this));
    HexFormat hex = HexFormat.of();
    if (!hex.formatHex(hash).equals(id)) {
      return EventVerdict.ID_MISMATCH;
    }
    return Schnorr.verify(hex.parseHex(pubkey), hash, hex.parseHex(sig))
        ? EventVerdict.AUTHENTIC
        : EventVerdict.BAD_SIGNATURE;
  }

  /** Returns what is out of bounds in an event of these components, if anything. */
  static Optional<String> flaw(
      String id,
      String pubkey,
      long createdAt,
      int kind,
      List<List<String>> tags,
      String content,
      String sig) {
    if (!LowerHex.is(id, HASH_DIGITS)) {
      return Optional.of("id must be 64 lower-case hex digits");
    }
    if (!LowerHex.is(pubkey, HASH_DIGITS)) {
      return Optional.of("pubkey must be 64 lower-case hex digits");
    }
    if (!LowerHex.is(sig, SIGNATURE_DIGITS)) {
      return Optional.of("sig must be 128 lower-case hex digits");
    }
    if (createdAt < 0 || createdAt > MAX_CREATED_AT) {
      return Optional.of("created_at must be 0 to 2^53 - 1, not " + createdAt);
    }
    if (kind < 0 || kind > MAX_KIND) {
      return Optional.of("kind must be 0 to 65535, not " + kind);
    }
    if (tags.size() > MAX_TAGS) {
      return Optional.of("there are more than " + MAX_TAGS + " tags");
    }
    for (List<String> tag : tags) {
      for (String value : tag) {
        if (hasLoneSurrogate(value)) {
          return Optional.of("a tag holds a lone surrogate");
        }
      }
    }
    return hasLoneSurrogate(content)
        ? Optional.of("content holds a lone surrogate")
        : Optional.empty();
  }

  private static boolean hasLoneSurrogate(String text) {
    boolean afterHigh = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (afterHigh != Character.isLowSurrogate(c)) {
        return true;
      }
      afterHigh = Character.isHighSurrogate(c);
    }
    return afterHigh;
  }
}
