/**
 * The logs of one process.
 *
 * <pre>
 *   Host ── find(name), create(name, kind) ──► HostedLog ── log() ──► EventLog
 *                                                       ├── views() ──► KeptViews
 *                                                       └── envelopes() ──► EnvelopeStore
 * </pre>
 */
@NullMarked
package dev.stele.server.host;

import org.jspecify.annotations.NullMarked;
