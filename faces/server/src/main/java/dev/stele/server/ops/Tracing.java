package dev.stele.server.ops;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Traces of requests, sent by OTLP over HTTP; off unless a URL is set. A request that names its
 * trace (W3C Trace Context) is a part of it. Thread-safe.
 */
public final class Tracing implements AutoCloseable {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");

  private static final TextMapGetter<UnaryOperator<@Nullable String>> HEADERS =
      new TextMapGetter<>() {
        @Override
        public @Nullable String get(
            @Nullable UnaryOperator<@Nullable String> headers, String name) {
          return headers == null ? null : headers.apply(name);
        }
      };

  private final @Nullable SdkTracerProvider provider;
  private final @Nullable Tracer tracer;

  private Tracing(@Nullable SdkTracerProvider provider) {
    this.provider = provider;
    this.tracer = provider == null ? null : provider.get("dev.stele.server");
  }

  /** Sends traces to a URL such as {@code http://localhost:4318/v1/traces}; empty for nowhere. */
  public static Tracing to(Optional<String> url) {
    return new Tracing(
        url.map(
                there ->
                    SdkTracerProvider.builder()
                        .setResource(
                            Resource.create(
                                Attributes.of(AttributeKey.stringKey("service.name"), "stele")))
                        .addSpanProcessor(
                            BatchSpanProcessor.builder(
                                    OtlpHttpSpanExporter.builder().setEndpoint(there).build())
                                .build())
                        .build())
            .orElse(null));
  }

  /** A request that is being answered. */
  public interface Traced {
    /**
     * It was answered.
     *
     * @param route its template, and its method in front
     */
    void answered(String method, String route, int status);
  }

  private static final Traced NOT_TRACED = (_, _, _) -> {};

  /**
   * Begins a request.
   *
   * @param header gives a header of a name, or nothing
   */
  public Traced begin(UnaryOperator<@Nullable String> header) {
    Tracer known = tracer;
    if (known == null) {
      return NOT_TRACED;
    }
    Context parent =
        W3CTraceContextPropagator.getInstance().extract(Context.root(), header, HEADERS);
    Span span =
        known.spanBuilder("request").setSpanKind(SpanKind.SERVER).setParent(parent).startSpan();
    return (method, route, status) -> {
      span.updateName(method + " " + route);
      span.setAttribute(METHOD, method);
      span.setAttribute(ROUTE, route);
      span.setAttribute(STATUS, status);
      if (status >= 500) {
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
    };
  }

  /** Sends what is left. */
  @Override
  public void close() {
    if (provider != null) {
      provider.close();
    }
  }
}
