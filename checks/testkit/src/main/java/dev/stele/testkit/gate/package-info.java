/** A gate for tests: it admits whatever a test has made up. Depends on {@code core}. */
@NullMarked
package dev.stele.testkit.gate;

import org.jspecify.annotations.NullMarked;
