package dev.stele.mcp.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpSessionRow;
import dev.stele.mcp.event.McpStreamName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Admits what an MCP server has sent, by shape and size alone: messages of JSON-RPC 2.0, cursors,
 * and what is to be known of sessions.
 *
 * <p>Nobody signs any of it, and the record says so by naming this gate. The bytes of a message are
 * kept as they came. The id in the record is the token of the stream ({@link McpEventId}), which
 * with the revision behind it is the event's id; nothing is claimed, for the revision is unique,
 * but a key where the sender gave one ({@link Input.Once}).
 *
 * <p>Codes of refusal: {@code bad-stream}, {@code too-large}, {@code not-utf8}, {@code not-json},
 * {@code not-json-rpc}, {@code bad-session}, {@code bad-key}. Thread-safe.
 */
public final class McpGate implements Gate<McpGate.Input> {
  /** 8 MiB, as much as an event of the log may hold. */
  public static final int MAX_MESSAGE_BYTES = EventDraft.MAX_PAYLOAD_BYTES;

  /** The type of a message. */
  public static final String MESSAGE = "mcp.message";

  /** The type of a cursor that was sent ahead of messages; it has no payload. */
  public static final String PRIMING = "mcp.priming";

  /** The type of the word that nothing more comes on a stream; it has no payload. */
  public static final String COMPLETE = "mcp.complete";

  /** The type of what is kept of a session. */
  public static final String SESSION = "mcp.session";

  /** The type of a session's end; it has no payload. */
  public static final String SESSION_END = "mcp.session-end";

  /** 1 MiB for what begins a session: capabilities and a client's name need a few hundred bytes. */
  public static final int MAX_INITIALIZE_BYTES = 1024 * 1024;

  /** 255 characters for a key of a sender's: a random number, or a name and a count. */
  public static final int MAX_KEY_CHARS = 255;

  private static final String KEY_SCOPE = "mcp-key";

  static final GateId ID = new GateId("mcp", 1);

  private static final byte[] NOTHING = new byte[0];

  /** What is judged. */
  public sealed interface Input {
    /** Whose it is. */
    McpScope scope();

    /**
     * A message of a stream.
     *
     * @param json its bytes; not copied here
     */
    record Message(McpScope scope, String stream, byte[] json) implements Input {}

    /** A cursor of a stream. */
    record Priming(McpScope scope, String stream) implements Input {}

    /** That nothing more comes on a stream. */
    record Completion(McpScope scope, String stream) implements Input {}

    /**
     * What is to be kept of a session.
     *
     * @param initialize the request that began it; not copied here
     * @param protocolVersion the revision that was agreed on
     * @param principal who made it
     */
    record Session(McpScope scope, byte[] initialize, String protocolVersion, String principal)
        implements Input {}

    /** That a session has ended. */
    record SessionEnd(McpScope scope) implements Input {}

    /**
     * An event of a stream that is there once for a key of its sender's.
     *
     * @param of the event
     * @param key 1 to {@value #MAX_KEY_CHARS} characters of visible ASCII
     * @param number its place among those that share the key, from 0
     */
    record Once(Message of, String key, int number) implements Input {
      @Override
      public McpScope scope() {
        return of.scope();
      }
    }
  }

  private static Claim claim(McpScope scope, String stream, String key, int number) {
    String claimed = McpEventId.token(scope, stream) + '\n' + key + '\n' + number;
    return new Claim(
        KEY_SCOPE,
        claimed.getBytes(StandardCharsets.UTF_8),
        OnDuplicate.RETURN_EXISTING,
        Claim.NEVER);
  }

  /** A gate; all are alike. */
  public McpGate() {}

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(Input input, Instant now) {
    return switch (input) {
      case Input.Message(McpScope scope, String stream, byte[] json) -> {
        Optional<Rejected> flaw = JsonRpcShape.ofMessage(json);
        yield flaw.isPresent() ? flaw.get() : ofStream(scope, stream, MESSAGE, json);
      }
      case Input.Priming(McpScope scope, String stream) ->
          ofStream(scope, stream, PRIMING, NOTHING);
      case Input.Completion(McpScope scope, String stream) ->
          ofStream(scope, stream, COMPLETE, NOTHING);
      case Input.Session session -> session(session);
      case Input.SessionEnd(McpScope scope) -> ofSession(scope, SESSION_END, NOTHING);
      case Input.Once once -> once(once, now);
    };
  }

  private static Admission ofStream(McpScope scope, String stream, String type, byte[] payload) {
    if (!McpStreamName.isName(stream)) {
      return new Rejected(
          "bad-stream",
          "a stream's name has 1 to %d bytes of UTF-8".formatted(McpStreamName.MAX_STREAM_BYTES));
    }
    return new Admitted(
        ID,
        new EventDraft(
            new McpStreamName(scope, stream).inLog(),
            type,
            McpEventId.token(scope, stream),
            payload,
            List.of(),
            ""));
  }

  private Admission once(Input.Once once, Instant now) {
    String key = once.key();
    if (key.isEmpty()
        || key.length() > MAX_KEY_CHARS
        || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return new Rejected(
          "bad-key", "a key has 1 to %d characters of visible ASCII".formatted(MAX_KEY_CHARS));
    }
    return switch (judge(once.of(), now)) {
      case Admitted admitted -> {
        EventDraft draft = admitted.draft();
        Claim claim = claim(once.scope(), once.of().stream(), key, once.number());
        yield new Admitted(
            ID,
            new EventDraft(
                draft.stream(),
                draft.type(),
                draft.id(),
                draft.payload(),
                List.of(claim),
                draft.subject()));
      }
      case Rejected rejected -> rejected;
      case Transient passing -> passing;
    };
  }

  private static Admission session(Input.Session session) {
    if (session.initialize().length > MAX_INITIALIZE_BYTES) {
      return new Rejected(
          "too-large",
          "what begins a session has at most %d bytes, not %d"
              .formatted(MAX_INITIALIZE_BYTES, session.initialize().length));
    }
    Optional<Rejected> flaw = JsonRpcShape.ofObject(session.initialize());
    if (flaw.isPresent()) {
      return flaw.get();
    }
    try {
      byte[] row =
          new McpSessionRow(session.initialize(), session.protocolVersion(), session.principal())
              .encode();
      return ofSession(session.scope(), SESSION, row);
    } catch (IllegalArgumentException e) {
      return new Rejected("bad-session", "what is kept of a session is too long");
    }
  }

  private static Admission ofSession(McpScope scope, String type, byte[] payload) {
    return new Admitted(ID, EventDraft.of(McpStreamName.ofSession(scope), type, "", payload));
  }
}
