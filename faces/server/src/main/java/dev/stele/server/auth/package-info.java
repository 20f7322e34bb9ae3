/**
 * Who asks, and what they may do.
 *
 * <pre>
 *   request ── Credentials ──► Authenticator ──► Recognised(Principal) ── may(Role, log)? ──► route
 *                                            └─► Refused(reason)       ── 401
 * </pre>
 *
 * <p>Every face turns what it is given into {@link Credentials} and asks the same {@link
 * Authenticator}.
 */
@NullMarked
package dev.stele.server.auth;

import org.jspecify.annotations.NullMarked;
