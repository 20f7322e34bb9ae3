package dev.stele.server.http;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStore;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Role;
import dev.stele.server.host.CreateResult;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import dev.stele.server.host.LogKind;
import dev.stele.server.json.JsonReading;
import dev.stele.server.json.JsonReading.NotJson;
import dev.stele.server.view.ActivityView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The logs there are, and what is in each. */
final class LogRoutes {
  /** 64 KiB: no request but an append is longer. */
  static final int MAX_BODY_BYTES = 64 * 1024;

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  /** A week of minutes on one page. */
  private static final int MAX_MINUTES = 7 * 24 * 60;

  private static final long MILLIS_PER_MINUTE = 60_000;

  /** 200 ms for a view to take up what was just appended: it takes some milliseconds. */
  private static final Duration CATCH_UP = Duration.ofMillis(200);

  private final Host host;
  private final Audit audit;

  LogRoutes(Host host, Audit audit) {
    this.host = host;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/logs", Access.FREE, this::list),
        Route.post("/v1/logs", new Access.OnServer(Role.ADMIN), this::create),
        Route.get("/v1/logs/{log}", Access.READ, call -> Reply.json(200, describe(call.log()))),
        Route.get("/v1/logs/{log}/streams", Access.READ, this::streams, "limit", "before"),
        Route.get("/v1/logs/{log}/types", Access.READ, this::types, "limit", "after"),
        Route.get("/v1/logs/{log}/rates", Access.READ, this::rates, "from", "to"),
        Route.get("/v1/logs/{log}/receipts", Access.READ, this::receipts, "after", "limit"),
        Route.get(
            "/v1/logs/{log}/verification",
            Access.READ,
            call -> Reply.json(200, VerdictJson.of(call.log().log().health()))));
  }

  private Reply list(Call call) {
    List<Map<String, Object>> logs = new ArrayList<>();
    for (HostedLog log : host.logs()) {
      if (log.isServersOwn()
          ? call.principal().may(Role.ADMIN)
          : call.principal().may(Role.READ, log.name())) {
        logs.add(describe(log));
      }
    }
    return Reply.json(200, Map.of("logs", logs));
  }

  private Reply create(Call call) throws Exception {
    Map<String, ?> body = object(call);
    String name = text(body, "name", "");
    String kind = text(body, "kind", LogKind.EVENTS.text());
    requireOnly(body, "name", "kind");
    LogKind wanted =
        LogKind.of(kind)
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.badParameter(
                            "kind", "a kind is 'events', 'envelopes', 'mcp' or 'nostr'")));
    CreateResult result =
        audit.around(
            call.principal(),
            "log.create",
            Map.of("log", name, "kind", kind),
            () -> host.create(name, wanted),
            made -> made.getClass().getSimpleName());
    return switch (result) {
      case CreateResult.Created(HostedLog log) ->
          Reply.json(201, describe(log)).with("Location", "/v1/logs/" + name);
      case CreateResult.Exists(HostedLog log) ->
          Reply.failed(
              Problem.conflict("log-exists", "there is a log called '%s'".formatted(log.name())));
      case CreateResult.BadName(String reason) ->
          Reply.failed(Problem.badParameter("name", reason));
      case CreateResult.TooMany(int limit) ->
          Reply.failed(
              Problem.conflict("too-many-logs", "there are %d logs, the most".formatted(limit))
                  .with("limit", limit));
    };
  }

  private static Map<String, Object> describe(HostedLog hosted) {
    var log = hosted.log();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", hosted.name());
    json.put("kind", hosted.kind().text());
    json.put("origin", log.origin());
    json.put("vkey", log.verifierKey().text());
    json.put("firstPosition", log.firstPosition());
    json.put("headLink", HexFormat.of().formatHex(log.head().link()));
    json.putAll(VerdictJson.of(log.health()));
    log.latestCheckpoint()
        .ifPresent(
            signed -> json.put("checkpoint", new String(signed.bytes(), StandardCharsets.UTF_8)));
    List<Map<String, Object>> views = new ArrayList<>();
    for (var status : hosted.views().status()) {
      Map<String, Object> view = new LinkedHashMap<>();
      view.put("name", status.name());
      view.put("position", status.position());
      view.put("lag", status.lag());
      view.put("state", state(status.state()));
      views.add(view);
    }
    json.put("views", views);
    json.put("followers", hosted.broadcast().followers());
    return json;
  }

  private static String state(ViewState state) {
    return switch (state) {
      case ViewState.CatchingUp _ -> "catching-up";
      case ViewState.Live _ -> "live";
      case ViewState.Rebuilding _ -> "rebuilding";
      case ViewState.Failed _ -> "failed";
      case ViewState.Stopped _ -> "stopped";
    };
  }

  // ---- what is counted ----

  private Reply streams(Call call) throws InterruptedException {
    long before = call.query().number("before", 1, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
    int limit = (int) call.query().number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
    Scan scan =
        Scan.of(ActivityView.STREAMS)
            .by("activity_streams_by_last")
            .before(before)
            .backwards()
            .limit(limit);
    return counted(
        call,
        "streams",
        scan,
        row -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put("stream", row.text("stream"));
          json.put("events", row.integer("events"));
          json.put("firstPosition", row.integer("first_position"));
          json.put("lastPosition", row.integer("last_position"));
          json.put("lastAt", Instant.ofEpochMilli(row.integer("last_at")).toString());
          return json;
        });
  }

  private Reply types(Call call) throws InterruptedException {
    int limit = (int) call.query().number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
    Scan scan = Scan.of(ActivityView.TYPES);
    scan = call.query().text("after").map(scan::after).orElse(scan).limit(limit);
    return counted(
        call,
        "types",
        scan,
        row -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put("type", row.text("type"));
          json.put("events", row.integer("events"));
          json.put("lastPosition", row.integer("last_position"));
          return json;
        });
  }

  private Reply rates(Call call) throws InterruptedException {
    Scan scan = Scan.of(ActivityView.RATES);
    var from = call.query().instant("from");
    var to = call.query().instant("to");
    if (from.isPresent()) {
      scan = scan.from(Math.floorDiv(from.get().toEpochMilli(), MILLIS_PER_MINUTE));
    }
    if (to.isPresent()) {
      scan = scan.before(Math.ceilDiv(to.get().toEpochMilli(), MILLIS_PER_MINUTE));
    }
    // The newest minutes are the ones to see where there are too many.
    return counted(
        call,
        "rates",
        scan.backwards().limit(MAX_MINUTES),
        row -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put(
              "minute", Instant.ofEpochMilli(row.integer("minute") * MILLIS_PER_MINUTE).toString());
          json.put("events", row.integer("events"));
          return json;
        });
  }

  private interface Shown {
    Map<String, Object> row(TableRow row);
  }

  private static Reply counted(Call call, String name, Scan scan, Shown shown)
      throws InterruptedException {
    // Who has appended is counted; a view that is far behind says so by its position.
    var _ = call.log().views().await(ActivityView.NAME, call.log().log().head().size(), CATCH_UP);
    ViewStore.Answer<List<TableRow>> answer =
        call.log().views().read(ActivityView.NAME, tables -> tables.page(scan));
    List<Map<String, Object>> rows = new ArrayList<>();
    for (TableRow row : answer.value()) {
      rows.add(shown.row(row));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put(name, rows);
    json.put("position", answer.position());
    return Reply.json(200, json);
  }

  private Reply receipts(Call call) {
    long after = call.query().number("after", 0, Long.MAX_VALUE).orElse(0);
    int limit = (int) call.query().number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
    List<Map<String, Object>> receipts = new ArrayList<>();
    for (StoredEvent event : call.log().log().readStream(Receipt.STREAM, after, limit)) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("position", event.position());
      json.put("revision", event.revision());
      json.put("recordedAt", event.recordedAt().toString());
      json.put("type", event.type());
      json.put(
          "receipt", event.payload().map(p -> new String(p, StandardCharsets.UTF_8)).orElse(null));
      receipts.add(json);
    }
    return Reply.json(200, Map.of("receipts", receipts));
  }

  // ---- reading small bodies ----

  /** The JSON object of a request's body. */
  static Map<String, ?> object(Call call) throws IOException {
    call.requireContentType("application/json");
    try {
      return JsonReading.object(call.body(MAX_BODY_BYTES));
    } catch (NotJson e) {
      throw new Refusal(Problem.badRequest(String.valueOf(e.getMessage())));
    }
  }

  static String text(Map<String, ?> body, String name, String otherwise) {
    return switch (body.get(name)) {
      case null -> otherwise;
      case String text -> text;
      default -> throw new Refusal(Problem.badParameter(name, "'%s' is a string".formatted(name)));
    };
  }

  static void requireOnly(Map<String, ?> body, String... names) {
    for (String name : body.keySet()) {
      if (!List.of(names).contains(name)) {
        throw new Refusal(
            Problem.badParameter(
                name, "there is no such member here; there are: " + String.join(", ", names)));
      }
    }
  }
}
