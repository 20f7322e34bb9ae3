package dev.stele.nostr.view;

import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Texts of any length as short keys, different for different texts.
 *
 * <pre>
 *   64 lower-case hex digits   01 │ the 32 bytes they stand for
 *   up to 64 bytes             02 │ its UTF-8 bytes
 *   anything longer            03 │ SHA-256 of its UTF-8 bytes
 *   half a surrogate pair      04 │ SHA-256 of its UTF-16 units: asked for, but in no event
 * </pre>
 */
final class ValueKey {
  /** 64 bytes: most hashtags, relays and names fit, and a key stays far below its limit. */
  static final int MAX_PLAIN_BYTES = 64;

  private static final int HASH_DIGITS = 64;
  private static final byte HASH = 1;
  private static final byte PLAIN = 2;
  private static final byte HASHED = 3;
  private static final byte NO_TEXT = 4;

  private ValueKey() {}

  /** The key of a text. */
  static byte[] of(String text) {
    return encode(text, 0);
  }

  /** The key of a tag with this letter and first value. */
  static byte[] ofTag(char letter, String value) {
    byte[] key = encode(value, 1);
    key[0] = (byte) letter;
    return key;
  }

  private static byte[] encode(String text, int room) {
    if (isHash(text)) {
      return join(room, HASH, HexFormat.of().parseHex(text));
    }
    byte[] utf8;
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      utf8 = new byte[encoded.remaining()];
      encoded.get(utf8);
    } catch (CharacterCodingException e) {
      ByteBuffer characters = ByteBuffer.allocate(2 * text.length());
      text.chars().forEach(c -> characters.putChar((char) c));
      return join(room, NO_TEXT, Sha256.hash(characters.array()));
    }
    return utf8.length <= MAX_PLAIN_BYTES
        ? join(room, PLAIN, utf8)
        : join(room, HASHED, Sha256.hash(utf8));
  }

  private static byte[] join(int room, byte form, byte[] rest) {
    byte[] key = new byte[room + 1 + rest.length];
    key[room] = form;
    System.arraycopy(rest, 0, key, room + 1, rest.length);
    return key;
  }

  /** Whether a text is 64 lower-case hex digits, as ids and keys are. */
  static boolean isHash(String text) {
    if (text.length() != HASH_DIGITS) {
      return false;
    }
    for (int i = 0; i < HASH_DIGITS; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }
}
