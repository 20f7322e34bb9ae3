package dev.stele.ledger.event;

import dev.stele.core.proof.Parsed;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads the bytes of a signed event that may be anybody's. Used once, by one thread. */
final class SignedEventReader {
  private final ByteBuffer in;

  SignedEventReader(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  Parsed<SignedEvent> read() {
    try {
      if (in.get() != 1) {
        return new Parsed.Malformed<>("a ledger event of format 1 begins with the byte 1");
      }
      SignedEvent event =
          new SignedEvent(
              text(),
              in.getLong(),
              optional(),
              text(),
              in.getLong(),
              bytes(in.getInt()),
              optional(),
              bytes(SignedEvent.SALT_BYTES),
              text(),
              bytes(SignedEvent.HASH_BYTES),
              bytes(SignedEvent.HASH_BYTES),
              bytes(in.getShort() & 0xffff));
      if (in.hasRemaining()) {
        return new Parsed.Malformed<>("a ledger event ends before its bytes do");
      }
      Optional<String> problem = event.problem();
      return problem.isPresent()
          ? new Parsed.Malformed<>(problem.get())
          : new Parsed.Value<>(event);
    } catch (BufferUnderflowException e) {
      return new Parsed.Malformed<>("the bytes end inside the ledger event");
    } catch (CharacterCodingException e) {
      return new Parsed.Malformed<>("a ledger event has a text that is not UTF-8");
    }
  }

  private byte[] bytes(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private String text() throws CharacterCodingException {
    byte[] bytes = bytes(in.getShort() & 0xffff);
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private Optional<String> optional() throws CharacterCodingException {
    return switch (in.get()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(text());
      default -> throw new CharacterCodingException();
    };
  }
}
