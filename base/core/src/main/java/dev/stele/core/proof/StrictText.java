package dev.stele.core.proof;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The spellings that every text of proofs and of witnesses shares, each with exactly one form per
 * value.
 *
 * <p>One form per value matters: two texts of one meaning would be two things to sign.
 */
public final class StrictText {
  private StrictText() {}

  /** Reads standard base64 with padding; loose bits at the end are refused. */
  public static Optional<byte[]> base64(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      return base64(bytes).equals(text) ? Optional.of(bytes) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Writes standard base64 with padding. */
  public static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Reads base64 of exactly 32 bytes. */
  public static Optional<byte[]> hash(String text) {
    return base64(text).filter(bytes -> bytes.length == Merkle.HASH_BYTES);
  }

  /** Reads a decimal from 0 to 2^63 - 1 without sign or leading zero. */
  public static OptionalLong decimal(String text) {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!digits || (text.length() > 1 && text.charAt(0) == '0')) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Reads UTF-8 without any malformed sequence. */
  public static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** Tells whether the text can stand in a note: encodable, and no control byte but line feed. */
  static boolean isClean(String text) {
    if (text.chars().anyMatch(c -> c < ' ' && c != '\n')) {
      return false;
    }
    try {
      StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** Tells whether the text is one non-empty line that can stand in a note. */
  static boolean isLine(String text) {
    return !text.isEmpty() && text.indexOf('\n') < 0 && isClean(text);
  }

  /**
   * Tells whether the text can name a key: a line without a Unicode space and without a plus sign.
   */
  static boolean isKeyName(String text) {
    return isLine(text)
        && text.indexOf('+') < 0
        && text.codePoints().noneMatch(StrictText::isUnicodeSpace);
  }

  private static boolean isUnicodeSpace(int codePoint) {
    // The white-space property of Unicode: Java's two notions together miss only NEXT LINE.
    return Character.isWhitespace(codePoint)
        || Character.isSpaceChar(codePoint)
        || codePoint == 0x85;
  }
}
