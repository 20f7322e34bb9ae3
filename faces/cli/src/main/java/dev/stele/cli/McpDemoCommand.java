package dev.stele.cli;

import dev.stele.core.backup.Backup;
import dev.stele.core.backup.BackupChain;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupResult;
import dev.stele.core.backup.Progress;
import dev.stele.core.backup.Restore;
import dev.stele.core.backup.RestoreResult;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.VerifierKey;
import dev.stele.mcp.config.EventStoreConfig;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpReplay;
import dev.stele.mcp.store.McpStoreOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = "A store of resumable MCP streams in five steps, each a few lines.")
final class McpDemoCommand extends SteleCommand {
  private static final int MESSAGES = 5;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "the folder to make (default: stele-mcp-demo, or the next free number)")
  private Path directory = Path.of("stele-mcp-demo");

  private final Map<String, Object> report = new LinkedHashMap<>();

  @Override
  int run(Terminal terminal) throws Exception {
    Path folder = directory;
    for (int number = 2; Files.exists(folder); number++) {
      folder = directory.resolveSibling(directory.getFileName() + "-" + number);
    }
    config(terminal);
    basic(terminal);
    replay(terminal);
    boolean sound = persistent(terminal, folder);
    sound &= backup(terminal, folder);
    report.put("folder", folder.toString());
    report.put("sound", sound);
    terminal.answer(report, List.of("", "Everything is in " + folder + "; look at it with", ""));
    terminal.say("   ./stele tail --log sqlite:" + folder);
    return sound ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
  }

  private static void config(Terminal terminal) {
    terminal.say("1. Config: three profiles, and EVENT_STORE_* from the environment");
    Map<String, EventStoreConfig> profiles = new LinkedHashMap<>();
    profiles.put("development", EventStoreConfig.DEVELOPMENT);
    profiles.put("testing", EventStoreConfig.TESTING);
    profiles.put("production", EventStoreConfig.PRODUCTION);
    profiles.forEach(
        (name, config) ->
            terminal.say(
                "   %-12s %-11s %,5d events a stream, %2d days, cache of %d"
                    .formatted(
                        name,
                        config.persistent() ? "persistent" : "in memory",
                        config.maxEventsPerStream(),
                        config.retentionDays(),
                        config.memoryCacheSize())));
    terminal.say("");
  }

  private static McpMessage message(int number) {
    return McpMessage.Json.of(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":%d}}"
            .formatted(number));
  }

  /** Appends some messages; the ids they got. */
  private static List<String> append(McpEventStore store, McpScope scope) {
    List<String> ids = new ArrayList<>();
    for (int number = 1; number <= MESSAGES; number++) {
      if (store.append(scope, "stream-1", message(number)) instanceof McpAppend.Appended appended) {
        ids.add(appended.eventId());
      }
    }
    return ids;
  }

  private static void basic(Terminal terminal) {
    terminal.say("2. Basic: %d messages on one stream, in memory".formatted(MESSAGES));
    try (McpEventStore store = McpEventStores.inMemory(McpStoreOptions.DEFAULT)) {
      append(store, McpScope.ofSession("s1")).forEach(id -> terminal.say("   " + id));
      terminal.say("   what is no message is refused, with a reason:");
      terminal.say(
          "   " + store.append(McpScope.ofSession("s1"), "stream-1", McpMessage.Json.of("{}")));
    }
    terminal.say("");
  }

  private static void replay(Terminal terminal) {
    terminal.say("3. Replay: the client has seen two, and lost its connection");
    try (McpEventStore store = McpEventStores.inMemory(McpStoreOptions.DEFAULT)) {
      McpScope scope = McpScope.ofSession("s1");
      List<String> ids = append(store, scope);
      McpReplay replay =
          store.replayAfter(
              scope,
              ids.get(1),
              event -> {
                terminal.say("   " + event.message().text());
                return true;
              });
      terminal.say("   " + replay);
      terminal.say("   another session that names the same event is told nothing:");
      terminal.say("   " + store.replayAfter(McpScope.ofSession("s2"), ids.get(1), _ -> true));
    }
    terminal.say("");
  }

  private boolean persistent(Terminal terminal, Path folder) {
    terminal.say("4. Persistent: synced before it is acknowledged, there after a restart");
    McpScope scope = McpScope.ofSession("s1");
    McpStoreOptions options = McpStoreOptions.DEFAULT.anchoredIn(anchors(folder));
    List<String> ids;
    try (McpEventStore store = McpEventStores.open("sqlite:" + folder, options)) {
      ids = append(store, scope);
      terminal.say("   %d messages appended, and the store closed".formatted(ids.size()));
    }
    try (McpEventStore store = McpEventStores.open("sqlite:" + folder, options)) {
      int[] count = {0};
      var _ =
          store.replayAfter(
              scope,
              ids.getFirst(),
              _ -> {
                count[0]++;
                return true;
              });
      terminal.say("   opened again: %d messages behind the first".formatted(count[0]));
      McpEventStores.databaseInfo(store, EventStoreConfig.PRODUCTION)
          .forEach(
              (name, value) -> {
                if (name.startsWith("total") || name.startsWith("newest")) {
                  terminal.say("   %-14s %s".formatted(name, value));
                }
              });
      VerifierKey key = McpEventStores.log(store).orElseThrow().verifierKey();
      terminal.say("   public key     " + key.text());
      terminal.say("");
      report.put("replayed", count[0]);
      return count[0] == MESSAGES - 1;
    }
  }

  private static Path anchors(Path folder) {
    return folder.resolveSibling(folder.getFileName() + "-anchor");
  }

  private boolean backup(Terminal terminal, Path folder) {
    terminal.say("5. Backup: rows as far as the log has signed, restored and verified elsewhere");
    LogLocation location = LogLocation.of("sqlite:" + folder);
    VerifierKey key = location.home().vkey();
    BackupFolder backups = new BackupFolder(folder.resolve("backups"));
    try (LogEngine engine = location.openReader()) {
      BackupResult made =
          Backup.of(engine, LogId.MAIN, key, InstantSource.system(), new SecureRandom())
              .make(backups, Backup.Request.FULL, Progress.SILENT);
      terminal.say("   " + summary(made));
    }
    BackupChain chain = backups.list().newestChain(LogId.MAIN, key).orElseThrow();
    RestoreResult restored =
        Restore.into(
            new MemoryLogEngine(), LogId.MAIN, chain, Restore.Checks.NONE, Progress.SILENT);
    boolean intact =
        restored instanceof RestoreResult.Restored(Verdict.Intact _, long forgotten)
            && forgotten == 0;
    terminal.say("   restored into memory: " + (intact ? "every row verifies" : restored));
    report.put("restored", intact);
    return intact;
  }

  private static String summary(BackupResult made) {
    return switch (made) {
      case BackupResult.Made(var file, var _) -> "made " + file.path().getFileName();
      case BackupResult.NothingNew _,
          BackupResult.NothingSigned _,
          BackupResult.NotContinued _,
          BackupResult.Unsound _ ->
          made.toString();
    };
  }
}
