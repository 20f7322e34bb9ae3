/**
 * The server: one process that speaks for many logs.
 *
 * <pre>
 *   ServeCommand ─┬─ ServerConfig ──► Server ──┬─ host   the logs of this process
 *   RelayCommand ─┘                            ├─ auth   who asks, and what they may do
 *                                              ├─ http   HTTP/1.1, HTTP/2, events, WebSockets
 *                                              ├─ relay  the Nostr relay, but for its sockets
 *                                              ├─ rpc    gRPC
 *                                              └─ view   what is kept of each log for answers
 * </pre>
 */
@NullMarked
package dev.stele.server;

import org.jspecify.annotations.NullMarked;
