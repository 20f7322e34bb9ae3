package dev.stele.postgresserver;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server of a test's own: its data in a temporary folder, on a free port of this
 * machine, gone when the JVM is.
 *
 * <p>The user is {@code postgres}, a superuser without a password. Thread-safe.
 */
public final class PostgresServer implements AutoCloseable {
  /** Whether the server waits for the disk. */
  public enum Sync {
    /** As in production: a commit is on the disk. */
    ON,
    /** Faster, and no proof of anything about durability. */
    OFF
  }

  /** 60 seconds to start: many times what it takes, for a machine that does much else. */
  private static final Duration STARTUP = Duration.ofSeconds(60);

  private static @Nullable PostgresServer shared;

  private final Path folder;
  private final int port;
  private final Sync sync;
  private final Map<String, String> settings;
  private final AtomicInteger databases = new AtomicInteger();
  private final Map<Path, String> byFolder = new ConcurrentHashMap<>();

  /** Guarded by this; null while the server is down. */
  private @Nullable EmbeddedPostgres running;

  private PostgresServer(Path folder, int port, Sync sync, Map<String, String> settings) {
    this.folder = folder;
    this.port = port;
    this.sync = sync;
    this.settings = Map.copyOf(settings);
  }

  /**
   * The one server of this JVM, started when it is first asked for, with {@link Sync#OFF}; stopped
   * when the JVM ends.
   */
  public static synchronized PostgresServer shared() {
    PostgresServer server = shared;
    if (server == null) {
      server = start(Sync.OFF, Map.of());
      shared = server;
    }
    return server;
  }

  /**
   * Starts a server of its own.
   *
   * @param settings of {@code postgresql.conf}
   */
  public static PostgresServer start(Sync sync, Map<String, String> settings) {
    try {
      Path folder = Files.createTempDirectory("stele-postgres-");
      PostgresServer server = new PostgresServer(folder, freePort(), sync, settings);
      Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stele-postgres-stop"));
      server.run();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("no PostgreSQL server could be started", e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private synchronized void run() throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(data())
            .setCleanDataDirectory(false)
            .setPort(port)
            .setPGStartupWait(STARTUP)
            .setRegisterShutdownHook(false)
            .setServerConfig("max_connections", "200")
            .setServerConfig("fsync", sync == Sync.ON ? "on" : "off")
            .setServerConfig("full_page_writes", sync == Sync.ON ? "on" : "off")
            .setServerConfig("synchronous_commit", "on")
            .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
            .setErrorRedirector(ProcessBuilder.Redirect.DISCARD);
    settings.forEach(builder::setServerConfig);
    running = builder.start();
  }

  /** The server's own folder: tables, indexes, write-ahead log. */
  public Path data() {
    return folder.resolve("data");
  }

  /** A URI of a database. */
  public String uri(String database) {
    return "postgres://postgres@localhost:%d/%s".formatted(port, database);
  }

  /** Makes a database that nobody else has, and gives its URI. */
  public String freshDatabase() {
    String name = "test" + databases.incrementAndGet();
    execute("postgres", "CREATE DATABASE " + name);
    return uri(name);
  }

  /** The same, and always the same one for a folder: for test kits that know engines by folder. */
  public String databaseFor(Path testFolder) {
    return byFolder.computeIfAbsent(testFolder, _ -> freshDatabase());
  }

  /** A connection to a database by its URI, as the superuser. */
  public Connection connect(String uri) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:%d/%s?user=postgres"
            .formatted(port, uri.substring(uri.lastIndexOf('/') + 1).replaceFirst("\\?.*", "")));
  }

  private void execute(String database, String sql) {
    try (Connection connection = connect(uri(database));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException("the test server refused: " + sql, e);
    }
  }

  /** Kills every process of the server at once, as a crash of the machine would end them. */
  public synchronized void kill() {
    try {
      long postmaster =
          Long.parseLong(Files.readAllLines(data().resolve("postmaster.pid")).getFirst().strip());
      ProcessHandle parent = ProcessHandle.of(postmaster).orElseThrow();
      Stream.concat(Stream.of(parent), parent.descendants())
          .toList()
          .forEach(
              each -> {
                each.destroyForcibly();
                each.onExit().orTimeout(STARTUP.toSeconds(), TimeUnit.SECONDS).join();
              });
      running = null;
    } catch (IOException e) {
      throw new UncheckedIOException("the server has no process to kill", e);
    }
  }

  /** Starts a server that was killed, on the same data and port. */
  public void restart() {
    try {
      Files.deleteIfExists(data().resolve("postmaster.pid"));
      Files.deleteIfExists(data().resolve("epg-lock"));
      run();
    } catch (IOException e) {
      throw new UncheckedIOException("the server does not start again", e);
    }
  }

  /** Stops the server and deletes its data. Idempotent. */
  @Override
  public synchronized void close() {
    try {
      if (running != null) {
        running.close();
        running = null;
      }
      if (Files.exists(folder)) {
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(file);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the server left files in " + folder, e);
    }
  }
}
