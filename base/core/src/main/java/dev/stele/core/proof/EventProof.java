package dev.stele.core.proof;

import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A proof file that carries the event it proves: whoever has the file and the log's public key
 * needs nothing else.
 *
 * <pre>
 *   .tlog-proof   extra = format u8 = 1 │ record length u32 │ record │ body present u8 │ body
 * </pre>
 *
 * <p>The record is the entry of the transparency log; the body, where it was not erased, holds
 * salt, claims and payload, and must have the hash the record commits to.
 */
public final class EventProof {
  private static final byte FORMAT = 1;

  private EventProof() {}

  /** What came of checking a file. */
  public sealed interface Outcome {
    /**
     * The event is in the log, as the file says.
     *
     * @param event what was proven
     * @param checkpoint what it was proven against
     */
    record Proven(CheckedEvent event, SignedCheckpoint checkpoint) implements Outcome {}

    /**
     * The file proves nothing.
     *
     * @param reason what is wrong
     */
    record Refused(String reason) implements Outcome {}
  }

  /**
   * Makes the proof of one event.
   *
   * @param record the event's record
   * @param body the event's body, empty when it was erased
   * @param position the event's position, within the checkpoint's size
   * @param checkpoint the signed tree head to prove against
   * @param nodes the nodes of the tree
   * @return the bytes of a {@code .tlog-proof} file
   */
  public static byte[] build(
      byte[] record,
      Optional<byte[]> body,
      long position,
      SignedCheckpoint checkpoint,
      NodeSource nodes) {
    byte[] carried = body.orElse(new byte[0]);
    byte[] extra =
        ByteBuffer.allocate(1 + 4 + record.length + 1 + carried.length)
            .put(FORMAT)
            .putInt(record.length)
            .put(record)
            .put((byte) (body.isPresent() ? 1 : 0))
            .put(carried)
            .array();
    return TlogProof.build(position - 1, checkpoint, nodes, Optional.of(extra)).bytes();
  }

  /** Checks a file with nothing but the log's public key. Never throws, whatever the file is. */
  public static Outcome check(byte[] file, VerifierKey key) {
    switch (TlogProof.parse(file)) {
      case Parsed.Malformed<TlogProof>(String reason) -> {
        return new Outcome.Refused("this is not a proof file: " + reason);
      }
      case Parsed.Value<TlogProof>(TlogProof proof) -> {
        byte @Nullable [] extra = proof.extra().orElse(null);
        if (extra == null) {
          return new Outcome.Refused("the file does not carry the event");
        }
        return check(proof, extra, key);
      }
    }
  }

  private static Outcome check(TlogProof proof, byte[] extra, VerifierKey key) {
    if (extra.length < 6 || extra[0] != FORMAT) {
      return new Outcome.Refused("the event is carried in a form that is not known here");
    }
    int recordLength = ByteBuffer.wrap(extra).getInt(1);
    int recordEnd = 5 + recordLength;
    if (recordLength < 0 || recordEnd < 0 || recordEnd >= extra.length) {
      return new Outcome.Refused("the carried event is cut");
    }
    byte[] record = Arrays.copyOfRange(extra, 5, recordEnd);
    byte @Nullable [] body = null;
    switch (extra[recordEnd]) {
      case 0 -> {
        if (recordEnd + 1 != extra.length) {
          return new Outcome.Refused("the carried event has bytes after its end");
        }
      }
      case 1 -> body = Arrays.copyOfRange(extra, recordEnd + 1, extra.length);
      default -> {
        return new Outcome.Refused("the carried event says neither that it has a body nor not");
      }
    }
    switch (proof.check(record, key)) {
      case TlogProof.Outcome.Refused(String reason) -> {
        return new Outcome.Refused(reason);
      }
      case TlogProof.Outcome.Proven(long index, SignedCheckpoint checkpoint) -> {
        return switch (CheckedEvent.read(record, body)) {
          case CheckedEvent.Read.Unreadable(Fault fault) -> new Outcome.Refused(fault.detail());
          case CheckedEvent.Read.Ok(CheckedEvent event) -> {
            if (event.position() != index + 1) {
              yield new Outcome.Refused("the record is not of the position that is proven");
            }
            if (body != null && !event.commitsTo(Sha256.hash(body))) {
              yield new Outcome.Refused("the payload is not the one the record commits to");
            }
            yield new Outcome.Proven(event, checkpoint);
          }
        };
      }
    }
  }
}
