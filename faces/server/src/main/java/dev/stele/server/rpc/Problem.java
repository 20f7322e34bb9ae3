package dev.stele.server.rpc;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogCorrupt;
import dev.stele.server.audit.Audit;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Locale;

/** Why a call could not be carried out: the names that HTTP has too, each with its status. */
enum Problem {
  BAD_REQUEST(Status.Code.INVALID_ARGUMENT),
  UNAUTHENTICATED(Status.Code.UNAUTHENTICATED),
  FORBIDDEN(Status.Code.PERMISSION_DENIED),
  /** Over the rate of this principal. */
  TOO_MANY_REQUESTS(Status.Code.RESOURCE_EXHAUSTED),
  NOT_FOUND(Status.Code.NOT_FOUND),
  LOG_EXISTS(Status.Code.ALREADY_EXISTS),
  TOO_MANY_LOGS(Status.Code.RESOURCE_EXHAUSTED),
  /** The engine of this log has no such power. */
  UNSUPPORTED(Status.Code.UNIMPLEMENTED),
  /** The log does not verify: to ask again does not help, so it is not UNAVAILABLE. */
  READ_ONLY(Status.Code.DATA_LOSS),
  STORAGE_FAILED(Status.Code.UNAVAILABLE),
  CLOSING(Status.Code.UNAVAILABLE),
  /** As many streams are open as there may be. */
  OVERLOADED(Status.Code.UNAVAILABLE),
  /** The server's own log took no record of the act, so it was not done. */
  AUDIT_FAILED(Status.Code.UNAVAILABLE),
  CANCELLED(Status.Code.CANCELLED),
  DEADLINE_EXCEEDED(Status.Code.DEADLINE_EXCEEDED),
  INTERNAL(Status.Code.INTERNAL);

  /** The trailer with the name. */
  static final Metadata.Key<String> TRAILER =
      Metadata.Key.of("stele-problem", Metadata.ASCII_STRING_MARSHALLER);

  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private final Status.Code code;

  Problem(Status.Code code) {
    this.code = code;
  }

  /** The name in the trailer, such as {@code bad-request}. */
  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The end of a call.
   *
   * @param detail what is wrong, as a phrase for a human; it holds no secret
   */
  StatusRuntimeException because(String detail) {
    return code.toStatus().withDescription(detail).asRuntimeException(trailers());
  }

  Status status(String detail) {
    return code.toStatus().withDescription(detail);
  }

  Metadata trailers() {
    Metadata trailers = new Metadata();
    trailers.put(TRAILER, text());
    return trailers;
  }

  /** How a call ends that threw; what only the operator should read goes to the server's log. */
  static StatusRuntimeException of(Exception thrown) {
    String message = String.valueOf(thrown.getMessage());
    return switch (thrown) {
      case StatusRuntimeException known -> known;
      case LogClosed _ -> CLOSING.because("the server is closing");
      case LogCorrupt _ ->
          READ_ONLY.because("the log does not verify, and this part is not served");
      case StorageFailed _ -> {
        LOGGER.log(System.Logger.Level.ERROR, "event=storage-failed", thrown);
        yield STORAGE_FAILED.because("the storage did not answer");
      }
      case Audit.NotRecorded _ -> AUDIT_FAILED.because(message);
      case UnsupportedOperationException _ -> UNSUPPORTED.because(message);
      default -> {
        LOGGER.log(System.Logger.Level.ERROR, "event=internal", thrown);
        yield INTERNAL.because("something went wrong here; the server's log says what");
      }
    };
  }
}
