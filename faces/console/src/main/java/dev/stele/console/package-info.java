/**
 * The web console: static files below {@code web/} of this package, and no code for the JVM.
 *
 * <pre>
 *   index.html ── main.js ──► pages/*.js      one page each, drawn from what api.js answers
 *                   │             │
 *                   │         merkle.js, charts.js       drawings, as SVG
 *                   ▼
 *                trust.js ──► verifier.js    pinned keys and seen checkpoints; hashes and signatures
 * </pre>
 *
 * <p>The server hands the files out; they talk HTTP to it like anyone else, and use nothing but
 * what the map of its routes says. What they call proven was re-computed in the browser. No build
 * step, no framework, no other host. First to read: {@code verifier.js}, then {@code main.js}.
 */
@NullMarked
package dev.stele.console;

import org.jspecify.annotations.NullMarked;
