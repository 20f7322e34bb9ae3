/**
 * A real PostgreSQL server for tests, started from a library and never the machine's own.
 *
 * <pre>
 *   PostgresServer.shared() ──► one server for the JVM, on a free port
 *           │ freshDatabase()       a database nobody else has, as a URI
 *   PostgresServer.start(…) ──► one of its own, to kill() and restart()
 * </pre>
 *
 * <p>A module of its own, so that only tests that want a server are given one. Depends on nothing
 * of the house.
 */
@NullMarked
package dev.stele.postgresserver;

import org.jspecify.annotations.NullMarked;
