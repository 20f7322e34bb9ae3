/**
 * What the log's events come to: which streams there are, what they hold, and which sessions live.
 *
 * <pre>
 *   events of the log ─► McpView ─► mcp_events    one row for each that has its payload still
 *   receipts of erasing ─┘          mcp_streams   one for each stream that has some
 *                                   mcp_sessions  one for each session that lives or has some
 *                                   mcp_totals    one
 * </pre>
 *
 * <p>For retention, figures and lists. No append and no replay asks it. Depends on {@code event},
 * {@code gate} and {@code core}.
 */
@NullMarked
package dev.stele.mcp.view;

import org.jspecify.annotations.NullMarked;
