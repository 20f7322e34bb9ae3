/**
 * Where rows live: the SPI that every engine implements, and the engine that keeps them in memory.
 *
 * <pre>
 *   writer ──commit(expected head, batch)──► LogEngine ◄──read, readStream, find── readers
 *               rows, tiles, checkpoint        │
 *               all or nothing                 ├── MemoryLogEngine   here
 *               durable on return              └── SQLite, …         modules of their own
 * </pre>
 *
 * <p>An engine stores bytes and finds them again. It decides nothing, hashes nothing and signs
 * nothing, so the same events give the same links and the same root on each of them. {@link
 * dev.stele.core.engine.LogEngine} is the type to read; its contract is a test kit ({@code
 * LogEngineTck}). Depends on {@code event} alone.
 */
@NullMarked
package dev.stele.core.engine;

import org.jspecify.annotations.NullMarked;
