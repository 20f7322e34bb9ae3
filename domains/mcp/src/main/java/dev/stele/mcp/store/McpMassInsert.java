package dev.stele.mcp.store;

import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.gate.McpGate;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Appends the lines of an NDJSON text to a stream, so many a commit.
 *
 * <p>Each line is one message of JSON-RPC 2.0 and kept as it is, without its line feed; lines of
 * white space alone are passed over. The first that is refused ends the insert: what was committed
 * before it stays, and the batch it is in was not.
 */
public final class McpMassInsert {
  private McpMassInsert() {}

  /**
   * What came of an insert.
   *
   * @param appended how many messages are in the store
   * @param lastEventId the id of the last of them
   * @param stopped why it ended before the text did
   */
  public record Inserted(long appended, Optional<String> lastEventId, Optional<Stopped> stopped) {}

  /**
   * Why an insert ended.
   *
   * @param fromLine the first line that is not in the store, from 1
   * @param why the outcome of the batch that it begins
   */
  public record Stopped(long fromLine, McpAppend why) {}

  /**
   * Inserts until the text ends or something is refused.
   *
   * @param batchSize how many messages share a commit, from 1
   * @throws IOException when the text cannot be read
   */
  public static Inserted ndjson(
      McpEventStore store, McpScope scope, String stream, InputStream text, int batchSize)
      throws IOException {
    if (batchSize < 1) {
      throw new IllegalArgumentException("a batch has 1 message or more, not " + batchSize);
    }
    Lines lines = new Lines(new BufferedInputStream(text));
    long appended = 0;
    Optional<String> last = Optional.empty();
    while (true) {
      List<McpMessage> batch = new ArrayList<>();
      long fromLine = lines.next(batch, batchSize);
      if (batch.isEmpty()) {
        return new Inserted(appended, last, Optional.empty());
      }
      McpAppend outcome = store.appendAll(scope, stream, batch).getLast();
      if (!(outcome instanceof McpAppend.Appended done)) {
        return new Inserted(appended, last, Optional.of(new Stopped(fromLine, outcome)));
      }
      appended += batch.size();
      last = Optional.of(done.eventId());
    }
  }

  /** Reads lines, each at most as long as a message and one byte more. */
  private static final class Lines {
    private final InputStream in;
    private long line;

    Lines(InputStream in) {
      this.in = in;
    }

    /** Adds messages to a batch, and tells on which line the first of them is. */
    long next(List<McpMessage> batch, int most) throws IOException {
      long first = line + 1;
      int bytes = 0;
      while (batch.size() < most && bytes < McpGate.MAX_MESSAGE_BYTES) {
        Optional<byte[]> next = next();
        if (next.isEmpty()) {
          break;
        }
        if (isBlank(next.get())) {
          first += batch.isEmpty() ? 1 : 0;
        } else {
          batch.add(new McpMessage.Json(next.get()));
          bytes += next.get().length;
        }
      }
      return first;
    }

    private Optional<byte[]> next() throws IOException {
      int read = in.read();
      if (read < 0) {
        return Optional.empty();
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (; read >= 0 && read != '\n'; read = in.read()) {
        // What is longer is refused anyway; one byte more is enough to see it.
        if (out.size() <= McpGate.MAX_MESSAGE_BYTES) {
          out.write(read);
        }
      }
      line++;
      return Optional.of(out.toByteArray());
    }

    private static boolean isBlank(byte[] text) {
      for (byte each : text) {
        if (each != ' ' && each != '\t' && each != '\r') {
          return false;
        }
      }
      return true;
    }
  }
}
