package dev.stele.core.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a gate admits and the log is asked to remember: an event without a place yet.
 *
 * <p>Immutable. Stream, type and id stay readable for ever; payload, claims and subject can be
 * erased.
 *
 * @param stream the ordered subset of the log this event joins: 1 to 1,024 bytes of UTF-8
 * @param type what kind of event this is, in the domain's words: 1 to 256 bytes of UTF-8
 * @param id the event's id in the domain's words: 0 (none) to 1,024 bytes of UTF-8
 * @param payload 0 to {@value #MAX_PAYLOAD_BYTES} bytes; copied
 * @param claims at most {@value #MAX_CLAIMS}, no key twice; in the order in which they are looked
 *     at: the first that is held decides what a duplicate gets
 * @param subject whom the event is about, for erasure; empty for nobody, at most 1,024 bytes
 */
public record EventDraft(
    String stream, String type, String id, byte[] payload, List<Claim> claims, String subject) {
  /** How the names of streams begin that only the log itself writes to. */
  public static final String LOGS_OWN = "stele/";

  /** The most bytes of UTF-8 a stream's name may have. */
  public static final int MAX_STREAM_BYTES = 1_024;

  /** The most bytes of UTF-8 a type may have. */
  public static final int MAX_TYPE_BYTES = 256;

  /** The most bytes of UTF-8 an event id may have. */
  public static final int MAX_ID_BYTES = 1_024;

  /** The most bytes of UTF-8 a subject may have. */
  public static final int MAX_SUBJECT_BYTES = 1_024;

  /**
   * The most bytes a payload may have: several of them must fit the smallest supported heap (64 MB)
   * while a verifier reads on two threads.
   */
  public static final int MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

  /** The most claims one event may make; each costs a look-up in every append. */
  public static final int MAX_CLAIMS = 16;

  /** Checks every bound and copies what could change. */
  public EventDraft {
    requireBytes("stream", stream, 1, MAX_STREAM_BYTES);
    requireBytes("type", type, 1, MAX_TYPE_BYTES);
    requireBytes("id", id, 0, MAX_ID_BYTES);
    requireBytes("subject", subject, 0, MAX_SUBJECT_BYTES);
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "a payload has at most " + MAX_PAYLOAD_BYTES + " bytes, not " + payload.length);
    }
    if (claims.size() > MAX_CLAIMS) {
      throw new IllegalArgumentException(
          "an event makes at most " + MAX_CLAIMS + " claims, not " + claims.size());
    }
    payload = payload.clone();
    claims = List.copyOf(claims);
    for (int i = 1; i < claims.size(); i++) {
      for (int earlier = 0; earlier < i; earlier++) {
        if (claims.get(i).takesSameKeyAs(claims.get(earlier))) {
          throw new IllegalArgumentException(
              "an event claims a key once, not twice: " + claims.get(i));
        }
      }
    }
  }

  /** An event that claims nothing and is about nobody. */
  public static EventDraft of(String stream, String type, String id, byte[] payload) {
    return new EventDraft(stream, type, id, payload, List.of(), "");
  }

  /** Returns a copy of the payload. */
  @Override
  public byte[] payload() {
    return payload.clone();
  }

  byte[] payloadUnshared() {
    return payload;
  }

  /** Tells whether {@code text} is well-formed UTF-16 and fits {@code max} bytes of UTF-8. */
  public static boolean fits(String text, int min, int max) {
    if (text.length() < min || text.length() > max) {
      return false;
    }
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes++;
      } else if (c < 0x800) {
        bytes += 2;
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      } else {
        bytes += 3;
      }
    }
    return bytes <= max;
  }

  private static void requireBytes(String what, String text, int min, int max) {
    if (!fits(text, min, max)) {
      throw new IllegalArgumentException(
          "%s has %d to %d bytes of well-formed UTF-8, not %d characters: %.40s"
              .formatted(what, min, max, text.length(), text));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventDraft that
        && stream.equals(that.stream)
        && type.equals(that.type)
        && id.equals(that.id)
        && Arrays.equals(payload, that.payload)
        && claims.equals(that.claims)
        && subject.equals(that.subject);
  }

  @Override
  public int hashCode() {
    return 31 * stream.hashCode() + Arrays.hashCode(payload);
  }

  @Override
  public String toString() {
    return "EventDraft[stream=%s, type=%s, id=%s, payload=%d bytes]"
        .formatted(stream, type, id, payload.length);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
