package dev.stele.server.rpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * Ends a call whose request cannot be read as a bad request. gRPC by itself would call it a mistake
 * of the server, and tell the server's log of each. Thread-safe.
 */
final class MalformedMessages implements ServerInterceptor {
  /** A service whose requests are read where this can see it. */
  static ServerServiceDefinition refused(ServerServiceDefinition service) {
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service), new MalformedMessages());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Ending<Q, A> ending = new Ending<>(call);
    return new Reading<>(next.startCall(ending, headers), ending);
  }

  /** Knows why the call ends, whatever its handler thinks. */
  private static final class Ending<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private volatile boolean malformed;

    Ending(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (malformed) {
        super.close(
            Problem.BAD_REQUEST.status(
                "this is no message of " + getMethodDescriptor().getFullMethodName()),
            Problem.BAD_REQUEST.trailers());
      } else {
        super.close(status, trailers);
      }
    }
  }

  private static final class Reading<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Ending<Q, ?> call;

    Reading(ServerCall.Listener<Q> handler, Ending<Q, ?> call) {
      super(handler);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      if (call.malformed) {
        return;
      }
      try {
        super.onMessage(message);
      } catch (StatusRuntimeException e) {
        call.malformed = true;
        if (call.getMethodDescriptor().getType().clientSendsOneMessage()) {
          // Its handler waits for the request, and never begins.
          call.close(e.getStatus(), new Metadata());
        } else {
          // What came before is answered first, by the thread that alone may.
          super.onCancel();
        }
      }
    }

    @Override
    public void onHalfClose() {
      if (!call.malformed) {
        super.onHalfClose();
      }
    }
  }
}
