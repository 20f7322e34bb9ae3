/**
 * Logs in one SQLite file, the embedded default.
 *
 * <pre>
 *   log_names        number, name │ how far the indexes are flushed │ fence
 *   log_events       place ► the bytes of a row
 *   log_claims       key, position               ┐ derived: the newest part is in memory,
 *   log_streams      key, revision, position     ┘ replayed from log_events on open
 *   log_tiles        level, number ► 256 hashes
 *   log_checkpoints  size ► signed note
 *   log_views        inline views and how far they are
 * </pre>
 *
 * <p>WAL mode; a durable commit syncs the WAL ({@code synchronous=FULL}). One process writes, by a
 * lock file and a fence in the database; any SQLite tool may read meanwhile. Read {@link
 * dev.stele.sqlite.SqliteLogEngine} first; {@link dev.stele.sqlite.SqliteViewStore} keeps views in
 * a file of their own. Depends on {@code core} and sqlite-jdbc, on no other engine.
 */
@NullMarked
package dev.stele.sqlite;

import org.jspecify.annotations.NullMarked;
