/** The relay as its clients meet it: on real sockets. */
@NullMarked
package dev.stele.server.relay;

import org.jspecify.annotations.NullMarked;
