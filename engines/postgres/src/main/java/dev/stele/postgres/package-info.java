/**
 * Logs in a schema of a PostgreSQL database, which several processes may write.
 *
 * <pre>
 *   stele_logs         number, name │ size, link: the head, locked by each commit
 *   stele_events       log, position ► link, record, keys     ┐
 *   stele_bodies       log, position ► salt, claims, payload  │ triggers refuse UPDATE, DELETE and
 *   stele_claims       log, key, position                     │ TRUNCATE; bodies go by stele_erase,
 *   stele_streams      log, key, revision ► position          │ the first rows by stele_trim
 *   stele_tiles        log, level, number ► 256 hashes        │
 *   stele_checkpoints  log, size ► signed note                ┘
 *   stele_views        inline views and how far they are
 * </pre>
 *
 * <p>A commit is one call of {@code stele_commit}, and one round trip. Read {@link
 * dev.stele.postgres.PostgresLogEngine} first; {@code V1__log.sql} is the layout. Depends on {@code
 * core}, pgjdbc, HikariCP and Flyway, on no other engine.
 */
@NullMarked
package dev.stele.postgres;

import org.jspecify.annotations.NullMarked;
