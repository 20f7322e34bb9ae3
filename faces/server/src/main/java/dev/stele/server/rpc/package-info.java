/**
 * gRPC: {@code stele.v1} on a port of its own, saying what HTTP says.
 *
 * <pre>
 *   connection ── PrincipalInterceptor ──► LogService    ── Appending ──► EventLog.append
 *                  who asks?          │                  ├─ AppendStream ► EventLog.submit, in order
 *                                     │                  └─ Outflow ◄──── EventWalk: reads, when ready
 *                                     └──► AdminService
 *   failures ──► Problem: a status, and its name in the trailer stele-problem
 * </pre>
 *
 * <p>A call runs on a virtual thread. What streams has one of its own, and holds nothing while its
 * caller is not ready: it reads from the log again. Read {@link GrpcServer} first. Protobuf types
 * stay in here.
 */
@NullMarked
package dev.stele.server.rpc;

import org.jspecify.annotations.NullMarked;
