package dev.stele.server.ops;

import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** What is counted and measured of the server, for Prometheus. Thread-safe. */
public final class Meters implements AutoCloseable {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Host host;
  private final MultiGauge sizes;
  private final MultiGauge signed;
  private final MultiGauge proven;
  private final MultiGauge sound;
  private final MultiGauge followers;
  private final Map<String, Timer> requests = new ConcurrentHashMap<>();
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final Counter refused;

  /** Measures a host's logs, and this process. */
  public Meters(Host host) {
    this.host = host;
    this.sizes = gauges("stele.log.size", "how many events a log has");
    this.signed = gauges("stele.log.signed", "how many of them the last checkpoint covers");
    this.proven = gauges("stele.log.proven", "how many of them were re-computed");
    this.sound = gauges("stele.log.sound", "1 where nothing wrong is known of a log, else 0");
    this.followers = gauges("stele.log.followers", "how many follow a log");
    this.refused =
        Counter.builder("stele.requests.refused")
            .description("requests without a good credential, or over their rate")
            .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
    Gauge.builder("stele.logs", () -> host.logs().size())
        .description("how many logs are open")
        .register(registry);
  }

  /** Measures one thing more whenever it is asked. */
  public void measure(String name, String meaning, Supplier<Number> value) {
    Gauge.builder(name, value).description(meaning).register(registry);
  }

  private MultiGauge gauges(String name, String meaning) {
    return MultiGauge.builder(name).description(meaning).register(registry);
  }

  /**
   * Counts a request that was answered.
   *
   * @param route its template, so that there are as many series as routes
   */
  public void answered(String face, String method, String route, int status, long nanos) {
    String key = face + ' ' + method + ' ' + route + ' ' + status;
    requests
        .computeIfAbsent(
            key,
            _ ->
                Timer.builder("stele.requests")
                    .description("how long requests took")
                    .tags(
                        Tags.of(
                            "face",
                            face,
                            "method",
                            method,
                            "route",
                            route,
                            "status",
                            String.valueOf(status)))
                    .register(registry))
        .record(Duration.ofNanos(nanos));
  }

  /** Counts a request that was refused before a route saw it. */
  public void refused() {
    refused.increment();
  }

  /** Everything as Prometheus reads it. */
  public String text() {
    rows(sizes, log -> log.log().head().size());
    rows(signed, log -> log.log().health().signedSize());
    rows(proven, log -> log.log().health().proven().size());
    rows(sound, log -> log.log().health().isOk() ? 1 : 0);
    rows(followers, log -> log.broadcast().followers());
    return registry.scrape();
  }

  private void rows(MultiGauge gauge, Function<HostedLog, Number> value) {
    gauge.register(
        host.logs().stream()
            .<MultiGauge.Row<?>>map(
                log -> MultiGauge.Row.of(Tags.of("log", log.name()), value.apply(log)))
            .toList(),
        true);
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
