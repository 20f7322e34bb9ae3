package dev.stele.server.http;

import dev.stele.core.log.LogHealth;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.auth.Role;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The server's own state. */
final class ServerRoutes {
  /** Prometheus' text format, version 0.0.4. */
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** What describes every route but the console's. */
  private static final byte[] OPENAPI = openApi();

  private final Host host;
  private final Supplier<String> metrics;
  private final BooleanSupplier stopping;
  private final Map<String, Object> version;

  ServerRoutes(
      Host host, Supplier<String> metrics, BooleanSupplier stopping, Map<String, Object> version) {
    this.host = host;
    this.metrics = metrics;
    this.stopping = stopping;
    this.version = version;
  }

  private static byte[] openApi() {
    try (InputStream in =
        ServerRoutes.class.getResourceAsStream("/dev/stele/server/openapi.json")) {
      return Objects.requireNonNull(in, "openapi.json is not on the class path").readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Route> routes() {
    return List.of(
        Route.get("/health", Access.FREE, this::health),
        Route.get("/health/live", Access.FREE, _ -> Reply.json(200, Map.of("status", "live"))),
        Route.get("/health/ready", Access.FREE, _ -> ready()),
        Route.get("/version", Access.FREE, _ -> Reply.json(200, version)),
        Route.get("/openapi.json", Access.FREE, _ -> Reply.json(200, OPENAPI)),
        Route.get("/v1/whoami", Access.FREE, ServerRoutes::whoami),
        Route.get(
            "/metrics",
            new Access.OfFace(PublicFace.METRICS),
            _ ->
                new Reply.Whole(
                    200, METRICS_TYPE, Map.of(), metrics.get().getBytes(StandardCharsets.UTF_8))));
  }

  private Reply ready() {
    return stopping.getAsBoolean()
        ? Reply.failed(Problem.unavailable("closing", "the server is stopping"))
        : Reply.json(200, Map.of("status", "ready"));
  }

  /** Well where every log verifies as far as is known; of a log are told those who may read it. */
  private Reply health(Call call) {
    Map<String, Object> logs = new LinkedHashMap<>();
    boolean well = true;
    for (HostedLog hosted : host.logs()) {
      LogHealth health = hosted.log().health();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("status", health.isOk() ? "ok" : "broken");
      json.put("size", health.size());
      json.put("signedSize", health.signedSize());
      json.put("provenSize", health.proven().size());
      if (hosted.isServersOwn()
          ? call.principal().may(Role.ADMIN)
          : call.principal().may(Role.READ, hosted.name())) {
        logs.put(hosted.name(), json);
      }
      well &= health.isOk();
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("status", well ? "ok" : "broken");
    json.put("ready", !stopping.getAsBoolean());
    json.put("logs", logs);
    return Reply.json(well ? 200 : 503, json);
  }

  private static Reply whoami(Call call) {
    Map<String, Object> roles = new LinkedHashMap<>();
    call.principal()
        .roles()
        .forEach((log, role) -> roles.put(log, role.name().toLowerCase(java.util.Locale.ROOT)));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("principal", call.principal().name());
    json.put("kind", call.principal().kind().name().toLowerCase(java.util.Locale.ROOT));
    json.put("roles", roles);
    json.put("mayAdminister", call.principal().may(Role.ADMIN));
    return Reply.json(200, json);
  }
}
