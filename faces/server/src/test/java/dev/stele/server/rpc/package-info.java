/** gRPC over real channels on the loopback address, against logs in SQLite. */
@NullMarked
package dev.stele.server.rpc;

import org.jspecify.annotations.NullMarked;
