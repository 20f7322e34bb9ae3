/**
 * Copies of a log that can be put back: whatever the engine, and from one engine to another.
 *
 * <pre>
 *   LogEngine ──read, as far as signed──► Backup ──► one file: rows · checkpoints · manifest
 *                                           │ its rows continue the parent's, where it has one
 *                                           ▼
 *                BackupFolder: every backup there is, their chains, which of them may go (Retention)
 *                                           │ BackupChain: a full one, then what continues it
 *                                           ▼
 *             Restore: every byte checked, receipts first ──► an empty LogEngine ──► Verifier
 *
 *   LogEngine ──Verifier, then rows and checkpoints──► LogCopy ──► another LogEngine ──► Verifier
 * </pre>
 *
 * <p>Read {@link dev.stele.core.backup.Backup} first. Nothing here copies an engine's files, so a
 * writer is never disturbed. Depends on {@code engine}, {@code event}, {@code log} and {@code
 * proof}.
 */
@NullMarked
package dev.stele.core.backup;

import org.jspecify.annotations.NullMarked;
