package dev.stele.mcp.view;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.crypto.Sha256;
import dev.stele.mcp.event.McpSessionRow;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.gate.McpGate;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is in the log of an MCP event store, and forgets by itself what was erased: what is
 * here of an event goes with its payload, and a stream or a session of which nothing is left goes
 * with its last event.
 *
 * <p>Keys of streams and sessions are the first 16 bytes of SHA-256 over their names in the log,
 * for a name can be longer than a key. Immutable.
 */
public final class McpView implements View {
  /** The view's name. */
  public static final String NAME = "mcp";

  /** The kinds of events, as {@code mcp_events} has them. */
  public enum Kind {
    /** A message. */
    MESSAGE(1),
    /** A cursor. */
    PRIMING(2),
    /** The word that a stream is complete. */
    COMPLETE(3),
    /** What is kept of a session. */
    SESSION(4),
    /** A session's end. */
    SESSION_END(5),
    /** An event of somebody else. */
    OTHER(6);

    private final long code;

    Kind(long code) {
      this.code = code;
    }

    /** The kind of a row of {@code mcp_events}. */
    public static Kind of(TableRow row) {
      long code = row.integer("kind");
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalStateException("no kind of event is " + code);
    }

    /** Whether it is of a stream of events. */
    public boolean inStream() {
      return switch (this) {
        case MESSAGE, PRIMING, COMPLETE -> true;
        case SESSION, SESSION_END, OTHER -> false;
      };
    }

    /** Whether it is what a caller has appended to a stream. */
    public boolean appended() {
      return switch (this) {
        case MESSAGE, PRIMING -> true;
        case COMPLETE, SESSION, SESSION_END, OTHER -> false;
      };
    }
  }

  /** Every event that has its payload still; {@code bytes} are those of its payload. */
  public static final Table EVENTS =
      Table.named("mcp_events")
          .integer("position")
          .bytes("stream_key")
          .integer("revision")
          .integer("kind")
          .integer("bytes")
          .integer("recorded_at")
          .key("position")
          .build();

  /** Every stream of events that has some. */
  public static final Table STREAMS =
      Table.named("mcp_streams")
          .bytes("stream_key")
          .bytes("session_key")
          .text("name")
          .integer("complete")
          .integer("events")
          .integer("bytes")
          .integer("last_revision")
          .integer("last_at")
          .key("stream_key")
          .index("mcp_streams_by_session", "session_key", "complete")
          .index("mcp_streams_by_events", "events")
          .index("mcp_streams_by_bytes", "bytes")
          .build();

  /** Every session that lives, or of whose streams there is something. */
  public static final Table SESSIONS =
      Table.named("mcp_sessions")
          .bytes("session_key")
          .text("name")
          .integer("live")
          .nullableText("protocol_version")
          .nullableInteger("since")
          .nullableInteger("last_at")
          .integer("events")
          .integer("bytes")
          .key("session_key")
          .index("mcp_sessions_by_age", "live", "since")
          .index("mcp_sessions_by_events", "events")
          .index("mcp_sessions_by_bytes", "bytes")
          .build();

  /**
   * One row, whose key is 1: messages and cursors, their bytes, streams that have some, sessions.
   */
  public static final Table TOTALS =
      Table.named("mcp_totals")
          .integer("one")
          .integer("events")
          .integer("bytes")
          .integer("streams")
          .integer("sessions")
          .key("one")
          .build();

  private static final int KEY_BYTES = 16;

  /** A view; all are alike. */
  public McpView() {}

  /** The key of a stream, or of a session, by its name in the log. */
  public static byte[] key(String nameInLog) {
    return Arrays.copyOf(Sha256.hash(nameInLog.getBytes(StandardCharsets.UTF_8)), KEY_BYTES);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int version() {
    return 1;
  }

  @Override
  public List<Table> tables() {
    return List.of(EVENTS, STREAMS, SESSIONS, TOTALS);
  }

  @Override
  public Forgetting forgetting() {
    return Forgetting.BY_ITSELF;
  }

  @Override
  public History history() {
    return History.WHAT_IS_LEFT;
  }

  @Override
  public void apply(List<StoredEvent> events, Tables tables) {
    Fold fold = new Fold(tables);
    for (StoredEvent event : events) {
      fold.apply(event);
    }
    fold.write();
  }

  /** What kind of event a type is. */
  public static Kind kind(String type) {
    return switch (type) {
      case McpGate.MESSAGE -> Kind.MESSAGE;
      case McpGate.PRIMING -> Kind.PRIMING;
      case McpGate.COMPLETE -> Kind.COMPLETE;
      case McpGate.SESSION -> Kind.SESSION;
      case McpGate.SESSION_END -> Kind.SESSION_END;
      default -> Kind.OTHER;
    };
  }

  private static final class Stream {
    final byte[] key;
    final String name;
    final String sessionName;
    boolean complete;
    long events;
    long bytes;
    long lastRevision;
    long lastAt;

    Stream(byte[] key, String name) {
      this.key = key;
      this.name = name;
      this.sessionName = McpStreamName.ofSession(McpStreamName.parse(name).orElseThrow().scope());
    }
  }

  private static final class Session {
    final byte[] key;
    final String name;
    boolean live;
    @Nullable String protocolVersion;
    @Nullable Long since;
    @Nullable Long lastAt;
    long events;
    long bytes;

    Session(byte[] key, String name) {
      this.key = key;
      this.name = name;
    }
  }

  /** One batch: each row is read once and written once, however many events change it. */
  private static final class Fold {
    private final Tables tables;
    private final Map<String, Stream> streams = new LinkedHashMap<>();
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    /** The streams and sessions of this batch by their names, so that each is hashed once. */
    private final Map<String, Stream> streamsByName = new HashMap<>();

    private final Map<String, Session> sessionsByName = new HashMap<>();
    private long events;
    private long bytes;
    private long streamCount;
    private long sessionCount;

    Fold(Tables tables) {
      this.tables = tables;
      tables
          .get(TOTALS, 1L)
          .ifPresent(
              row -> {
                events = row.integer("events");
                bytes = row.integer("bytes");
                streamCount = row.integer("streams");
                sessionCount = row.integer("sessions");
              });
    }

    void apply(StoredEvent event) {
      String name = event.stream();
      if (name.equals(Receipt.STREAM)) {
        event.payload().ifPresent(this::follow);
        return;
      }
      Kind kind = kind(event.type());
      if (kind.inStream() && isStream(name)) {
        event.payload().ifPresent(payload -> tell(event, name, kind, payload));
      } else if (kind == Kind.SESSION && isSession(name)) {
        event.payload().ifPresent(payload -> put(event, payload));
      } else if (kind == Kind.SESSION_END && isSession(name)) {
        end(event);
      } else if (!event.erased()) {
        note(event, new byte[0], Kind.OTHER, 0);
      }
    }

    private boolean isStream(String name) {
      return streamsByName.containsKey(name) || McpStreamName.parse(name).isPresent();
    }

    private boolean isSession(String name) {
      return sessionsByName.containsKey(name) || McpStreamName.parseSession(name).isPresent();
    }

    private void note(StoredEvent event, byte[] streamKey, Kind kind, long bytes) {
      tables.put(
          EVENTS,
          event.position(),
          streamKey,
          event.revision(),
          kind.code,
          bytes,
          event.recordedAt().toEpochMilli());
    }

    private void tell(StoredEvent event, String name, Kind kind, byte[] payload) {
      Stream stream = streamsByName.computeIfAbsent(name, this::stream);
      Session session = sessionsByName.computeIfAbsent(stream.sessionName, this::session);
      note(event, stream.key, kind, payload.length);
      streamCount += stream.events == 0 ? 1 : 0;
      stream.events++;
      stream.bytes += payload.length;
      stream.lastRevision = event.revision();
      stream.lastAt = event.recordedAt().toEpochMilli();
      stream.complete |= kind == Kind.COMPLETE;
      session.events++;
      session.bytes += payload.length;
      session.lastAt = stream.lastAt;
      events += kind.appended() ? 1 : 0;
      bytes += payload.length;
    }

    private void put(StoredEvent event, byte[] payload) {
      Session session = sessionsByName.computeIfAbsent(event.stream(), this::session);
      note(event, session.key, Kind.SESSION, payload.length);
      sessionCount += session.live ? 0 : 1;
      session.live = true;
      session.since = session.since == null ? event.recordedAt().toEpochMilli() : session.since;
      session.protocolVersion =
          switch (McpSessionRow.decode(payload)) {
            case Parsed.Value<McpSessionRow>(McpSessionRow row) -> row.protocolVersion();
            case Parsed.Malformed<McpSessionRow>(String reason) ->
                throw new IllegalStateException(reason);
          };
    }

    private void end(StoredEvent event) {
      Session session = sessionsByName.computeIfAbsent(event.stream(), this::session);
      if (!event.erased()) {
        note(event, session.key, Kind.SESSION_END, 0);
      }
      sessionCount -= session.live ? 1 : 0;
      session.live = false;
      session.since = null;
      session.protocolVersion = null;
    }

    /** Forgets what a receipt says was erased. */
    private void follow(byte[] note) {
      if (!(Receipt.read(note) instanceof Parsed.Value<Receipt>(Receipt receipt))) {
        throw new IllegalStateException("a receipt in the log cannot be read");
      }
      switch (receipt) {
        case Receipt.Erased erased ->
            erased.ranges().forEach(each -> forget(each.range().first(), each.range().last()));
        case Receipt.Trimmed _, Receipt.Released _, Receipt.Rewound _ -> {}
      }
    }

    private void forget(long first, long last) {
      Scan within = Scan.of(EVENTS).from(first).to(last);
      // Page by page: nothing is deleted under the scan that goes over it.
      for (List<TableRow> page = tables.page(within); !page.isEmpty(); page = tables.page(within)) {
        for (TableRow row : page) {
          forget(row);
          tables.delete(EVENTS, row.integer("position"));
        }
      }
    }

    private void forget(TableRow row) {
      Kind kind = Kind.of(row);
      if (!kind.inStream()) {
        return;
      }
      Stream stream = stream(row.bytes("stream_key"));
      Session session = sessionsByName.computeIfAbsent(stream.sessionName, this::session);
      stream.events--;
      stream.bytes -= row.integer("bytes");
      session.events--;
      session.bytes -= row.integer("bytes");
      session.lastAt = session.events == 0 ? null : session.lastAt;
      streamCount -= stream.events == 0 ? 1 : 0;
      events -= kind.appended() ? 1 : 0;
      bytes -= row.integer("bytes");
    }

    private Stream stream(String nameInLog) {
      byte[] key = key(nameInLog);
      return streams.computeIfAbsent(
          HexFormat.of().formatHex(key),
          _ ->
              tables
                  .get(STREAMS, key)
                  .map(Fold::stream)
                  .orElseGet(() -> new Stream(key, nameInLog)));
    }

    private Stream stream(byte[] key) {
      return streams.computeIfAbsent(
          HexFormat.of().formatHex(key), _ -> stream(tables.get(STREAMS, key).orElseThrow()));
    }

    private static Stream stream(TableRow row) {
      Stream stream = new Stream(row.bytes("stream_key"), row.text("name"));
      stream.complete = row.integer("complete") == 1;
      stream.events = row.integer("events");
      stream.bytes = row.integer("bytes");
      stream.lastRevision = row.integer("last_revision");
      stream.lastAt = row.integer("last_at");
      return stream;
    }

    private Session session(String nameInLog) {
      byte[] key = key(nameInLog);
      return sessions.computeIfAbsent(
          HexFormat.of().formatHex(key),
          _ ->
              tables
                  .get(SESSIONS, key)
                  .map(Fold::session)
                  .orElseGet(() -> new Session(key, nameInLog)));
    }

    private static Session session(TableRow row) {
      Session session = new Session(row.bytes("session_key"), row.text("name"));
      session.live = row.integer("live") == 1;
      session.protocolVersion =
          row.isNull("protocol_version") ? null : row.text("protocol_version");
      session.since = row.isNull("since") ? null : row.integer("since");
      session.lastAt = row.isNull("last_at") ? null : row.integer("last_at");
      session.events = row.integer("events");
      session.bytes = row.integer("bytes");
      return session;
    }

    void write() {
      for (Stream stream : streams.values()) {
        if (stream.events == 0) {
          tables.delete(STREAMS, stream.key);
        } else {
          tables.put(
              STREAMS,
              stream.key,
              key(stream.sessionName),
              stream.name,
              stream.complete ? 1L : 0L,
              stream.events,
              stream.bytes,
              stream.lastRevision,
              stream.lastAt);
        }
      }
      for (Session session : sessions.values()) {
        if (session.events == 0 && !session.live) {
          tables.delete(SESSIONS, session.key);
        } else {
          tables.put(
              SESSIONS,
              session.key,
              session.name,
              session.live ? 1L : 0L,
              session.protocolVersion,
              session.since,
              session.lastAt,
              session.events,
              session.bytes);
        }
      }
      tables.put(TOTALS, 1L, events, bytes, streamCount, sessionCount);
    }
  }
}
