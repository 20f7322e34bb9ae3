package dev.stele.mcp.store;

import dev.stele.core.engine.StorageFailed;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Remembers what an MCP server has sent, so that a client that lost its connection, or a server
 * that lost its process, goes on where it was.
 *
 * <pre>
 *   append(scope, stream, message) ─► eventId ──► id: of the SSE event
 *   replayAfter(scope, Last-Event-ID, sink) ─► the later messages of that stream, in order
 * </pre>
 *
 * <p>The order of a stream is the order of its appends, whatever the clock says. An event id is
 * looked up in its scope alone: one of another scope is answered like one that never was. A cursor
 * below what retention has left is answered {@link McpReplay.Expired}, never by a silent gap.
 *
 * <p>Thread-safe and blocking: a caller on a reactive thread hands the call to another. An append
 * that returns is as durable as the store says ({@link McpAppend.Appended}); when the disk fails it
 * throws {@link StorageFailed}, and the message may or may not be there.
 */
public interface McpEventStore extends AutoCloseable {
  /** The most bytes of UTF-8 the name of a stream has. */
  int MAX_STREAM_BYTES = McpStreamName.MAX_STREAM_BYTES;

  /**
   * Appends one message, or a priming cursor, to a stream, which begins with its first event.
   *
   * @param stream its name within the session, 1 to {@value #MAX_STREAM_BYTES} bytes of UTF-8
   */
  McpAppend append(McpScope scope, String stream, McpMessage message);

  /**
   * Appends messages to a stream in order, next to each other, all or none.
   *
   * @return one outcome for each, or one alone that is no {@link McpAppend.Appended}: nothing of
   *     the list was appended then
   */
  List<McpAppend> appendAll(McpScope scope, String stream, List<McpMessage> messages);

  /**
   * Appends messages as {@link #appendAll} does, once for a key: who does not know what came of an
   * append asks again with the same key and the same messages, and is answered with the same ids,
   * whatever became of the stream since. With other messages it is refused as {@code key-reused}.
   * The store in memory knows a key as long as it has the message.
   *
   * @param key of the sender's, for this stream alone: 1 to 255 characters of visible ASCII
   */
  List<McpAppend> appendOnce(
      McpScope scope, String stream, List<McpMessage.Json> messages, String key);

  /**
   * Gives a sink every message of a stream behind a place, in order; priming cursors are passed
   * over.
   *
   * @param lastEventId what the client says it has seen last, in whatever shape it came
   */
  McpReplay replayAfter(McpScope scope, String lastEventId, Sink sink);

  /** The stream that an event id is of; empty when it is none of this scope. */
  Optional<String> streamOf(McpScope scope, String eventId);

  /**
   * Says that nothing more comes on a stream. Durable; idempotent.
   *
   * @return whether there is such a stream
   */
  boolean complete(McpScope scope, String stream);

  /** Keeps what is needed to take a session up again. Put again, the newer one holds. Durable. */
  McpSessionPut putSession(McpScope scope, McpSession session);

  /** What is known of a session. */
  McpSessionState getSession(McpScope scope);

  /**
   * Ends a session for good: it can neither be appended to nor resumed nor put again. Durable;
   * idempotent.
   *
   * @return whether there was such a session, ended or not
   */
  boolean endSession(McpScope scope);

  /** The sessions that were put and not ended, oldest first. */
  List<McpLiveSession> sessions();

  /** The streams of live sessions that were begun and not completed. */
  List<McpOpenStream> openStreams();

  /** Figures of the store. */
  McpStoreStats stats();

  /**
   * Erases every event of a stream.
   *
   * @return how many messages and cursors that were
   */
  long clearStream(McpScope scope, String stream);

  /** Erases every event of every stream of a session; the session itself stays. */
  long clearSession(McpScope scope);

  /** Erases every event of every stream. */
  long clearAll();

  /** Applies the bounds of age, count and bytes now, stream by stream and session by session. */
  McpRetained retain();

  /** Waits for appends under way, and closes what the store has opened. Idempotent. */
  @Override
  void close();

  /** Takes replayed messages, on the caller's thread. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes one.
     *
     * @return whether to go on; false ends the replay, as when the client has gone again
     */
    boolean accept(Replayed event);
  }

  /**
   * A message that is replayed.
   *
   * @param eventId its id, as it was when it was appended
   * @param message the message
   * @param recordedAt when it was appended
   */
  record Replayed(String eventId, McpMessage.Json message, Instant recordedAt) {}
}
