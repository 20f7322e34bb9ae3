package dev.stele.postgres;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.StorageRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Makes a schema what this version expects: its roles, its tables in numbered versions, and what
 * domains bring in scripts of their own.
 *
 * <p>Any number of processes may do this at once; they wait for each other. What was done before
 * costs two queries.
 */
public final class PostgresSchema {
  /** PostgreSQL 16: before it a role that creates others cannot act for one of them. */
  static final int LEAST_VERSION = 160_000;

  /** The newest version of the tables. */
  private static final int LATEST = 1;

  private static final String HISTORY = "stele_history";
  private static final String LOG_FOLDER = "dev/stele/postgres/log";

  private static final List<String> ROLES = List.of("stele_reader", "stele_writer", "stele_eraser");

  private static final String DUPLICATE_OBJECT = "42710";
  private static final String UNIQUE_VIOLATION = "23505";
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private final DataSource source;
  private final String schema;
  private final String name;

  PostgresSchema(DataSource source, String schema, String name) {
    this.source = source;
    this.schema = schema;
    this.name = name;
  }

  /**
   * The SQL that makes the tables of logs in the schema {@code stele}; see {@link #ddl(String)}.
   */
  public static String ddl() {
    return ddl(PostgresOptions.DEFAULT.schema());
  }

  /** The SQL that makes the tables of logs in a schema, as it runs: what an auditor reads. */
  public static String ddl(String schema) {
    String file = LOG_FOLDER + "/V1__log.sql";
    try (InputStream in = PostgresSchema.class.getResourceAsStream("/" + file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("${schema}", new PostgresOptions(schema, 2).schema());
    } catch (IOException e) {
      throw new IllegalStateException(file + " cannot be read", e);
    }
  }

  /** What an administrator runs once, where the connecting role may not make roles. */
  static String rolesFor(String user) {
    StringBuilder sql = new StringBuilder();
    for (String role : ROLES) {
      sql.append("CREATE ROLE ").append(role).append(" NOLOGIN; ");
    }
    return sql.append("GRANT stele_eraser TO \"")
        .append(user.replace("\"", "\"\""))
        .append("\" WITH INHERIT TRUE, SET TRUE;")
        .toString();
  }

  /**
   * Refuses a server that is too old.
   *
   * @param version as {@code server_version_num} has it
   */
  static void requireVersion(int version) {
    if (version < LEAST_VERSION) {
      throw new StorageFailed(
          "the server is PostgreSQL %d.%d; logs need %d or newer: upgrade it"
              .formatted(version / 10_000, version % 10_000, LEAST_VERSION / 10_000));
    }
  }

  /** Brings the schema up to date. */
  void make(List<StorageRequest.Script> scripts) throws SQLException {
    try (Connection connection = source.getConnection()) {
      requireVersion(Integer.parseInt(text(connection, "SHOW server_version_num")));
      lock(connection);
      try {
        if (version(connection) < LATEST) {
          makeTables(connection);
        }
        for (StorageRequest.Script script : scripts) {
          if (script.scheme().equals(PostgresAddress.SCHEME)) {
            String history = HISTORY + "_" + script.name();
            migrate(history, script.folder());
            letBeRead(connection, history);
          }
        }
      } finally {
        text(connection, "SELECT pg_advisory_unlock_all()");
      }
    } catch (FlywayException e) {
      throw new StorageFailed(
          "the tables of %s could not be brought up to date: %s".formatted(name, e.getMessage()),
          e);
    }
  }

  /** Refuses a schema in which there is no log, for who only reads. */
  void require() throws SQLException {
    try (Connection connection = source.getConnection()) {
      requireVersion(Integer.parseInt(text(connection, "SHOW server_version_num")));
      int found = version(connection);
      if (found == 0) {
        throw new StorageFailed("there is no log in %s; make one first".formatted(name));
      }
      if (found != LATEST) {
        throw new StorageFailed(
            "%s has layout %d; this version reads layout %d".formatted(name, found, LATEST));
      }
    }
  }

  /** What a commit on this server survives at best: without its syncs, no loss of power. */
  Durability strongest() throws SQLException {
    try (Connection connection = source.getConnection()) {
      boolean synced =
          text(connection, "SHOW fsync").equals("on")
              && text(connection, "SHOW full_page_writes").equals("on");
      return synced ? Durability.DURABLE : Durability.OS;
    }
  }

  /** One process at a time, also where the schema is not there yet. */
  private void lock(Connection connection) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement("SELECT pg_advisory_lock(hashtextextended(?, 0))")) {
      lock.setString(1, "stele schema " + schema);
      lock.execute();
    }
  }

  /** Which version the tables have, 0 where there are none. */
  private int version(Connection connection) throws SQLException {
    String history = "\"" + schema + "\"." + HISTORY;
    if (text(connection, "SELECT coalesce(to_regclass('" + history + "')::text, '')").isEmpty()) {
      return 0;
    }
    return Integer.parseInt(
        text(
            connection,
            "SELECT coalesce(max(version::int), 0) FROM " + history + " WHERE success"));
  }

  private void makeTables(Connection connection) throws SQLException {
    String user = text(connection, "SELECT current_user");
    try (Statement statement = connection.createStatement()) {
      makeRoles(connection, statement);
      boolean lent = !mayActAsEraser(connection);
      if (lent) {
        statement.execute("GRANT stele_eraser TO CURRENT_USER WITH INHERIT TRUE, SET TRUE");
      }
      migrate(HISTORY, LOG_FOLDER);
      if (lent) {
        statement.execute("REVOKE stele_eraser FROM CURRENT_USER");
      }
    } catch (SQLException e) {
      if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
        throw new StorageFailed(
            "the role %s may not make what logs need in %s; an administrator runs this once: %s"
                .formatted(user, name, rolesFor(user)),
            e);
      }
      throw e;
    }
  }

  private static boolean mayActAsEraser(Connection connection) throws SQLException {
    return text(connection, "SELECT pg_has_role(current_user, 'stele_eraser', 'SET')::text")
        .equals("true");
  }

  private static void makeRoles(Connection connection, Statement statement) throws SQLException {
    for (String role : ROLES) {
      if (text(connection, "SELECT count(*) FROM pg_roles WHERE rolname = '" + role + "'")
          .equals("1")) {
        continue;
      }
      try {
        statement.execute("CREATE ROLE " + role + " NOLOGIN");
      } catch (SQLException e) {
        // Roles are the whole server's: another database may have made it meanwhile.
        if (!DUPLICATE_OBJECT.equals(e.getSQLState())
            && !UNIQUE_VIOLATION.equals(e.getSQLState())) {
          throw e;
        }
      }
    }
  }

  private void migrate(String history, String folder) {
    Flyway.configure(PostgresSchema.class.getClassLoader())
        .loggers("slf4j")
        .dataSource(source)
        .schemas(schema)
        .defaultSchema(schema)
        .createSchemas(true)
        .table(history)
        .locations("classpath:" + folder)
        .placeholders(Map.of("schema", schema))
        // A schema may hold tables of others already.
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .load()
        .migrate();
  }

  /** Who only writes looks at each opening which versions were run. */
  private void letBeRead(Connection connection, String history) throws SQLException {
    String table = "\"" + schema + "\".\"" + history + "\"";
    if (text(
            connection,
            "SELECT (has_table_privilege('stele_writer', '%1$s', 'SELECT')".formatted(table)
                + " AND has_table_privilege('stele_reader', '%1$s', 'SELECT'))::text"
                    .formatted(table))
        .equals("true")) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("GRANT SELECT ON " + table + " TO stele_reader, stele_writer");
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
