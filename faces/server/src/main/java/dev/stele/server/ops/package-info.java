/**
 * What operators see: metrics.
 *
 * <pre>
 *   faces ── answered(face, method, route, status, nanos) ──► Meters ── text() ──► /metrics
 * </pre>
 */
@NullMarked
package dev.stele.server.ops;

import org.jspecify.annotations.NullMarked;
