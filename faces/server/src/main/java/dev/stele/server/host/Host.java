package dev.stele.server.host;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.View;
import dev.stele.envelope.store.EnvelopeStore;
import dev.stele.envelope.store.EnvelopeStoreOptions;
import dev.stele.ledger.gate.KeyGate;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpStoreOptions;
import dev.stele.nostr.relay.KeptItems;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.server.gate.GroupGate;
import dev.stele.server.group.GroupsView;
import dev.stele.server.view.ActivityView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The logs of one process: opened when it starts, made while it runs, closed with it.
 *
 * <pre>
 *   DATA/log.db            the log main, with its keys and views beside it
 *   DATA/logs/NAME/        a log of events
 *   DATA/envelopes/NAME/   a log of envelopes
 *   DATA/mcp/NAME/         a log of MCP streams
 *   DATA/nostr/NAME/       a log of Nostr events
 *   DATA/logs/system/      what administrators did, and the tokens: the server's own
 * </pre>
 *
 * <p>Each log has its own keys, its own writer and its own anchor. A log that does not verify is
 * there all the same, read-only, and says what is wrong with it. Thread-safe.
 */
public final class Host implements AutoCloseable {
  /** The log that is there from the start. */
  public static final String MAIN = "main";

  /** The log of MCP streams; made when it is first needed. */
  public static final String MCP = "mcp";

  /** The server's own log. */
  public static final String SYSTEM = "system";

  /** Four bytes of chance tell the logs of two servers that were given no origin apart. */
  private static final int ORIGIN_BYTES = 4;

  private final HostOptions options;
  private final Map<String, HostedLog> logs = new ConcurrentSkipListMap<>();

  /** One log is made at a time. */
  private final ReentrantLock making = new ReentrantLock();

  private Host(HostOptions options) {
    this.options = options;
  }

  /**
   * Opens every log that is there, and makes {@code main} and {@code system} where they are not.
   *
   * @throws StorageFailed when one of them cannot be opened; the others are closed then
   */
  public static Host open(HostOptions options) {
    Host host = new Host(options);
    try {
      host.openThere();
    } catch (RuntimeException e) {
      host.close();
      throw e;
    }
    return host;
  }

  private void openThere() {
    adopt(MAIN, kindOf(MAIN));
    adopt(SYSTEM, LogKind.EVENTS);
    for (LogKind kind : LogKind.values()) {
      for (String name : names(options.data().resolve(kind.folder))) {
        if (!logs.containsKey(name)) {
          adopt(name, kind);
        }
      }
    }
    for (String name : options.uris().keySet()) {
      if (!logs.containsKey(name)) {
        adopt(new LogId(name).name(), kindOf(name));
      }
    }
    if (options.relay().isPresent() && !logs.containsKey(options.relay().get())) {
      String name = options.relay().get();
      badName(name)
          .ifPresent(
              bad -> {
                throw new StorageFailed(bad + ", not '" + name + "'");
              });
      adopt(name, LogKind.NOSTR);
    }
  }

  /** What a log holds whose folder does not say so. */
  private LogKind kindOf(String name) {
    return options.relay().filter(name::equals).isPresent() ? LogKind.NOSTR : LogKind.EVENTS;
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> there = Files.list(folder)) {
      return there
          .map(each -> String.valueOf(each.getFileName()))
          .filter(name -> badName(name).isEmpty())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new StorageFailed("the folder %s cannot be read".formatted(folder), e);
    }
  }

  private static Optional<String> badName(String name) {
    return name.matches("[a-z0-9-]{1,63}")
        ? Optional.empty()
        : Optional.of("a log's name is 1 to 63 of a to z, 0 to 9 and -");
  }

  /** The logs, by name; the server's own is among them. */
  public List<HostedLog> logs() {
    return List.copyOf(logs.values());
  }

  /** The log of a name. */
  public Optional<HostedLog> find(String name) {
    return Optional.ofNullable(logs.get(name));
  }

  /** The log of the server's own acts. */
  public HostedLog system() {
    return find(SYSTEM).orElseThrow();
  }

  /**
   * The log of MCP streams, made if there is none; empty where a log of another kind, or too many
   * logs, are in its way.
   *
   * @throws StorageFailed when the disk refuses
   */
  public Optional<HostedLog> mcp() {
    HostedLog there = logs.get(MCP);
    if (there == null
        && create(MCP, LogKind.MCP) instanceof CreateResult.Created(HostedLog created)) {
      there = created;
    }
    return Optional.ofNullable(there == null ? logs.get(MCP) : there)
        .filter(log -> log.mcp().isPresent());
  }

  /**
   * Makes a log, with keys of its own.
   *
   * @throws StorageFailed when the disk refuses
   */
  public CreateResult create(String name, LogKind kind) {
    Optional<String> bad = badName(name);
    if (bad.isPresent()) {
      return new CreateResult.BadName(bad.get());
    }
    making.lock();
    try {
      HostedLog there = logs.get(name);
      if (there != null) {
        return new CreateResult.Exists(there);
      }
      return logs.size() >= options.maxLogs()
          ? new CreateResult.TooMany(options.maxLogs())
          : new CreateResult.Created(adopt(name, kind));
    } finally {
      making.unlock();
    }
  }

  private HostedLog adopt(String name, LogKind kind) {
    String uri = options.uris().getOrDefault(name, uriOf(name, kind));
    HostedLog log =
        switch (kind) {
          case EVENTS -> openEvents(name, uri);
          case ENVELOPES -> openEnvelopes(name, uri);
          case MCP -> openMcp(name, uri);
          case NOSTR -> openNostr(name, uri);
        };
    logs.put(name, log);
    return log;
  }

  private String uriOf(String name, LogKind kind) {
    Path folder =
        name.equals(MAIN) ? options.data() : options.data().resolve(kind.folder).resolve(name);
    return options.scheme() + ":" + folder;
  }

  private List<View> views() {
    return List.of(new ActivityView(), new GroupsView());
  }

  private HostedLog openEvents(String name, String uri) {
    Storage storage =
        Storages.open(
            new StorageRequest(
                uri, false, views(), SideTables.Definition.NONE, List.of(), options.anchors()));
    List<AutoCloseable> opened = new ArrayList<>(List.of(storage));
    try {
      LogKeys keys = storage.keys(origin(name), options.anchors(), options.random());
      EventLog log =
          EventLog.open(
              storage.engine(),
              LogId.MAIN,
              keys,
              LogOptions.withAnchor(storage.anchor())
                  .with(options.clock(), options.random())
                  .keeping(Set.of(KeyGate.STREAM, GroupGate.STREAM)));
      opened.addFirst(log);
      KeptViews views = storage.keep(log);
      return HostedLog.ofEvents(name, storage, log, views, options.clock());
    } catch (RuntimeException e) {
      closeAll(opened, e);
      throw e;
    }
  }

  private static void closeAll(List<AutoCloseable> opened, RuntimeException why) {
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        why.addSuppressed(e);
      }
    }
  }

  private HostedLog openEnvelopes(String name, String uri) {
    return HostedLog.ofEnvelopes(
        name, EnvelopeStore.open(uri, envelopeOptions(name), views()), options.clock());
  }

  private HostedLog openMcp(String name, String uri) {
    McpStoreOptions plain =
        options.mcp().with(options.clock(), options.random()).named(origin(name));
    McpStoreOptions anchored = options.anchors().map(plain::anchoredIn).orElse(plain);
    McpEventStore store = McpEventStores.open(uri, anchored, views());
    return HostedLog.ofMcp(
        name,
        store,
        McpEventStores.log(store).orElseThrow(),
        McpEventStores.views(store).orElseThrow(),
        options.clock());
  }

  private HostedLog openNostr(String name, String uri) {
    NostrStoreOptions plain =
        options.nostr().with(options.clock(), options.random()).named(origin(name));
    NostrStoreOptions anchored = options.anchors().map(plain::anchoredIn).orElse(plain);
    KeptItems everything = new KeptItems(KeptItems.MAX_EVENTS, options.keptBack());
    NostrStore store = NostrStores.open(uri, anchored, List.of(everything), views());
    return HostedLog.ofNostr(name, store, everything, options.clock());
  }

  private EnvelopeStoreOptions envelopeOptions(String name) {
    EnvelopeStoreOptions plain =
        EnvelopeStoreOptions.DEFAULT.with(options.clock(), options.random()).named(origin(name));
    return options.anchors().map(plain::anchoredIn).orElse(plain);
  }

  private String origin(String name) {
    return options.origin().orElseGet(this::givenOrigin) + "/" + name;
  }

  /** The logs of a server that was told no origin share what was drawn for the first of them. */
  private String givenOrigin() {
    HostedLog main = logs.get(MAIN);
    String suffix = "/" + MAIN;
    if (main != null && main.log().origin().endsWith(suffix)) {
      String origin = main.log().origin();
      return origin.substring(0, origin.length() - suffix.length());
    }
    return drawnOrigin();
  }

  private String drawnOrigin() {
    byte[] drawn = new byte[ORIGIN_BYTES];
    options.random().nextBytes(drawn);
    return "stele.local/" + HexFormat.of().formatHex(drawn);
  }

  /** Ends every stream of those who follow; they may begin anew elsewhere. */
  public void letFollowersGo() {
    logs.values().forEach(log -> log.broadcast().close());
  }

  /** Closes every log: what was acknowledged is there, and a last checkpoint covers it. */
  @Override
  public void close() {
    RuntimeException failure = null;
    for (HostedLog log : logs.values()) {
      try {
        log.close();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    logs.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
