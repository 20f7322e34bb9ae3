/**
 * How the server is set up.
 *
 * <pre>
 *   Setting   the table: key, variable, flag, default, meaning
 *   ServerConfig.read(file, environment, flags) ── BadSetting where one cannot be used
 * </pre>
 */
@NullMarked
package dev.stele.server.config;

import org.jspecify.annotations.NullMarked;
