/**
 * The command line: {@code stele}.
 *
 * <pre>
 *   Stele (main) ── one class per command ── LogOptionGroup ──► LogLocation, LogHome, EventLog
 *                                        └── Terminal: tables or JSON on stdout, progress on stderr
 *   exit codes: 0 done · 1 done, but something was refused or is broken · 2 could not run
 * </pre>
 *
 * <p>Decides nothing that a library would not: it wires engines and domains together and shows what
 * they say. Begin with {@link dev.stele.cli.Stele}.
 */
@NullMarked
package dev.stele.cli;

import org.jspecify.annotations.NullMarked;
