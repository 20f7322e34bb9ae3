package dev.stele.server.host;

import dev.stele.mcp.store.McpStoreOptions;
import dev.stele.nostr.store.NostrStoreOptions;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * How a host keeps its logs.
 *
 * @param data the folder of everything: {@code main} is in it, the others are below it
 * @param scheme of the engine for logs that are made here, such as {@code sqlite}
 * @param uris of logs that are kept elsewhere, by their names
 * @param origin what the origins of new logs begin with, such as {@code example.com}; a slash and
 *     the log's name follow
 * @param anchors the folder of the anchors of new logs; by default the user's state folder
 * @param maxLogs how many logs there may be, those of the server included
 * @param mcp how the store of MCP streams keeps them; clock, chance, name and anchor are the host's
 * @param relay the name of a log of Nostr events that is to be there from the start, {@code main}
 *     if it is to be that one
 * @param nostr how logs of Nostr events are kept; clock, chance, name and anchor are the host's
 * @param keptBack kinds of Nostr events that only those read who have a part in them
 * @param clock the time
 * @param random a strong source: keys are drawn from it
 */
public record HostOptions(
    Path data,
    String scheme,
    Map<String, String> uris,
    Optional<String> origin,
    Optional<Path> anchors,
    int maxLogs,
    McpStoreOptions mcp,
    Optional<String> relay,
    NostrStoreOptions nostr,
    Set<Integer> keptBack,
    InstantSource clock,
    RandomGenerator random) {
  /** 1,000 logs: each has its threads and its open files. */
  public static final int DEFAULT_MAX_LOGS = 1_000;

  /** Copies the map. */
  public HostOptions {
    uris = Map.copyOf(uris);
  }

  /** Everything in one folder, in SQLite. */
  public static HostOptions in(Path data, InstantSource clock, RandomGenerator random) {
    return new HostOptions(
        data,
        "sqlite",
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        DEFAULT_MAX_LOGS,
        McpStoreOptions.DEFAULT,
        Optional.empty(),
        NostrStoreOptions.DEFAULT,
        Set.of(),
        clock,
        random);
  }
}
