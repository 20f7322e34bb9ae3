package dev.stele.mcp.event;

import dev.stele.core.event.EventDraft;
import dev.stele.core.proof.Parsed;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What the log keeps of a session, as the payload of one event.
 *
 * <pre>
 *   format              u8 = 1
 *   protocol version    u8  + UTF-8
 *   principal           u16 + UTF-8
 *   initialize          the rest: the request, byte for byte
 * </pre>
 *
 * @param initialize the request
 * @param protocolVersion at most {@value #MAX_VERSION_BYTES} bytes of UTF-8
 * @param principal at most {@value #MAX_PRINCIPAL_BYTES} bytes of UTF-8
 */
public record McpSessionRow(byte[] initialize, String protocolVersion, String principal) {
  /** The most bytes of a revision's name: a date has ten. */
  public static final int MAX_VERSION_BYTES = 64;

  /** The most bytes of a principal's name, as a face gives it. */
  public static final int MAX_PRINCIPAL_BYTES = 1_024;

  private static final byte FORMAT = 1;

  /** Checks the bounds; the bytes are given away. */
  public McpSessionRow {
    if (!EventDraft.fits(protocolVersion, 0, MAX_VERSION_BYTES)) {
      throw new IllegalArgumentException(
          "a protocol version has at most %d bytes of UTF-8".formatted(MAX_VERSION_BYTES));
    }
    if (!EventDraft.fits(principal, 0, MAX_PRINCIPAL_BYTES)) {
      throw new IllegalArgumentException(
          "a principal has at most %d bytes of UTF-8".formatted(MAX_PRINCIPAL_BYTES));
    }
  }

  /** The payload. */
  public byte[] encode() {
    byte[] version = protocolVersion.getBytes(StandardCharsets.UTF_8);
    byte[] name = principal.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(1 + 1 + version.length + 2 + name.length + initialize.length)
        .put(FORMAT)
        .put((byte) version.length)
        .put(version)
        .putShort((short) name.length)
        .put(name)
        .put(initialize)
        .array();
  }

  /** Reads a payload. */
  public static Parsed<McpSessionRow> decode(byte[] payload) {
    ByteBuffer in = ByteBuffer.wrap(payload);
    try {
      if (in.get() != FORMAT) {
        return new Parsed.Malformed<>("a session's row has format 1");
      }
      String version = text(in, in.get() & 0xff);
      String principal = text(in, in.getShort() & 0xffff);
      byte[] initialize = new byte[in.remaining()];
      in.get(initialize);
      return new Parsed.Value<>(new McpSessionRow(initialize, version, principal));
    } catch (BufferUnderflowException e) {
      return new Parsed.Malformed<>("a session's row ends too early");
    } catch (IllegalArgumentException e) {
      return new Parsed.Malformed<>("a session's row has a part that is too long");
    }
  }

  private static String text(ByteBuffer in, int length) {
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
