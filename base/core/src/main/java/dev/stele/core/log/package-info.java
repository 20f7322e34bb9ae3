/**
 * The log: one writer, many readers.
 *
 * <pre>
 *   Admitted ──► Append ──► EventLog ──commit──► LogEngine ◄──read── LogReader, Subscription
 *                             │  GroupCommit      many callers, one sync
 *                             │  Linker           claims, places, links
 *                             │  GrowingTree      right edge and tiles
 *                             └► Anchor           the last signed checkpoint, outside the log ──► Disk
 * </pre>
 *
 * <p>Read {@link dev.stele.core.log.EventLog} first. Nothing else in Stele writes to an engine.
 * Depends on {@code event}, {@code gate}, {@code engine} and {@code proof}.
 */
@NullMarked
package dev.stele.core.log;

import org.jspecify.annotations.NullMarked;
