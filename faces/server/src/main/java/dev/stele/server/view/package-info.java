/**
 * What the server keeps of each log for its own answers.
 *
 * <pre>
 *   log ──► ActivityView    activity_streams · activity_types · activity_rates
 * </pre>
 */
@NullMarked
package dev.stele.server.view;

import org.jspecify.annotations.NullMarked;
