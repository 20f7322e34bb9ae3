/** Scenes of signed envelopes. */
@NullMarked
package dev.stele.envelope;

import org.jspecify.annotations.NullMarked;
