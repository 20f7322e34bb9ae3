/** Tests of the transport, within a process and from outside. */
@NullMarked
package dev.stele.mcp.sdk;

import org.jspecify.annotations.NullMarked;
