package dev.stele.bench;

import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpReplay;
import dev.stele.mcp.store.McpRetention;
import dev.stele.mcp.store.McpStoreOptions;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;

/**
 * Resumable streams in SQLite beside the table and the indexes that a store for them has by hand,
 * with one prepared statement on one connection: nothing is checked there and no order is kept but
 * that of rows.
 */
final class McpRows {
  private static final int MANY_STREAMS = 16;
  private static final int REPLAYED = 5_000;

  /** A notification of 270 bytes, as the reference was measured with. */
  private static final String MESSAGE =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\""
          + "x".repeat(184)
          + "\"}}";

  private static final McpScope SCOPE = McpScope.ofSession("5f0c5f5e-3b0e-4c1a-8f43-2a1d5d8f9b10");

  private McpRows() {}

  static List<Row> rows() {
    return List.of(
        append("mcp append, 1 stream", 1),
        append("mcp append, 16 streams", MANY_STREAMS),
        new Row(
            "mcp replay, 5,000 events",
            "McpEventStore.replayAfter",
            "-",
            REPLAYED,
            MESSAGE.length(),
            1,
            McpRows::replay));
  }

  private static Row append(String name, int streams) {
    return new Row(
        name,
        "McpEventStore.append",
        "durable",
        1,
        MESSAGE.length(),
        streams,
        scene -> append(scene, streams));
  }

  private static void append(Scene scene, int streams) throws Exception {
    McpEventStore store = open(scene);
    Side.Caller caller =
        number -> {
          String stream = String.valueOf(number);
          return () -> appended(store.append(SCOPE, stream, McpMessage.Json.of(MESSAGE)));
        };
    scene.ours(
        streams == 1 ? Side.alone("ours", caller.begin(0)) : Side.callers("ours", streams, caller));
    PlainStreams plain = plain(scene);
    Side.Caller inserting =
        number -> {
          String stream = String.valueOf(number);
          return () -> plain.insert(stream, MESSAGE);
        };
    scene.against(
        streams == 1
            ? Side.alone("plain INSERT, FULL", inserting.begin(0))
            : Side.callers("plain INSERT, FULL, 1 connection", streams, inserting));
    scene.against(Bare.writeAndSync(scene));
  }

  private static void replay(Scene scene) throws Exception {
    McpEventStore store = open(scene);
    PlainStreams plain = plain(scene);
    List<McpMessage> messages = Collections.nCopies(100, McpMessage.Json.of(MESSAGE));
    for (int i = 0; i <= REPLAYED / messages.size(); i++) {
      store.appendAll(SCOPE, "1", messages).forEach(McpRows::appended);
      for (int each = 0; each < messages.size(); each++) {
        plain.insert("1", MESSAGE);
      }
    }
    String after = McpEventId.of(SCOPE, "1", messages.size());
    scene.ours(
        Side.alone(
            "ours",
            () ->
                store.replayAfter(SCOPE, after, event -> event.message().json().length > 0)
                        instanceof McpReplay.Open(var _, long delivered, var _, var _)
                    ? delivered
                    : 0));
    scene.against(Side.alone("plain SELECT", () -> plain.select("1", messages.size(), REPLAYED)));
  }

  private static long appended(McpAppend result) {
    if (result instanceof McpAppend.Appended) {
      return 1;
    }
    throw new IllegalStateException("an append of the workload came to " + result);
  }

  private static PlainStreams plain(Scene scene) throws SQLException {
    return scene.keep(PlainStreams.in(scene.workplace().folder().resolve("plain.db")));
  }

  /** Nothing is dropped, for nothing is dropped of the table either; replays read the disk. */
  private static McpEventStore open(Scene scene) {
    Path folder = scene.workplace().folder();
    return scene.keep(
        McpEventStores.open(
            "sqlite:" + folder.resolve("store"),
            McpStoreOptions.DEFAULT
                .keeping(McpRetention.NONE)
                .paced(Integer.MAX_VALUE, 50)
                .anchoredIn(folder.resolve("anchor"))));
  }
}
