/** The gate and the auditor of the benchmark's signed events. Depends on {@code core} alone. */
@NullMarked
package dev.stele.bench.gate;

import org.jspecify.annotations.NullMarked;
