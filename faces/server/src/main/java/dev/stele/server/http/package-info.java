/**
 * HTTP.
 *
 * <pre>
 *   HttpServer (Jetty: HTTP/1.1, HTTP/2, TLS) ──► HttpFace ──► Routes ──► Route.Answer ──► Reply
 *
 *   LogRoutes · EventRoutes · ProofRoutes · TileRoutes · FollowRoutes · ServerRoutes
 * </pre>
 *
 * <p>The map of all routes is {@code docs/guides/http.md}; problems are those of RFC 9457.
 */
@NullMarked
package dev.stele.server.http;

import org.jspecify.annotations.NullMarked;
