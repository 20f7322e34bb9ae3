/** HTTP as its contract has it, and as those who keep to none speak it. */
@NullMarked
package dev.stele.server.http;

import org.jspecify.annotations.NullMarked;
