/**
 * The certificate and key of TLS, for every face.
 *
 * <pre>
 *   files ── TlsFiles ── Material ──► HttpServer, GrpcTls      again whenever the files change
 * </pre>
 */
@NullMarked
package dev.stele.server.tls;

import org.jspecify.annotations.NullMarked;
