/** Tests of how the server is set up. */
@NullMarked
package dev.stele.server.config;

import org.jspecify.annotations.NullMarked;
