/** Tests of the client: over sockets, against a server that tells the truth or is told to lie. */
@NullMarked
package dev.stele.client;

import org.jspecify.annotations.NullMarked;
