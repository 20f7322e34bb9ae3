package dev.stele.postgres;

import dev.stele.core.log.LogHome;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageProvider;
import dev.stele.core.storage.StorageRequest;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens {@code postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=S&home=DIR&pool=N}.
 *
 * <p>Percent signs encode what a part cannot hold. Without a password the driver looks into {@code
 * ~/.pgpass}. The schema is {@code stele} unless it is named; the log's keys are below {@code
 * home}, by default {@code ~/.local/share/stele/postgres/HOST-PORT-DATABASE-SCHEMA}. {@code
 * sslmode} and {@code sslrootcert} are the driver's; the parameter {@code blobs} is passed over.
 * Views move in the log's own transactions. Thread-safe.
 */
public final class PostgresStorageProvider implements StorageProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PostgresStorageProvider() {}

  @Override
  public String scheme() {
    return PostgresAddress.SCHEME;
  }

  @Override
  public String form() {
    return PostgresAddress.FORM;
  }

  @Override
  public Optional<LogHome> home(String uri) {
    PostgresAddress address = PostgresAddress.parse(uri);
    return Optional.of(home(address, address.options(PostgresOptions.DEFAULT)));
  }

  private static LogHome home(PostgresAddress address, PostgresOptions options) {
    return LogHome.of(folder(address, options).resolve("log"));
  }

  @Override
  public Storage open(StorageRequest request) {
    PostgresAddress address = PostgresAddress.parse(request.uri());
    PostgresOptions options = address.options(PostgresOptions.DEFAULT);
    LogHome home = home(address, options);
    PostgresLogEngine engine =
        PostgresLogEngine.open(
            address, options, request.readOnly(), request.views(), request.scripts());
    try {
      SideTables side =
          request.readOnly()
              ? PostgresSideTables.look(
                  engine.connections(), options.schema(), request.sideTables())
              : PostgresSideTables.make(
                  engine.connections(), options.schema(), request.sideTables());
      return new PostgresStorage(engine, home, side, request.anchorFolder());
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private static Path folder(PostgresAddress address, PostgresOptions options) {
    return address
        .home()
        .map(Path::of)
        .orElseGet(
            () -> {
              String shared = System.getenv("XDG_DATA_HOME");
              Path base =
                  shared == null || shared.isBlank()
                      ? Path.of(System.getProperty("user.home", "."), ".local", "share")
                      : Path.of(shared);
              return base.resolve("stele")
                  .resolve("postgres")
                  .resolve(address.folderName(options.schema()));
            });
  }
}
