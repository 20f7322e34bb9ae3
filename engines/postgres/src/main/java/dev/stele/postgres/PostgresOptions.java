package dev.stele.postgres;

/**
 * Where in a database a log is, and how many connections it may take.
 *
 * @param schema the SQL schema that holds every table, made where it is not there: {@code
 *     [a-z][a-z0-9_]{0,47}}, not {@code pg_…}
 * @param poolSize the most connections that wait for work at once, from 2 to {@value
 *     #MAX_POOL_SIZE}; an audit of an index takes one more while it lasts
 */
public record PostgresOptions(String schema, int poolSize) {
  /** 100 connections: as many as a server allows in all, unless it is told otherwise. */
  public static final int MAX_POOL_SIZE = 100;

  /** The schema {@code stele} and 10 connections. */
  public static final PostgresOptions DEFAULT = new PostgresOptions("stele", 10);

  /** Checks the bounds. */
  public PostgresOptions {
    if (!schema.matches("[a-z][a-z0-9_]{0,47}") || schema.startsWith("pg_")) {
      throw new IllegalArgumentException(
          "a schema is called [a-z][a-z0-9_]{0,47} and not pg_..., not '" + schema + "'");
    }
    if (poolSize < 2 || poolSize > MAX_POOL_SIZE) {
      throw new IllegalArgumentException(
          "a pool has 2 to %d connections, not %d".formatted(MAX_POOL_SIZE, poolSize));
    }
  }
}
