/**
 * What keeps a store in order: figures about it, and tasks that run on a schedule.
 *
 * <pre>
 *   LogReader ──► LogStatistics            how many, of what, since when
 *   a store that measures itself ──► Measured    how long calls take, how often a cache had it
 *
 *   MaintenanceSchedule ──every so often──► Maintenance ──► each task, whatever became of the others
 * </pre>
 *
 * <p>Read {@link dev.stele.core.upkeep.Maintenance} first. Knows no engine and no format of
 * answers: tasks are the caller's. Depends on {@code engine}, {@code event} and {@code log}.
 */
@NullMarked
package dev.stele.core.upkeep;

import org.jspecify.annotations.NullMarked;
