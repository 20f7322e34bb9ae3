package dev.stele.mcp.event;

import dev.stele.crypto.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * A place in a stream, as a client carries it: {@code token.sequence}.
 *
 * <pre>
 *   token     check - stream        where the stream's name is of letters, digits, - _ and . alone
 *             check ~ base64url(stream)                                            where it is not
 *   check     base64url(first 8 bytes of SHA-256 over tenant, user, session, stream, each with
 *             its length before it)
 *   sequence  its revision in the log's stream, in decimal, from 1
 * </pre>
 *
 * <p>Only letters, digits, {@code -}, {@code _}, {@code ~} and {@code .}: it stands in a header as
 * it is. What scope it is of is checked without a look-up. The token is no secret and gives no
 * right: whoever presents an id is told of streams of their own scope alone, and the token keeps an
 * id that strayed from being taken for another stream's.
 *
 * @param stream the stream's name within the session
 * @param sequence the place in it, from 1
 */
public record McpEventId(String stream, long sequence) {
  /** The longest id: the token of the longest stream's name, a dot and 19 digits. */
  public static final int MAX_CHARS = 11 + 1 + 342 + 1 + 19;

  /** 64 bits: that an id of one scope is one of another as well takes luck of one in 2^64. */
  private static final int CHECK_BYTES = 8;

  private static final int CHECK_CHARS = 11;

  private static final char PLAIN = '-';
  private static final char ENCODED = '~';

  private static final int MAX_DIGITS = 19;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

  /** Checks the bounds. */
  public McpEventId {
    if (!McpStreamName.isName(stream) || sequence < 1) {
      throw new IllegalArgumentException(
          "an event has a stream and a sequence from 1, not %d".formatted(sequence));
    }
  }

  /** The part of an id that all events of a stream share. */
  public static String token(McpScope scope, String stream) {
    byte[] name = stream.getBytes(StandardCharsets.UTF_8);
    return isPlain(stream)
        ? check(scope, name) + PLAIN + stream
        : check(scope, name) + ENCODED + ENCODER.encodeToString(name);
  }

  private static boolean isPlain(String stream) {
    for (int i = 0; i < stream.length(); i++) {
      char c = stream.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_'
              || c == '.';
      if (!plain) {
        return false;
      }
    }
    return true;
  }

  /** An id of its two parts. */
  public static String of(String token, long sequence) {
    return token + "." + sequence;
  }

  /** The id of an event of a scope. */
  public static String of(McpScope scope, String stream, long sequence) {
    return of(token(scope, stream), sequence);
  }

  /** What stands for a stream where its name and its session's must not be told: 11 characters. */
  public static String tag(McpScope scope, String stream) {
    return check(scope, stream.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads an id, in whatever shape it came; empty when no event of this scope can have it. */
  public static Optional<McpEventId> decode(McpScope scope, String id) {
    int dot = id.lastIndexOf('.');
    if (id.length() > MAX_CHARS || dot <= CHECK_CHARS + 1 || !isNumber(id, dot + 1)) {
      return Optional.empty();
    }
    String name = id.substring(CHECK_CHARS + 1, dot);
    Optional<String> stream =
        switch (id.charAt(CHECK_CHARS)) {
          case PLAIN -> Optional.of(name).filter(McpStreamName::isName);
          case ENCODED -> name(name);
          default -> Optional.empty();
        };
    // Made anew and compared, so that an id has one spelling.
    if (stream.isEmpty() || !token(scope, stream.get()).equals(id.substring(0, dot))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new McpEventId(stream.get(), Long.parseLong(id, dot + 1, id.length(), 10)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static boolean isNumber(String id, int from) {
    int digits = id.length() - from;
    if (digits < 1 || digits > MAX_DIGITS || id.charAt(from) == '0') {
      return false;
    }
    for (int i = from; i < id.length(); i++) {
      if (id.charAt(i) < '0' || id.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  private static Optional<String> name(String encoded) {
    try {
      String name =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(DECODER.decode(encoded)))
              .toString();
      return McpStreamName.isName(name) ? Optional.of(name) : Optional.empty();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static String check(McpScope scope, byte[] stream) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out, scope.tenant().getBytes(StandardCharsets.UTF_8));
    write(out, scope.user().getBytes(StandardCharsets.UTF_8));
    write(out, scope.session().getBytes(StandardCharsets.UTF_8));
    write(out, stream);
    return ENCODER.encodeToString(Arrays.copyOf(Sha256.hash(out.toByteArray()), CHECK_BYTES));
  }

  private static void write(ByteArrayOutputStream out, byte[] part) {
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
    out.writeBytes(part);
  }
}
