/**
 * Views: deterministic folds over a log, and where their tables are kept.
 *
 * <pre>
 *   LogReader ──events──► ViewRunner ──apply──► View ──put, delete──► Tables ┐ one transaction
 *                            │                                    cursor     ┘ of a ViewStore
 *                            │                                       │
 *   Views: a thread each ────┘                 readers ◄──read───────┘  rows and their position
 *
 *   ViewStore   LIVE answers │ BUILDING is built beside it, then swapped in
 *               ├── MemoryViewStore   here
 *               └── SQLite, …         modules of their own
 * </pre>
 *
 * <p>A view is never truth: it can be dropped and built again, to the same bytes. Read {@link
 * dev.stele.core.view.View} first, then {@link dev.stele.core.view.ViewStore}, whose contract is a
 * test kit ({@code ViewStoreTck}). Depends on {@code event}, {@code engine}, {@code proof} and
 * {@code log}.
 */
@NullMarked
package dev.stele.core.view;

import org.jspecify.annotations.NullMarked;
