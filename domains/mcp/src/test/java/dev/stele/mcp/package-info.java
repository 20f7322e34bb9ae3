/** Scenes of resumable streams. */
@NullMarked
package dev.stele.mcp;

import org.jspecify.annotations.NullMarked;
